"""Regularisers against loops in float64."""

import math

import pytest
import torch
from torch import Tensor

from jaccardio.contrast.regularisers import VIEW_DROPOUT, co_occurrence, prototype_contrast, two_views, view_contrast


def cosine(first: list[float], second: list[float]) -> float:
    lengths = math.sqrt(sum(x * x for x in first)) * math.sqrt(sum(x * x for x in second))
    return sum(x * y for x, y in zip(first, second, strict=True)) / lengths


def slow_view_contrast(first: list[list[float]], second: list[list[float]], scale: float) -> float:
    def one_way(anchors: list[list[float]], others: list[list[float]]) -> float:
        total = 0.0
        for i, anchor in enumerate(anchors):
            similarities = [scale * cosine(anchor, other) for other in others]
            total += math.log(sum(math.exp(s - similarities[i]) for s in similarities))
        return total / len(anchors)

    return (one_way(first, second) + one_way(second, first)) / 2


def slow_prototype_contrast(vectors: list[list[float]], similarity: list[list[float]]) -> float:
    pairs = [(a, b) for a in range(len(vectors)) for b in range(len(vectors)) if a != b]
    alike, unlike = sum(similarity[a][b] for a, b in pairs), sum(1 - similarity[a][b] for a, b in pairs)
    total = 0.0
    for a, b in pairs:
        similar = similarity[a][b]
        total += (similar / alike - (1 - similar) / unlike) * cosine(vectors[a], vectors[b])
    return -total / math.sqrt(len(vectors))


def vectors(seed: int, n: int = 5, d: int = 3) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_view_contrast_equals_the_loop() -> None:
    first, second = vectors(0), vectors(1)
    assert view_contrast(first, second, 7.0).item() == pytest.approx(slow_view_contrast(first.tolist(), second.tolist(), 7.0), rel=1e-12)
    assert torch.autograd.gradcheck(lambda a, b: view_contrast(a, b, 2.0), (first.requires_grad_(), second.requires_grad_()))


def test_view_contrast_rewards_views_of_the_same_ecg() -> None:
    first = vectors(0)
    assert view_contrast(first, first) < view_contrast(first, first.flip(0))


def test_views_are_dropout_masks_drawn_from_the_seed_alone() -> None:
    features = torch.ones(200, 50)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second = two_views(features, 3)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.unique(first).tolist() == pytest.approx([0.0, 1 / (1 - VIEW_DROPOUT)])
    assert (first == 0).float().mean().item() == pytest.approx(VIEW_DROPOUT, abs=0.01)
    assert not torch.equal(first, second)
    assert all(torch.equal(one, other) for one, other in zip((first, second), two_views(features, 3), strict=True))
    assert not torch.equal(first, two_views(features, 4)[0])


def test_prototype_contrast_equals_the_loop() -> None:
    prototypes = torch.nn.functional.normalize(vectors(2), dim=1)
    similarity = vectors(3, 5, 5).sigmoid()
    similarity = (similarity + similarity.T) / 2
    wanted = slow_prototype_contrast(prototypes.tolist(), similarity.tolist())
    assert prototype_contrast(prototypes, similarity).item() == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_prototype_contrast_without_one_of_its_parts_is_finite(value: float) -> None:
    assert prototype_contrast(torch.eye(3) + 0.1, torch.full((3, 3), value)).isfinite()


def test_co_occurrence_masks_what_is_unknown() -> None:
    labels = torch.tensor([[1, 1, 0], [1, 0, -1], [0, -1, 0], [1, 1, -1], [-1, 0, 0]], dtype=torch.int8)
    expected = torch.zeros(3, 3)
    for a in range(3):
        for b in range(3):
            known = [(row[a], row[b]) for row in labels.tolist() if row[a] >= 0 and row[b] >= 0]
            either = sum(1 in pair for pair in known)
            expected[a, b] = sum(pair == (1, 1) for pair in known) / either if either else 0
    assert torch.equal(co_occurrence(labels), expected)
    assert expected[0, 1] == pytest.approx(2 / 3)


def test_findings_never_known_together_neither_attract_nor_repel() -> None:
    labels = torch.tensor([[1, 1, 0, -1], [1, 0, 0, -1], [0, 0, 1, -1], [-1, -1, -1, 1], [-1, -1, -1, 0]], dtype=torch.int8)
    similarity = co_occurrence(labels)
    assert similarity[:3, 3].isnan().all()
    prototypes = torch.nn.functional.normalize(vectors(4, 4), dim=1).float()
    value = prototype_contrast(prototypes, similarity)
    turned = prototypes.clone()
    turned[3] *= -1
    assert prototype_contrast(turned, similarity) == value
    wanted = slow_prototype_contrast(prototypes[:3].tolist(), similarity[:3, :3].tolist()) * math.sqrt(3 / 4)
    assert value.item() == pytest.approx(wanted, rel=1e-5)
