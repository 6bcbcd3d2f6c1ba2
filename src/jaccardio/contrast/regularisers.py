"""Regularisers: auxiliary losses, each a scalar with a weight of its own in the configuration.

====================  ======================================================  ==================================================
regulariser           rewards                                                 relation
====================  ======================================================  ==================================================
`view_contrast`       two views of one ECG alike, views of two ECGs unlike    `softmax` x identity between ECGs: reads no label
`prototype_contrast`  text vectors of findings that occur together alike      reads no ECG: shapes the text side alone
====================  ======================================================  ==================================================
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, normalize

VIEW_DROPOUT = 0.1
VIEW_SCALE = 1 / 0.07
"""Dropout rate and inverse temperature of MERL's uni-modal term."""


def two_views(features: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Two views of ECG features (n, d) from one encoder pass: two dropout masks, drawn from the seed alone.

    MERL puts a linear layer of its own before each mask; here both views go on through the model's projection.
    """
    generator = torch.Generator(features.device).manual_seed(seed)
    first, second = torch.rand((2, *features.shape), generator=generator, device=features.device) >= VIEW_DROPOUT
    kept = features / (1 - VIEW_DROPOUT)
    return kept * first, kept * second


def view_contrast(first: Tensor, second: Tensor, scale: float = VIEW_SCALE) -> Tensor:
    """InfoNCE between two views of the same n ECGs, mean of both ways: MERL's uni-modal term (Liu et al. 2024,
    arXiv:2403.06659).

    With s_ij = scale cos(first_i, second_j): -(1 / 2n) sum over i of [log softmax_j(s_ij) + log softmax_j(s_ji)] at j = i.

    Parameters
    ----------
    first, second
        (n, d) vectors of any length.
    scale
        Inverse temperature.
    """
    logits = scale * normalize(first, dim=1) @ normalize(second, dim=1).T
    return -(log_softmax(logits, dim=1).diagonal() + log_softmax(logits, dim=0).diagonal()).mean() / 2


def prototype_contrast(vectors: Tensor, similarity: Tensor) -> Tensor:
    """-(1 / sqrt(k)) (sum of w+ cos - sum of w- cos) over pairs of findings: the linear term of ProtoECGNet (Sethi et al. 2025,
    arXiv:2504.08713).

    w+ is the similarity of two findings, w- is 1 - similarity, both off the diagonal and each divided by its sum. A sum of 0
    leaves its part out, as an unknown similarity does its pair.

    Parameters
    ----------
    vectors
        (k, d) unit vectors, one per finding.
    similarity
        (k, k) in [0, 1] or NaN for unknown, as `co_occurrence` gives it.
    """
    findings = len(vectors)
    pairs = ~torch.eye(findings, dtype=torch.bool, device=vectors.device) & ~similarity.isnan()
    cosine = (vectors @ vectors.T)[pairs]
    attract, repel = similarity[pairs], 1 - similarity[pairs]
    attract, repel = (part / torch.where(part.sum() > 0, part.sum(), 1.0) for part in (attract, repel))
    return -((attract - repel) * cosine).sum() / math.sqrt(findings)


def co_occurrence(labels: Tensor) -> Tensor:
    """Jaccard index of the label columns, (n, k) int8 -> (k, k) float32: ECGs with both findings among those with either.

    Each pair of findings is counted over the ECGs in which both are known: NaN where there is none, 0 where neither is ever seen.
    """
    present, known = (labels == 1).double(), (labels >= 0).double()
    both = present.T @ present
    either = present.T @ known + known.T @ present - both
    index = both / either.clamp(min=1)
    return index.masked_fill(known.T @ known == 0, torch.nan).float()
