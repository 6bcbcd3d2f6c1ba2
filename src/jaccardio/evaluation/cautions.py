"""What the metrics of a small or one-sided set of ECGs cannot bear, as sentences to print beside them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from jaccardio.findings.labels import ABSENT, PRESENT

MINIMUM_RECORDS = 30
"""Metrics of fewer ECGs are mostly chance, whatever they are."""


def cautions(labels: NDArray[np.int8], codes: Sequence[str], minimum_positives: int, part: str = "") -> list[str]:
    """Why metrics on these labels are undefined, or rest on too little; none where nothing is to be said.

    Parameters
    ----------
    labels
        (n, k) int8; 1 present, 0 absent, -1 unknown.
    codes
        k finding codes.
    minimum_positives
        Of a finding in macro metrics.
    part
        What the ECGs are, e.g. ``validation part``; it begins each sentence.
    """
    positives, negatives = (labels == PRESENT).sum(axis=0), (labels == ABSENT).sum(axis=0)
    said = [*_of_ranking(labels, codes, positives, negatives, minimum_positives), *_of_decisions(labels, codes, positives)]
    return [f"{part}: {sentence}" if part else sentence for sentence in said]


def _of_ranking(
    labels: NDArray[np.int8], codes: Sequence[str], positives: NDArray[np.int64], negatives: NDArray[np.int64], minimum: int
) -> list[str]:
    usable = np.flatnonzero((positives > 0) & (negatives > 0))
    in_macro = usable[positives[usable] >= minimum]
    if not len(usable):
        return [f"{_ecgs(len(labels))}, no finding has both a present and an absent ECG: AUROC and its macro mean are undefined"]
    if not len(in_macro):
        most = usable[np.argmax(positives[usable])]
        frequent = f"the most frequent is {codes[most]}, in {positives[most]}"
        return [f"no finding is present in {minimum} ECGs and absent in one ({frequent}): macro metrics are undefined or mostly chance"]
    if len(in_macro) == 1:
        return [f"macro metrics rest on one finding ({codes[in_macro[0]]}), the only one present in {minimum} ECGs and absent in one"]
    return []


def _of_decisions(labels: NDArray[np.int8], codes: Sequence[str], positives: NDArray[np.int64]) -> list[str]:
    found = np.flatnonzero(positives)
    if not len(found):
        return [f"{_ecgs(len(labels))}, no finding is present in any: precision, recall and F1 are undefined or 0"]
    if not (labels == ABSENT).any():
        return [f"every known label is present: micro-F1 would be 1.0000 for a model that predicts everything ({_ecgs(len(labels))})"]
    if len(found) == 1:
        return [f"micro-F1 rests on one finding ({codes[found[0]]}, present in {positives[found[0]]} of {_ecgs(len(labels))})"]
    if len(labels) < MINIMUM_RECORDS:
        return [f"micro-F1 rests on {_ecgs(len(labels))} with {positives.sum()} present labels"]
    return []


def _ecgs(number: int) -> str:
    return f"{number} ECG{'' if number == 1 else 's'}"
