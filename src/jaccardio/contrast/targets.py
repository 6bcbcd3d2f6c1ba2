"""What a pair (ECG, statement) should score: four functions of the two finding sets.

Each takes the ECGs' labels (n, k) and the statements' findings (m, k), int8 with 1 present, 0 absent, -1 unknown, and returns
``(target, weight)``, both (n, m) float32: the target lies in [0, 1]; the weight is 1 where the pair's target is known, 0 where it
hangs on an unknown finding. Below, A is the set of an ECG's findings and P the set that a statement speaks of.

================  ========================================  =========================================================
target            rewards                                   relation
================  ========================================  =========================================================
`identity`        the record's own sentence only            SigLIP; calls equal sets of two patients a mismatch
`exact`           A = P                                     identity, with equal sets forgiven (UniCL's labels)
`jaccard`         overlap of A and P                        exact where sets are equal or disjoint, graded between
`truth`           the share of P that the ECG shows         ignores what the statement does not mention: A may hold more
================  ========================================  =========================================================
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Target = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def identity(ecg: Tensor, statements: Tensor) -> tuple[Tensor, Tensor]:
    """1 on the diagonal, 0 elsewhere: `eye` of Listing 1 (Zhai et al. 2023, arXiv:2303.15343). Weight 1 everywhere.

    Raises
    ------
    ValueError
        The numbers of ECGs and statements differ: identity needs each ECG's own sentence.
    """
    if len(ecg) != len(statements):
        raise ValueError(f"identity pairs ECG i with sentence i, but there are {len(ecg)} ECGs and {len(statements)} statements")
    target = torch.eye(len(ecg), device=ecg.device)
    return target, torch.ones_like(target)


def exact(ecg: Tensor, statements: Tensor) -> tuple[Tensor, Tensor]:
    """1 if A = P, else 0 (Yang et al. 2022, arXiv:2204.03610, for sets of findings).

    One finding known on both sides to differ settles 0; 1 needs both sides fully known; anything else has weight 0.
    """
    differs = _differences(ecg, statements) > 0
    complete = _fully_known(ecg)[:, None] & _fully_known(statements)[None, :]
    return (complete & ~differs).float(), (complete | differs).float()


def jaccard(ecg: Tensor, statements: Tensor) -> tuple[Tensor, Tensor]:
    """|A∩P| / |A∪P| over the findings known on both sides (paper, Eq. 2).

    Where that union is empty the target is 1, with weight 1 only if both sides are fully known (two ECGs without any finding are
    alike), else with weight 0.
    """
    shared = _count(ecg == 1, statements == 1)
    union = shared + _differences(ecg, statements)
    complete = _fully_known(ecg)[:, None] & _fully_known(statements)[None, :]
    target = torch.where(union > 0, shared / union.clamp(min=1), 1.0)
    return target, ((union > 0) | complete).float()


def truth(ecg: Tensor, statements: Tensor) -> tuple[Tensor, Tensor]:
    """|A∩P| / |P|: how much of what the statement states is true of the ECG.

    A stated finding that is unknown in the ECG gives weight 0. The sentence that states no finding (P empty) is true, 1, if the
    ECG is fully known and shows none; false, 0, if it shows one; else its weight is 0. For a prompt that states one finding the
    target is that finding's label.
    """
    stated = statements == 1
    size = stated.sum(dim=1).float()[None, :]
    some = _count(ecg == 1, stated) / size.clamp(min=1)
    some_known = _count(ecg < 0, stated) == 0
    shows_any = (ecg == 1).any(dim=1)[:, None]
    none = ~shows_any & _fully_known(ecg)[:, None]
    target = torch.where(size > 0, some, none.float())
    weight = torch.where(size > 0, some_known, none | shows_any)
    return target * weight, weight.float()


TARGETS: Mapping[str, Target] = {"identity": identity, "exact": exact, "jaccard": jaccard, "truth": truth}
"""Targets by the name that presets use."""


def _count(ecg: Tensor, statements: Tensor) -> Tensor:
    """Number of findings marked on both sides, (n, k) and (m, k) bool -> (n, m) float32."""
    with torch.autocast(ecg.device.type, enabled=False):  # counts above 256 are not exact in bfloat16
        return ecg.float() @ statements.float().T


def _differences(ecg: Tensor, statements: Tensor) -> Tensor:
    """Number of findings known on both sides of which one is present, the other absent."""
    return _count(ecg == 1, statements == 0) + _count(ecg == 0, statements == 1)


def _fully_known(labels: Tensor) -> Tensor:
    return (labels >= 0).all(dim=1)
