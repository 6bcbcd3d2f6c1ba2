"""Figures of each finding as means over a contestant's seeds, with intervals over patients (paper, Tables 5 and 7)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.contest import Contestant
from jaccardio.evaluation.metrics import check_predictions
from jaccardio.evaluation.samples import Samples, estimate_of_seeds

PER_FINDING_FIGURES = ("auroc", "auprc", "accuracy", "precision", "recall", "f1", "predicted_rate")
"""Those with a decision in them at the global threshold."""


def per_finding(
    labels: NDArray[np.int8],
    patients: NDArray[np.str_],
    codes: Sequence[str],
    contestant: Contestant,
    *,
    replicates: int = 1000,
    seed: int = 0,
) -> dict[str, dict[str, dict[str, Any]]]:
    """Finding -> figure of `PER_FINDING_FIGURES` -> ``value`` (mean over seeds), ``ci95`` and ``per_seed``, None where undefined.

    Parameters
    ----------
    labels
        (n, k) int8; -1 unknown and masked.
    patients
        (n,) patient keys.
    codes
        k finding codes, the columns.
    replicates, seed
        Of the bootstrap.

    Raises
    ------
    DataError
        The arrays do not belong together.
    """
    bootstrap, all_findings = PatientBootstrap(patients, replicates, seed), np.ones(len(codes), np.bool_)
    runs = []
    for scores, thresholds in zip(contestant.scores, contestant.thresholds, strict=True):
        check_predictions(labels, scores, patients, codes, thresholds)
        samples = Samples.of(labels, scores, thresholds, bootstrap, all_findings)
        runs.append(samples.ranked | samples.findings)
    table: dict[str, dict[str, dict[str, Any]]] = {}
    for column, code in enumerate(codes):
        table[code] = {}
        for name in PER_FINDING_FIGURES:
            table[code][name] = estimate_of_seeds([run[name][:, column] for run in runs])
    return table
