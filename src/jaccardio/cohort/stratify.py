"""Multi-label stratification over groups: every group falls into one part, and each part gets its share of every label.

Greedy first, after Sechidis K, Tsoumakas G, Vlahavas I. On the stratification of multi-label data. ECML PKDD 2011 (rarest label
first), with groups in place of single records; then moves and swaps of groups as long as they bring the counts nearer to their shares.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from jaccardio.findings.labels import ABSENT, PRESENT

ROUNDS = 200
"""Bound on refining: a cohort of 20,000 records settles before or gains next to nothing beyond it."""

CANDIDATES = 100
"""Groups of either part that are tried against each other for a swap."""

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

    One step moves one group from a part to another, or swaps two groups, whichever gains more.
    """
    totals = counts.sum(axis=0)
    scaled = counts / np.sqrt(totals)  # the distance is then the sum of excess ** 2 / share
    squares = (scaled**2).sum(axis=1)
    excess = np.stack([scaled[parts == part].sum(axis=0) for part in range(len(shares))]) - shares[:, None] * np.sqrt(totals)

    def best_moves(source: int, target: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        members = np.flatnonzero(parts == source)
        change = (scaled @ (2 * (excess[target] / shares[target] - excess[source] / shares[source])))[members]  # a copy of rows costs more
        change = np.round(change + squares[members] * (1 / shares[source] + 1 / shares[target]), _DIGITS)
        if len(change) > CANDIDATES:  # sorting all of them costs more than all the rest
            members, change = (found[change <= np.partition(change, CANDIDATES)[CANDIDATES]] for found in (members, change))
        order = np.argsort(change, kind="stable")[:CANDIDATES]
        return members[order], change[order]

    def move(group: int, target: int) -> None:
        excess[parts[group]] -= scaled[group]
        excess[target] += scaled[group]
        parts[group] = target

    pairs = list(combinations(range(len(shares)), 2))
    for _ in range(ROUNDS):
        improved = False
        for one, other in pairs:
            out, out_change = best_moves(one, other)
            back, back_change = best_moves(other, one)
            together = 2 * (1 / shares[one] + 1 / shares[other]) * (scaled[out] @ scaled[back].T)
            swap = np.round(out_change[:, None] + back_change - together, _DIGITS)
            gains = [out_change.min(initial=0), back_change.min(initial=0), swap.min(initial=0)]
            kind = int(np.argmin(gains))
            if gains[kind] >= 0:
                continue
            improved = True
            first, second = (0, 0) if kind < 2 else np.unravel_index(int(np.argmin(swap)), swap.shape)
            if kind != 1:
                move(int(out[first]), other)
            if kind != 0:
                move(int(back[second]), one)
        if not improved:
            return
