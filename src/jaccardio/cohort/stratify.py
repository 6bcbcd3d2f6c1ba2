"""Multi-label stratification over groups: every group falls into one part, and each part gets its share of every label.

Greedy first, after Sechidis K, Tsoumakas G, Vlahavas I. On the stratification of multi-label data. ECML PKDD 2011 (rarest label
first), with groups in place of single records; then moves and swaps of groups as long as they bring the counts nearer to their shares.
"""

import numpy as np
from numpy.typing import NDArray

from jaccardio.findings.labels import ABSENT, PRESENT

ROUNDS = 400
"""Bound on refining steps; cohorts of 20,000 records settle long before or gain next to nothing beyond it."""

_DIGITS = 9  # costs are compared rounded: the last digits of a matrix product differ between machines


def stratify(labels: NDArray[np.int8], groups: NDArray[np.int64], fractions: tuple[float, ...], seed: int) -> NDArray[np.int64]:
    """Assigns groups of records to parts.

    Parameters
    ----------
    labels
        (records, findings) int8; unknown labels count neither as present nor as absent.
    groups
        (records,) group of each record, numbered from 0 without gaps.
    fractions
        Share of the records per part; positive, adding up to 1.
    seed
        Decides between equals.

    Returns
    -------
    (records,) part of each record.
    """
    random = np.random.default_rng(seed)
    columns = np.concatenate([labels == PRESENT, labels == ABSENT], axis=1)
    counts = np.zeros((int(groups.max()) + 1, 1 + columns.shape[1]))
    np.add.at(counts, groups, np.concatenate([np.ones((len(labels), 1), dtype=bool), columns], axis=1))
    counts = counts[:, counts.any(axis=0)]  # column 0: records; then records per finding that are present, that are absent
    shares = np.asarray(fractions)
    parts = _greedy(counts, shares, random)
    _refine(counts, shares, parts)
    return parts[groups]


def _greedy(counts: NDArray[np.float64], shares: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.int64]:
    """Part per group: the rarest open label first, its largest groups first, each to the part that lacks most of that label."""
    order = random.permutation(len(counts))
    order = order[np.argsort(-counts[order, 0], kind="stable")]
    parts = np.full(len(counts), -1, dtype=np.int64)
    lacking = shares[:, None] * counts.sum(axis=0)
    open_counts = counts.sum(axis=0)
    while (open_counts[1:] > 0).any():
        label = 1 + int(np.argmin(np.where(open_counts[1:] > 0, open_counts[1:], np.inf)))
        members = order[(parts[order] < 0) & (counts[order, label] > 0)]
        for group in members[np.argsort(-counts[members, label], kind="stable")]:
            wanting = np.round(lacking[:, label], _DIGITS)
            part = max(range(len(shares)), key=lambda part: (wanting[part], lacking[part, 0]))
            parts[group] = part
            lacking[part] -= counts[group]
        open_counts = open_counts - counts[members].sum(axis=0)
    for group in order[parts[order] < 0]:  # no label is known
        parts[group] = int(np.argmax(lacking[:, 0]))
        lacking[parts[group]] -= counts[group]
    return parts


def _refine(counts: NDArray[np.float64], shares: NDArray[np.float64], parts: NDArray[np.int64]) -> None:
    """Moves groups between parts, in place, while the chi-square distance of counts and shares falls.

    One step moves the best group from one part to another and, where that does not pay alone, the best group back.
    """
    totals = counts.sum(axis=0)
    scaled = counts / np.sqrt(totals)
    squares = (scaled**2).sum(axis=1)
    excess = np.stack([scaled[parts == part].sum(axis=0) for part in range(len(shares))]) - shares[:, None] * np.sqrt(totals)
    size = np.bincount(parts, minlength=len(shares))

    def best(source: int, target: int) -> tuple[float, int]:
        gradient = excess[target] / shares[target] - excess[source] / shares[source]
        change = 2 * scaled @ gradient + squares * (1 / shares[source] + 1 / shares[target])
        change = np.where(parts == source, np.round(change, _DIGITS), np.inf)
        group = int(np.argmin(change))
        return float(change[group]), group

    def move(group: int, target: int) -> None:
        source = parts[group]
        excess[source] -= scaled[group]
        excess[target] += scaled[group]
        size[source] -= 1
        size[target] += 1
        parts[group] = target

    pairs = [(source, target) for source in range(len(shares)) for target in range(len(shares)) if source != target]
    for _ in range(ROUNDS):
        improved = False
        for source, target in pairs:
            if size[source] < 2:
                continue
            change, group = best(source, target)
            move(group, target)
            if change < 0:
                improved = True
                continue
            back, other = best(target, source)
            if change + back < -(10.0**-_DIGITS):
                move(other, source)
                improved = True
            else:
                move(group, source)
        if not improved:
            return
