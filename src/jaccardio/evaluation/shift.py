"""What changes between two hospitals: prevalence, embedding, AUROC, and what local labels are worth for thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError
from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined, percentile_interval
from jaccardio.evaluation.cautions import cautions
from jaccardio.evaluation.confusion import ratio
from jaccardio.evaluation.differences import two_sided_p
from jaccardio.evaluation.drift import REPETITIONS, measure_drift
from jaccardio.evaluation.estimate import NAN, Estimate
from jaccardio.evaluation.part import MINIMUM_POSITIVES, Part
from jaccardio.evaluation.replicates import auroc_replicates
from jaccardio.evaluation.retuning import DRAWS, retune
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Difference, Row, Table
from jaccardio.findings.labels import PRESENT

HOME, EXTERNAL = "home", "external"


@dataclass(frozen=True, eq=False)
class Hospital:
    """One hospital as a model sees it; `features` (n, d) are its embeddings."""

    part: Part
    scored: Scored
    features: NDArray[np.float32]


def measure_shift(home: Hospital, external: Hospital, replicates: int = 1000) -> dict[str, Table]:
    """The tables ``hospitals``, ``embedding`` and ``thresholds``.

    The hospitals have different patients, so each is resampled by itself and an interval of a change is that of the difference of
    independent replicates. Macro AUROC is over the findings with at least ten positives and one negative at both; tested are those of them
    that at least ten patients show at both.

    Parameters
    ----------
    home, external
        Both with the same findings; the thresholds, fitted at home, are those of ``home.scored``.

    Raises
    ------
    DataError
        Arrays that do not belong together, or too few ECGs to compare embeddings.
    """
    hospitals = {HOME: home, EXTERNAL: external}
    for hospital in hospitals.values():
        hospital.scored.check(hospital.part)
    if home.part.codes != external.part.codes:
        raise DataError("shift: the two parts do not have the same findings.")
    return {
        "hospitals": _hospitals(hospitals, replicates),
        "embedding": _embedding(home, external),
        "thresholds": _thresholds(external, home.scored),
    }


def _hospitals(hospitals: Mapping[str, Hospital], replicates: int) -> Table:
    parts = {name: hospital.part for name, hospital in hospitals.items()}
    bootstraps = {  # another seed each: independent resamples
        name: PatientBootstrap(part.patients, replicates, seed) for seed, (name, part) in enumerate(parts.items())
    }
    in_macro = np.logical_and.reduce([part.evaluable() for part in parts.values()])
    tested = in_macro & np.logical_and.reduce([_positive_patients(part) >= MINIMUM_POSITIVES for part in parts.values()])
    values = {
        "prevalence": {name: _prevalence_replicates(part, bootstraps[name]) for name, part in parts.items()},
        "auroc": {name: auroc_replicates(part.labels, hospitals[name].scored.scores[0], bootstraps[name]) for name, part in parts.items()},
    }
    table = Table("Home and external hospital")
    for name, part in parts.items():
        for code, reason in part.left_out().items():
            before = f"{table.left_out[code]}; " if code in table.left_out else ""
            table.left_out[code] = f"{before}{name}: {reason}"
        table.warnings += cautions(part.labels, part.codes, MINIMUM_POSITIVES, name)
        macro = mean_of_defined(np.where(in_macro, values["auroc"][name], np.nan))
        table.rows.append(Row(name, "macro_auroc", Estimate.of(macro)))
        known = f"{int(part.known.sum()):,} known labels"
        table.scored.append(f"{name}: {len(part):,} ECGs of {len(set(part.patients.tolist())):,} patients, {known}")
    if not in_macro.any():
        table.warnings.append(
            f"no finding has {MINIMUM_POSITIVES} present ECGs and an absent one at both hospitals: macro AUROC is undefined"
        )
    changes = {metric: found[EXTERNAL] - found[HOME] for metric, found in values.items()}
    macro_change = mean_of_defined(np.where(in_macro, changes["auroc"], np.nan))  # of the same findings in each replicate
    p = two_sided_p(macro_change[1:])
    table.differences.append(Difference(EXTERNAL, HOME, "macro_auroc", Estimate.of(macro_change), p=p))
    for column, code in enumerate(home_codes := parts[HOME].codes):
        for name, part in parts.items():
            table.rows.append(Row(name, "positives", Estimate(float(part.positives[column])), finding=code))
            table.rows += [Row(name, metric, Estimate.of(found[name][:, column]), finding=code) for metric, found in values.items()]
        for metric, change in changes.items():
            # a handful of positive patients, resampled, claims more than it knows
            p = two_sided_p(change[1:, column]) if metric == "auroc" and tested[column] else NAN
            table.differences.append(Difference(EXTERNAL, HOME, metric, Estimate.of(change[:, column]), finding=code, p=p))
    table.remarks += [
        f"Macro AUROC is over {int(in_macro.sum())} of {len(home_codes)} findings, those with at least {MINIMUM_POSITIVES} positives and a "
        "negative at both hospitals. Each is resampled by itself, for their patients differ. Tested are the findings of macro metrics that "
        f"at least {MINIMUM_POSITIVES} patients show at both.",
        "Labels may have been made in another way at each hospital: a change may be one of the labels.",
    ]
    return table


def _embedding(home: Hospital, external: Hospital) -> Table:
    between, within, records = measure_drift(home.features, home.part.patients, external.features, external.part.patients)
    unit = float(within.mean())
    table = Table("How far the embeddings lie apart", ranges=f"Ranges: 95 % of {REPETITIONS} random halves of the patients.")
    table.rows = [
        Row("home and external", "frechet_distance", _over_draws(between)),
        Row("two halves of home", "frechet_distance", _over_draws(within)),
        Row("home and external", "times_within_home", Estimate(float(between.mean()) / unit if unit > 0 else NAN)),
    ]
    table.remarks.append(
        f"Squared Fréchet distance of Gaussians between half of the home ECGs and as many of the external hospital, {records:,} "
        f"on either side in {home.features.shape[1]} dimensions. The "
        "distance has no unit of its own, and from few ECGs it is above zero even within one hospital: read it beside that. A ratio of 1 "
        "is no shift."
    )
    if records <= home.features.shape[1]:
        table.remarks.append("There are no more ECGs than dimensions: both distances are crude.")
    return table


def _thresholds(external: Hospital, home: Scored) -> Table:
    table = Table("Thresholds from a few local labels", ranges=f"Ranges: 95 % of {DRAWS} random draws, no interval over patients.")
    found = retune(external.part.labels, external.scored.scores[0], external.part.patients, home.thresholds[0])
    for (labelled, policy), (from_home, fitted_again) in found.items():
        values = {"from_home": from_home, "fitted_again": fitted_again, "gain": fitted_again - from_home}
        model = f"{labelled} labelled local ECGs"
        table.rows += [Row(model, f"micro_f1_{name}", _over_draws(draws), policy) for name, draws in values.items()]
    table.remarks.append(
        "Micro-F1 at the external hospital with thresholds from home, and with thresholds fitted again on labelled local ECGs, judged on "
        "the ECGs of all other patients; means over the draws. "
        "Per finding: a finding with fewer than 10 labelled positives takes the global threshold."
    )
    return table


def _prevalence_replicates(part: Part, bootstrap: PatientBootstrap) -> NDArray[np.float64]:
    """Share of positives among the known labels of each finding, (r + 1, k) as in `Replicates`."""
    known, present = (part.labels >= 0).astype(np.float64), (part.labels == PRESENT).astype(np.float64)
    return bootstrap.values_of(lambda weights: ratio(weights @ present, weights @ known))


def _positive_patients(part: Part) -> NDArray[np.int64]:
    """(k,) patients with at least one ECG that shows the finding: the bootstrap draws patients, so these carry a test, not their ECGs."""
    return np.array([len(set(part.patients[column == PRESENT].tolist())) for column in part.labels.T])


def _over_draws(values: NDArray[np.float64]) -> Estimate:
    """Mean over the random draws in which a value is defined and where 95 % of them lie, which one draw does not tell."""
    defined = values[np.isfinite(values)]
    low, high = percentile_interval(defined) if len(values) > 1 else (NAN, NAN)
    return Estimate(float(np.mean(defined)) if len(defined) else NAN, low, high)
