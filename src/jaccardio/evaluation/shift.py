"""What changes between two hospitals: prevalence, embedding, AUROC, and what local labels are worth for thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined, percentile_interval
from jaccardio.evaluation.differences import holm, two_sided_p
from jaccardio.evaluation.drift import REPETITIONS, measure_drift
from jaccardio.evaluation.metrics import MINIMUM_POSITIVES, check_predictions, left_out_of_macro
from jaccardio.evaluation.retuning import DRAWS, retune
from jaccardio.evaluation.samples import auroc_samples, estimate, interval, number
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.findings.labels import PRESENT


@dataclass(frozen=True, eq=False)
class Place:
    """One hospital as a model sees it: labels (n, k) with -1 unknown, scores (n, k), embeddings (n, d), patient keys (n,)."""

    labels: NDArray[np.int8]
    scores: NDArray[np.float64]
    features: NDArray[np.float32]
    patients: NDArray[np.str_]


def measure_shift(home: Place, away: Place, codes: Sequence[str], thresholds: Thresholds, replicates: int = 1000) -> dict[str, Any]:
    """The document of ``results.json``.

    The hospitals have different patients, so each is resampled by itself and an interval of a change is that of the difference of
    independent replicates. Macro AUROC is over the findings with at least ten positives and one negative at both; tested are those of them
    that at least ten patients show at both.

    Parameters
    ----------
    codes
        k findings, the columns of both places.
    thresholds
        Of those findings, fitted at home.

    Raises
    ------
    DataError
        Arrays that do not belong together, or too few ECGs to compare embeddings.
    """
    places = {"home": home, "away": away}
    bootstraps = {}
    for seed, (name, place) in enumerate(places.items()):
        check_predictions(place.labels, place.scores, place.patients, codes, thresholds)
        bootstraps[name] = PatientBootstrap(place.patients, replicates, seed)  # another seed each: independent resamples
    left_out = {name: left_out_of_macro(place.labels, codes, MINIMUM_POSITIVES) for name, place in places.items()}
    in_macro = np.array([not any(code in reasons for reasons in left_out.values()) for code in codes])
    prevalence = {name: _prevalence_samples(place.labels, bootstraps[name]) for name, place in places.items()}
    auroc = {name: auroc_samples(place.labels, place.scores, bootstraps[name]) for name, place in places.items()}
    tested = in_macro & np.logical_and.reduce([_positive_patients(place) >= MINIMUM_POSITIVES for place in places.values()])
    macro = {name: mean_of_defined(np.where(in_macro, table, np.nan)) for name, table in auroc.items()}
    change = mean_of_defined(np.where(in_macro, auroc["away"] - auroc["home"], np.nan))  # of the same findings in each replicate
    drift = measure_drift(home.features, home.patients, away.features, away.patients)
    return {
        "macro_auroc": {name: estimate(samples) for name, samples in macro.items()}
        | {"change": estimate(change), "p": number(two_sided_p(change[1:]))},
        "findings": _findings(codes, in_macro, tested, places, prevalence, auroc),
        "findings_in_macro": [code for code, judged in zip(codes, in_macro, strict=True) if judged],
        "embedding": {
            "measure": "Squared Fréchet distance of Gaussians",
            "between": _over_draws(drift.between),
            "within_home": _over_draws(drift.within),
            "ratio": number(float(drift.between.mean() / drift.within.mean())) if drift.within.mean() > 0 else None,
            "records": drift.records,
            "dimensions": home.features.shape[1],
            "draws": REPETITIONS,
        },
        "thresholds": [
            {
                "labelled": row.labelled,
                "policy": row.policy,
                "draws": len(row.kept),
                "home_micro_f1": _over_draws(row.kept),
                "retuned_micro_f1": _over_draws(row.retuned),
                "gain": _over_draws(row.retuned - row.kept),
            }
            for row in retune(away.labels, away.scores, away.patients, thresholds)
        ],
        "threshold_draws": DRAWS,
        **{name: _described(place, left_out[name]) for name, place in places.items()},
        "bootstrap": {"unit": "patient", "replicates": replicates, "interval": "percentile, 95 %", "places": "resampled independently"},
    }


def _prevalence_samples(labels: NDArray[np.int8], bootstrap: PatientBootstrap) -> NDArray[np.float64]:
    """Share of positives among the known labels of each finding, (r + 1, k) as in `Samples`."""
    table = np.full((bootstrap.replicates + 1, labels.shape[1]), np.nan)
    known, present = (labels >= 0).astype(np.float64), (labels == PRESENT).astype(np.float64)
    for rows, weights in bootstrap.samples():
        total = weights @ known
        share = np.full(total.shape, np.nan)
        np.divide(weights @ present, total, out=share, where=total > 0)
        table[rows] = share
    return table


def _positive_patients(place: Place) -> NDArray[np.int64]:
    """(k,) patients with at least one ECG that shows the finding: the bootstrap draws patients, so these carry a test, not their ECGs."""
    return np.array([len(set(place.patients[column == PRESENT].tolist())) for column in place.labels.T])


def _described(place: Place, left_out: dict[str, str]) -> dict[str, Any]:
    return {
        "n_records": len(place.labels),
        "n_patients": len(set(place.patients.tolist())),
        "n_known": int((place.labels >= 0).sum()),
        "findings_left_out": left_out,
    }


def _findings(
    codes: Sequence[str],
    in_macro: NDArray[np.bool_],
    tested: NDArray[np.bool_],
    places: dict[str, Place],
    prevalence: dict[str, NDArray[np.float64]],
    auroc: dict[str, NDArray[np.float64]],
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for column, code in enumerate(codes):
        counts = {name: int((place.labels[:, column] == PRESENT).sum()) for name, place in places.items()}
        figures: dict[str, dict[str, Any]] = {}
        for name, samples in (("prevalence", prevalence), ("auroc", auroc)):
            figures[name] = {place: estimate(table[:, column]) for place, table in samples.items()}
            figures[name]["change"] = estimate(samples["away"][:, column] - samples["home"][:, column])
        rows.append({"finding": code, "in_macro": bool(in_macro[column]), "n_pos": counts, **figures})
    # a handful of positive patients, resampled, claims more than it knows
    p_values = [two_sided_p((auroc["away"] - auroc["home"])[1:, column]) if tested[column] else np.nan for column in range(len(codes))]
    for row, p, adjusted in zip(rows, p_values, holm(p_values), strict=True):
        row["auroc"] |= {"p": number(p), "p_holm": number(adjusted)}
    return rows


def _over_draws(values: NDArray[np.float64]) -> dict[str, Any]:
    """Mean over the random draws in which a figure is defined and where 95 % of them lie, which one draw does not tell."""
    defined = values[np.isfinite(values)]
    low, high = percentile_interval(defined) if len(values) > 1 else (np.nan, np.nan)
    return {"value": number(float(np.mean(defined))) if len(defined) else None, "draws95": interval(low, high)}
