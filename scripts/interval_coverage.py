"""How often a 95 % interval holds the truth: simulated test parts whose true metrics are known.

python scripts/interval_coverage.py PATIENTS DATA_SETS

Patients have one to many ECGs, and the ECGs of one patient resemble each other in labels and in scores. The threshold is fixed
beforehand, and the generator is simple enough for the true metrics to be written down: macro-AUROC and micro-F1 in closed form,
macro-AUPRC as an integral over the recall, by quadrature. A very large sample of it is shown beside them as a check. Each data set is
evaluated twice by `evaluate`: with the patient as the unit of the bootstrap, as everywhere in jaccardio, and with the record as the unit,
as if all records were independent.
"""

import sys
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import norm

from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.evaluate import evaluate
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import DEFAULT_POLICY, Thresholds
from jaccardio.markdown import markdown_table

REPLICATES = 500
PREVALENCES = np.array([0.05, 0.08, 0.12, 0.18, 0.27, 0.4])
ECGS_PER_PATIENT = 2.5
"""Mean of a geometric number: 1, 2, 3 and more."""
ALIKE = 0.6
"""Correlation between two ECGs of one patient, of what lies behind their labels and of the noise of their scores."""
OFFSET, SEPARATION = -1.0, 1.5
"""Mean logit without the finding, and how much higher it is with it; the noise of the logit has standard deviation 1."""
UNKNOWN = 0.05
"""Share of labels that are unknown."""
THRESHOLD, MINIMUM_POSITIVES = 0.5, 30
LARGE = 100_000
"""Patients of the very large sample."""
CODES = tuple(f"f{column}" for column in range(len(PREVALENCES)))


def draw(patients: int, seed: int) -> tuple[Part, NDArray[np.float64]]:
    """One sample of the generator: a part of n ECGs, and scores (n, k) in [0, 1]."""
    rng = np.random.default_rng([1, seed])
    patient = np.repeat(np.arange(patients), rng.geometric(1 / ECGS_PER_PATIENT, patients))

    def correlated() -> NDArray[np.float64]:
        """Standard normal (n, k): a share for the patient and one for the ECG."""
        shared, own = (rng.standard_normal((rows, len(PREVALENCES))) for rows in (patients, len(patient)))
        return np.asarray(np.sqrt(ALIKE) * shared[patient] + np.sqrt(1 - ALIKE) * own)

    labels = (correlated() < norm.ppf(PREVALENCES)).astype(np.int8)
    scores = 1 / (1 + np.exp(-(OFFSET + SEPARATION * labels + correlated())))
    labels[rng.random(labels.shape) < UNKNOWN] = -1
    return Part(np.arange(len(patient)).astype(str), patient.astype(str), labels, CODES), scores


def truth() -> dict[str, float]:
    """The metrics of the generator: two normal distributions, each finding at its prevalence."""
    cut = np.log(THRESHOLD / (1 - THRESHOLD)) - OFFSET
    true_positive = PREVALENCES.sum() * norm.sf(cut - SEPARATION)
    predicted = true_positive + (1 - PREVALENCES).sum() * norm.sf(cut)
    return {
        "macro-AUROC": norm.cdf(SEPARATION / np.sqrt(2)),
        "macro-AUPRC": float(np.mean([_area_under_precision(prevalence) for prevalence in PREVALENCES])),
        "micro-F1": 2 * true_positive / (PREVALENCES.sum() + predicted),
    }


def _area_under_precision(prevalence: float) -> float:
    """Mean of the precision over all recalls: the average precision of endlessly many ECGs."""

    def precision(recall: float) -> float:
        false_rate = norm.sf(norm.isf(recall) + SEPARATION)
        return float(prevalence * recall / (prevalence * recall + (1 - prevalence) * false_rate))

    return float(quad(precision, 0, 1)[0])


def metrics(part: Part, scores: NDArray[np.float64], replicates: int = REPLICATES) -> dict[str, list[float]]:
    """Value, low and high of each metric of `truth`; the patients of the part are what the bootstrap draws."""
    thresholds = Thresholds({DEFAULT_POLICY: np.full(len(CODES), THRESHOLD)})
    document = evaluate(
        part, Scored("simulated", [scores], [thresholds]), minimum_positives=MINIMUM_POSITIVES, replicates=replicates
    ).metrics
    estimates: dict[str, Estimate] = {
        "macro-AUROC": document["macro_auroc"],
        "macro-AUPRC": document["macro_auprc"],
        "micro-F1": document["thresholds"][DEFAULT_POLICY]["micro_f1"],
    }
    return {name: [estimate.value, estimate.low, estimate.high] for name, estimate in estimates.items()}


def main(patients: int, data_sets: int) -> None:
    """Prints one table of docs/statistics.md."""
    found: dict[tuple[str, str], list[list[float]]] = {}
    for seed in range(1, data_sets + 1):
        part, scores = draw(patients, seed)
        for unit, units in (("patient", part.patients), ("record", part.ids)):
            for metric, values in metrics(replace(part, patients=units), scores).items():
                found.setdefault((metric, unit), []).append(values)
    check = metrics(*draw(LARGE, 0), replicates=1)

    print(f"{data_sets:,} data sets of {patients:,} patients with {ECGS_PER_PATIENT} ECGs on average, {REPLICATES} replicates each.\n")
    head = ("metric", "truth", "in a very large sample", "unit drawn", "coverage", "truth below", "truth above", "mean width")
    table = []
    for (metric, unit), rows in sorted(found.items()):
        true = truth()[metric]
        _, low, high = np.array(rows).T
        below, above = np.mean(true < low), np.mean(true > high)
        covered = 1 - below - above
        coverage = f"{100 * covered:.1f} ± {100 * np.sqrt(covered * (1 - covered) / data_sets):.1f} %"
        outside = (f"{100 * below:.1f} %", f"{100 * above:.1f} %")
        table.append((metric, f"{true:.4f}", f"{check[metric][0]:.4f}", unit, coverage, *outside, f"{np.mean(high - low):.4f}"))
    print(*markdown_table(head, table), sep="\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
