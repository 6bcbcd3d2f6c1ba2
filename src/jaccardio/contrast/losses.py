"""How a logit is compared with its target: functions of (logits, target, weight), each (n, m), to one number.

Everything is computed in float32 at least, whatever the precision of the logits. Pairs of weight 0 change neither loss nor gradient.

====================  =============================================  ====================================================
loss                  optimum of one pair                            relation
====================  =============================================  ====================================================
`sigmoid`             sigmoid(z) = target                            SigLIP for targets 0 and 1; proper for soft targets
`signed_sigmoid`      z -> ±infinity by the sign of 2 target - 1     equals `sigmoid` for targets 0 and 1; the paper's own
`asymmetric`          sigmoid(z) = target for targets 0 and 1        `sigmoid` in which easy negatives count for little
`softmax`             shares of each row and column                  CLIP for identity, UniCL for exact
====================  =============================================  ====================================================
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax, logsigmoid

Loss = Callable[..., Tensor]
"""(logits, target, weight) and the options of `OPTIONS` as keyword arguments."""


def sigmoid(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy of each pair against its soft target: sum of w (softplus(z) - t z) / n.

    With targets 0 and 1 this is SigLIP's loss (Zhai et al. 2023, Algorithm 1). With a graded target t the optimum is
    sigmoid(z) = t, unlike `signed_sigmoid`.
    """
    logits = at_least_float32(logits)
    pairs = binary_cross_entropy_with_logits(logits, target.to(logits), weight.to(logits), reduction="sum")  # one pass, one gradient
    return pairs / len(logits)


def signed_sigmoid(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """The paper's loss, literally: -sum of w log_sigmoid((2 t - 1) z) / n (Listing 1 with `eye` replaced by Eq. 2).

    A pair with t = 1/2 has no gradient at all; t below 1/2 pushes apart and t above pulls together, more weakly the nearer t is
    to 1/2. There is no finite optimum: the size of t sets the pull, not the score that is reached.
    """
    return -(weight * logsigmoid((2 * target - 1) * at_least_float32(logits))).sum() / len(logits)


def asymmetric(
    logits: Tensor,
    target: Tensor,
    weight: Tensor,
    *,
    positive_exponent: float = 1.0,
    negative_exponent: float = 4.0,
    margin: float = 0.05,
) -> Tensor:
    """Asymmetric loss (Ridnik et al. 2021, arXiv:2009.14119, Eq. 7): -sum of w [t (1 - p)^g+ log p + (1 - t) q^g- log(1 - q)] / n.

    p = sigmoid(z) and q = max(p - margin, 0): a negative below the margin has no loss, one slightly above it almost
    none. Without exponents and margin this is `sigmoid`. Targets between 0 and 1 mix the two terms as they do there; the optimum of
    such a pair lies off its target, because the terms are focused unequally.

    Parameters
    ----------
    positive_exponent, negative_exponent, margin
        g+, g- and the probability margin; the defaults are those of the authors' code.
    """
    logits = at_least_float32(logits)
    p, absent = logits.sigmoid(), (-logits).sigmoid()
    tiny = torch.finfo(logits.dtype).tiny  # for 0, at which a root has no finite gradient
    positive = absent.clamp(min=tiny) ** positive_exponent * logsigmoid(logits)
    log_absent = (absent + margin).clamp(max=1).log() if margin else logsigmoid(-logits)
    negative = (p - margin).clamp(min=tiny) ** negative_exponent * log_absent
    return -(weight * (target * positive + (1 - target) * negative)).sum() / len(logits)


def softmax(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Half the sum of the mean cross-entropies over rows and over columns (CLIP, arXiv:2103.00020; UniCL, arXiv:2204.03610).

    The distribution aimed at is weight x target, normalised per row and per column. Pairs of weight 0 are left out of the
    denominators; rows and columns without any positive target are skipped.
    """
    logits = at_least_float32(logits).masked_fill(weight == 0, torch.finfo(torch.float32).min)
    mass = weight * target
    return (_row_cross_entropy(logits, mass) + _row_cross_entropy(logits.T, mass.T)) / 2


LOSSES: Mapping[str, Loss] = {"sigmoid": sigmoid, "signed_sigmoid": signed_sigmoid, "asymmetric": asymmetric, "softmax": softmax}
"""Losses by the name that methods use."""

OPTIONS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "asymmetric": {"positive_exponent": (0, 16), "negative_exponent": (0, 16), "margin": (0, 0.5)},
}
"""Least and greatest value of each option of a loss; losses that are not here have none."""


def _row_cross_entropy(logits: Tensor, mass: Tensor) -> Tensor:
    total = mass.sum(dim=1)
    aim = mass / torch.where(total > 0, total, 1.0)[:, None]
    rows = (total > 0).sum().clamp(min=1)
    return -(aim * log_softmax(logits, dim=1)).sum() / rows


def at_least_float32(logits: Tensor) -> Tensor:
    """Logits of half precision as float32, others as they are."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))
