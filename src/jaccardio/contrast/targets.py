"""What a pair (ECG, statement) should score: functions of the two finding sets.

Each takes the ECGs' labels (n, k), int8 with 1 present, 0 absent, -1 unknown, and m `Statements`, and returns
``(target, weight)``, both (n, m) float32: the target lies in [0, 1]; the weight is 1 where the pair's target is known, 0 where it
depends on an unknown finding. ``rows`` asks for some of the ECGs alone, whose rows are those of the whole batch. Below, A is the set of an
ECG's findings, P the set that a statement lists, c a finding.

==========================  ====================================  ============================================================
target                      formula                               rewards; relation
==========================  ====================================  ============================================================
`identity`                  [own sentence]                        SigLIP, CLIP; calls equal sets of two patients a mismatch
`exact`                     [A = P], that is [jaccard = 1]        identity with equal sets forgiven; UniCL, SupCon ALL
`shared`                    [A∩P not empty]                       any finding in common, whatever else differs; SupCon ANY
`jaccard`                   |A∩P| / |A∪P|                         overlap; exact where sets are equal or disjoint
`dice`                      2 |A∩P| / (|A|+|P|)                   overlap; 2J/(1+J) of jaccard J: same order, milder below 1
`overlap`                   |A∩P| / min(|A|, |P|)                 1 once one set contains the other; never below dice
`idf_jaccard`               sum over A∩P / sum over A∪P of idf    jaccard in which a rare finding counts for more
`label_aware`               mean over c in A of [c in P] / N(c)   finding by finding, each shared among its N(c) statements; after KED
`similarity_dissimilarity`  |A∩P| / |A| / (1 + |P\\A|)             share of A that is listed, less for each other one listed
`truth`                     |A∩P| / |P|                           the share of P that the ECG shows, whatever else it shows
==========================  ====================================  ============================================================

Only `truth` reads statements that are not of `Reading.ALL`. `exact` and all graded ones but truth look at the findings known on both
sides and share one rule for an empty union, that of `jaccard`.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from jaccardio.contrast.statements import Reading, Statements

Target = Callable[..., tuple[Tensor, Tensor]]
"""(ecg, statements) and perhaps (rows), a slice."""

ALL_ROWS = slice(None)


def identity(ecg: Tensor, statements: Statements, rows: slice = ALL_ROWS) -> tuple[Tensor, Tensor]:
    """1 on the diagonal, 0 elsewhere: `eye` of Listing 1 (Zhai et al. 2023, arXiv:2303.15343). Weight 1 everywhere.

    Raises
    ------
    ValueError
        The numbers of ECGs and statements differ: identity needs each ECG's own sentence.
    """
    if len(ecg) != len(statements):
        raise ValueError(f"identity pairs ECG i with sentence i, but there are {len(ecg)} ECGs and {len(statements)} statements")
    own = torch.arange(len(ecg), device=ecg.device)[rows]
    target = torch.zeros(len(own), len(ecg), device=ecg.device).scatter_(1, own[:, None], 1.0)
    return target, torch.ones_like(target)


def exact(ecg: Tensor, statements: Statements, rows: slice = ALL_ROWS) -> tuple[Tensor, Tensor]:
    """1 if A = P, else 0 (Yang et al. 2022, arXiv:2204.03610, for sets of findings), over the findings known on both sides.

    That is `jaccard` cut at 1, with its weight and its rule for an empty union: what an ECG leaves unknown does not cost it its own
    caption.
    """
    sets = _compare(ecg[rows], statements)
    return _graded((sets.only_ecg + sets.only_stated == 0).float(), sets)


def shared(ecg: Tensor, statements: Statements, rows: slice = ALL_ROWS) -> tuple[Tensor, Tensor]:
    """1 if A and P have a finding in common, else 0 (multi-label SupCon, variant ANY).

    Two fully known empty sets are alike, 1, as in `jaccard`. One finding present on both sides settles 1; a side that shows
    something, all of whose possible findings are absent on the other, settles 0; anything else has weight 0.
    """
    ecg = ecg[rows]
    sets = _compare(ecg, statements)
    listed = statements.findings == 1
    something = (ecg == 1).any(dim=1)[:, None] | listed.any(dim=1)[None, :]
    one = (sets.shared > 0) | (sets.complete & ~something)
    none = (_count(ecg != 0, statements.findings != 0) == 0) & something
    return one.float(), (one | none).float()


def jaccard(ecg: Tensor, statements: Statements, rows: slice = ALL_ROWS) -> tuple[Tensor, Tensor]:
    """|A∩P| / |A∪P| over the findings known on both sides (paper, Eq. 2).

    Where that union is empty the target is 1, with weight 1 only if both sides are fully known (two ECGs without any finding are
    alike), else with weight 0.
    """
    sets = _compare(ecg[rows], statements)
    return _graded(sets.shared / sets.union.clamp(min=1), sets)


def dice(ecg: Tensor, statements: Statements, rows: slice = ALL_ROWS) -> tuple[Tensor, Tensor]:
    """2 |A∩P| / (|A| + |P|) over the findings known on both sides (Dice 1945, doi:10.2307/1932409); empty union as `jaccard`."""
    sets = _compare(ecg[rows], statements)
    return _graded(2 * sets.shared / (sets.union + sets.shared).clamp(min=1), sets)


def overlap(ecg: Tensor, statements: Statements, rows: slice = ALL_ROWS) -> tuple[Tensor, Tensor]:
    """|A∩P| / min(|A|, |P|) over the findings known on both sides (Szymkiewicz-Simpson); empty union as `jaccard`.

    An empty set overlaps with none but the empty one: 0.
    """
    sets = _compare(ecg[rows], statements)
    smaller = sets.shared + torch.minimum(sets.only_ecg, sets.only_stated)
    return _graded(sets.shared / smaller.clamp(min=1), sets)


def idf_jaccard(ecg: Tensor, statements: Statements, rows: slice = ALL_ROWS) -> tuple[Tensor, Tensor]:
    """The Jaccard index of weighted sets, over the findings known on both sides; empty union as `jaccard`.

    A finding weighs 1 + log((1 + known) / (1 + present)), the smoothed inverse document frequency, counted over the ECGs given,
    that is over the batch; ECGs in which it is unknown are not counted. With equal weights this is `jaccard`.
    """
    known, present = (ecg >= 0).sum(dim=0), (ecg == 1).sum(dim=0)
    idf = 1 + torch.log((1 + known) / (1 + present))
    sets = _compare(ecg[rows], statements)
    weighted = _compare(ecg[rows], statements, idf)
    return _graded(weighted.shared / torch.where(sets.union > 0, weighted.union, 1.0), sets)


def label_aware(ecg: Tensor, statements: Statements, rows: slice = ALL_ROWS) -> tuple[Tensor, Tensor]:
    """Mean over the findings c of A of [c in P] / N(c), with N(c) the number of statements that list c; rule as `jaccard`.

    With `softmax` the rows are a label-wise contrast after KED (Tian et al. 2024): the mean over the ECG's findings of the
    cross-entropies against a target shared equally among the statements that list the finding. KED's code does not divide by N(c),
    so that there a common finding pulls harder. The mean is taken over the findings of A that are known in P. The empty set counts
    as a finding of its own, so that rows sum to 1 where all is known and listed.
    """
    usable = statements.valid[:, None]
    listed = (statements.findings == 1) & usable
    share = 1 / listed.sum(dim=0).clamp(min=1)
    sets = _compare(ecg[rows], statements)
    found = _count(ecg[rows] == 1, (statements.findings == 1), share)
    graded = found / (sets.shared + sets.only_ecg).clamp(min=1)
    empty = ((statements.findings == 0) & usable).all(dim=1).sum().clamp(min=1)
    target, weight = _graded(graded, sets)
    return torch.where(sets.union > 0, target, 1 / empty), weight


def similarity_dissimilarity(ecg: Tensor, statements: Statements, rows: slice = ALL_ROWS) -> tuple[Tensor, Tensor]:
    """K_s K_d with K_s = |A∩P| / |A| and K_d = 1 / (1 + |P\\A|), over the findings known on both sides; empty union as `jaccard`.

    Huang et al. 2024 (arXiv:2410.13439) weight the positives of SupCon by K_s K_d. Here it is the target: under `softmax` it is
    normalised over each row and column, so that a positive pulls in proportion to its weight.
    """
    sets = _compare(ecg[rows], statements)
    similarity = sets.shared / (sets.shared + sets.only_ecg).clamp(min=1)
    return _graded(similarity / (1 + sets.only_stated), sets)


def truth(ecg: Tensor, statements: Statements, rows: slice = ALL_ROWS) -> tuple[Tensor, Tensor]:
    """How much of what the statement says is true of the ECG.

    ``ALL``: |A∩P| / |P|; a listed finding that is unknown in the ECG gives weight 0. The sentence that lists none (P empty) is
    true, 1, if the ECG is fully known and shows none; false, 0, if it shows one; else its weight is 0. ``ANY``: 1 if the ECG shows
    a listed finding, 0 if all of them are known to be absent, else weight 0. ``NONE``: the opposite of ANY. For a prompt that
    states one finding the target is that finding's label.
    """
    ecg, stated = ecg[rows], statements.findings == 1
    size = stated.sum(dim=1).float()[None, :]
    hits, unknown = _count(ecg == 1, stated), _count(ecg < 0, stated)
    shows_any = (ecg == 1).any(dim=1)[:, None]
    nothing = ~shows_any & _fully_known(ecg)[:, None]
    target = torch.where(size > 0, hits / size.clamp(min=1), nothing.float())
    known = torch.where(size > 0, unknown == 0, nothing | shows_any)
    any_of = hits > 0
    target = torch.where(statements.reading == Reading.ANY, any_of.float(), target)
    target = torch.where(statements.reading == Reading.NONE, (~any_of).float(), target)
    known = torch.where(statements.reading == Reading.ALL, known, any_of | (unknown == 0))
    return target * known, known.float()


TARGETS: Mapping[str, Target] = {
    "identity": identity,
    "exact": exact,
    "shared": shared,
    "jaccard": jaccard,
    "dice": dice,
    "overlap": overlap,
    "idf_jaccard": idf_jaccard,
    "label_aware": label_aware,
    "similarity_dissimilarity": similarity_dissimilarity,
    "truth": truth,
}
"""Targets by the name that methods use."""


class _Sets(NamedTuple):
    """Two finding sets over the findings known on both sides: (weighted) counts (n, m), and where all findings are known."""

    shared: Tensor
    only_ecg: Tensor
    only_stated: Tensor
    union: Tensor
    complete: Tensor


def _compare(ecg: Tensor, statements: Statements, weights: Tensor | None = None) -> _Sets:
    stated = statements.findings
    shared, only_ecg = _count(ecg == 1, stated == 1, weights), _count(ecg == 1, stated == 0, weights)
    only_stated = _count(ecg == 0, stated == 1, weights)
    complete = _fully_known(ecg)[:, None] & _fully_known(stated)[None, :]
    return _Sets(shared, only_ecg, only_stated, shared + only_ecg + only_stated, complete)


def _graded(target: Tensor, sets: _Sets) -> tuple[Tensor, Tensor]:
    """Target and weight with jaccard's rule: an empty union is 1, and counts only if both sides are fully known."""
    some = sets.union > 0
    return torch.where(some, target, 1.0), (some | sets.complete).float()


def _count(ecg: Tensor, statements: Tensor, weights: Tensor | None = None) -> Tensor:
    """Number, or sum of weights (k,), of the findings marked on both sides: (n, k) and (m, k) bool -> (n, m) float32."""
    with torch.autocast(ecg.device.type, enabled=False):  # counts above 256 are not exact in bfloat16
        marked = ecg.float() if weights is None else ecg * weights
        return marked @ statements.float().T


def _fully_known(labels: Tensor) -> Tensor:
    return (labels >= 0).all(dim=1)
