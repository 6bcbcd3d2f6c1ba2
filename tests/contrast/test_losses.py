"""Losses against double loops in float64, gradients, extreme logits, and pairs that must leave no trace."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from jaccardio.contrast.losses import LOSSES, OPTIONS, asymmetric, sigmoid, signed_sigmoid, softmax


def softplus(value: float) -> float:
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def slow_sigmoid(z: list[list[float]], t: list[list[float]], w: list[list[float]]) -> float:
    n, m = len(z), len(z[0])
    return sum(w[i][j] * (softplus(z[i][j]) - t[i][j] * z[i][j]) for i in range(n) for j in range(m)) / n


def slow_signed_sigmoid(z: list[list[float]], t: list[list[float]], w: list[list[float]]) -> float:
    n, m = len(z), len(z[0])
    return sum(w[i][j] * softplus(-(2 * t[i][j] - 1) * z[i][j]) for i in range(n) for j in range(m)) / n


def slow_softmax(z: list[list[float]], t: list[list[float]], w: list[list[float]]) -> float:
    def rows(z: list[list[float]], t: list[list[float]], w: list[list[float]]) -> float:
        losses = []
        for row, aims, weights in zip(z, t, w, strict=True):
            mass = sum(a * b for a, b in zip(aims, weights, strict=True))
            if mass == 0:
                continue
            peak = max(value for value, weight in zip(row, weights, strict=True) if weight)
            log_sum = peak + math.log(sum(math.exp(value - peak) for value, weight in zip(row, weights, strict=True) if weight))
            losses.append(sum(a * b / mass * (log_sum - value) for value, a, b in zip(row, aims, weights, strict=True) if b))
        return sum(losses) / len(losses) if losses else 0.0

    def transposed(x: list[list[float]]) -> list[list[float]]:
        return [list(column) for column in zip(*x, strict=True)]

    return (rows(z, t, w) + rows(transposed(z), transposed(t), transposed(w))) / 2


def slow_asymmetric(
    z: list[list[float]], t: list[list[float]], w: list[list[float]], positive: float = 1, negative: float = 4, margin: float = 0.05
) -> float:
    """Ridnik et al. 2021, Eq. 4, 5 and 7, with gamma+ = 1, gamma- = 4 and m = 0.05 where nothing else is said."""
    total = 0.0
    for logits, targets, weights in zip(z, t, w, strict=True):
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            p = math.exp(-softplus(-logit))
            shifted = max(p - margin, 0.0)
            easy = (1 - target) * shifted**negative * math.log(1 - shifted)
            total -= weight * (target * (1 - p) ** positive * math.log(p) + easy)
    return total / len(z)


SLOW = {"asymmetric": slow_asymmetric, "sigmoid": slow_sigmoid, "signed_sigmoid": slow_signed_sigmoid, "softmax": slow_softmax}


def pairs(seed: int, n: int = 5, m: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 6 * torch.randn(n, m, generator=generator, dtype=torch.float64)
    target = torch.randint(0, 5, (n, m), generator=generator) / 4
    weight = (torch.rand(n, m, generator=generator) < 0.7).float()
    return logits, target.double(), weight.double()


def test_every_loss_has_an_oracle() -> None:
    assert SLOW.keys() == LOSSES.keys()


@pytest.mark.parametrize("name", sorted(LOSSES))
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 6), m=st.integers(1, 6))
def test_equals_the_double_loop(name: str, seed: int, n: int, m: int) -> None:
    logits, target, weight = pairs(seed, n, m)
    value = LOSSES[name](logits, target, weight)
    assert value.item() == pytest.approx(SLOW[name](logits.tolist(), target.tolist(), weight.tolist()), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_gradient(name: str) -> None:
    logits, target, weight = pairs(3)
    logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda z: LOSSES[name](z, target, weight), logits)


def test_sigmoid_on_identity_is_the_siglip_listing() -> None:
    logits = pairs(1, 6, 6)[0]
    labels = 2 * torch.eye(6, dtype=torch.float64) - torch.ones(6, 6, dtype=torch.float64)
    listing = -torch.nn.functional.logsigmoid(labels * logits).sum() / 6
    target, weight = torch.eye(6), torch.ones(6, 6)
    assert sigmoid(logits, target, weight).item() == pytest.approx(listing.item(), rel=1e-12)
    assert signed_sigmoid(logits, target, weight).item() == pytest.approx(listing.item(), rel=1e-12)


def test_softmax_on_identity_is_clip() -> None:
    logits = pairs(1, 6, 6)[0]
    clip = (torch.nn.functional.cross_entropy(logits, torch.arange(6)) + torch.nn.functional.cross_entropy(logits.T, torch.arange(6))) / 2
    assert softmax(logits, torch.eye(6), torch.ones(6, 6)).item() == pytest.approx(clip.item(), rel=1e-12)


def test_signed_sigmoid_has_no_gradient_at_one_half() -> None:
    logits = torch.tensor([[3.0, -2.0]], requires_grad=True)
    signed_sigmoid(logits, torch.full((1, 2), 0.5), torch.ones(1, 2)).backward()
    assert logits.grad is not None
    assert not logits.grad.any()


def test_weights_on_true_pairs_are_those_of_label_weighted_cross_entropy() -> None:
    """The label-weighted supervised baseline (paper, section 5.7) is the sigmoid loss with weights on true pairs."""
    logits, target, _ = pairs(2)
    target = target.round()
    factors = torch.tensor([1.0, 2.0, 5.0, 0.5], dtype=torch.float64)
    wanted = torch.nn.functional.binary_cross_entropy_with_logits(logits, target, pos_weight=factors, reduction="sum") / len(logits)
    weight = torch.where(target > 0, factors, 1.0)
    assert sigmoid(logits, target, weight).item() == pytest.approx(wanted.item(), rel=1e-9)


def test_asymmetric_leaves_easy_negatives_alone_and_still_pulls_hard_ones() -> None:
    """Below the margin a negative has neither loss nor gradient, unlike under `sigmoid`; at z = 10 it costs something."""
    logits = torch.tensor([[-3.0, 10.0]], requires_grad=True)
    target, weight = torch.zeros(1, 2), torch.ones(1, 2)
    asymmetric(logits, target, weight).backward()
    assert logits.grad is not None
    assert logits.grad[0, 0] == 0
    assert asymmetric(logits[:, :1], target[:, :1], weight[:, :1]) == 0
    assert 0 < asymmetric(logits, target, weight) < sigmoid(logits, target, weight)


def test_the_options_of_a_loss_are_its_keyword_arguments_and_their_defaults_lie_in_range() -> None:
    for name, loss in LOSSES.items():
        defaults = loss.__kwdefaults__ or {}
        assert defaults.keys() == OPTIONS.get(name, {}).keys()
        assert all(OPTIONS[name][option][0] <= value <= OPTIONS[name][option][1] for option, value in defaults.items())


@pytest.mark.parametrize("options", list(itertools.product((0.0, 0.5, 2.0), (0.0, 0.5, 3.0), (0.0, 0.2))))
def test_asymmetric_with_options_equals_the_double_loop(options: tuple[float, float, float]) -> None:
    logits, target, weight = pairs(7)
    value = asymmetric(logits, target, weight, positive_exponent=options[0], negative_exponent=options[1], margin=options[2])
    assert value.item() == pytest.approx(slow_asymmetric(logits.tolist(), target.tolist(), weight.tolist(), *options), rel=1e-9)


@pytest.mark.parametrize("extreme", [1e4, -1e4])
def test_asymmetric_stays_finite_at_both_ends_of_its_options(extreme: float) -> None:
    _, target, weight = pairs(4)
    for options in itertools.product(*((low, 0.5, high) for low, high in OPTIONS["asymmetric"].values())):
        logits = torch.full(target.shape, extreme, requires_grad=True)
        value = asymmetric(logits, target.float(), weight.float(), **dict(zip(OPTIONS["asymmetric"], options, strict=True)))
        value.backward()
        assert logits.grad is not None
        assert value.isfinite()
        assert logits.grad.isfinite().all()


def test_asymmetric_without_exponents_and_margin_is_sigmoid() -> None:
    logits, target, weight = pairs(8)
    plain = asymmetric(logits, target, weight, positive_exponent=0, negative_exponent=0, margin=0)
    assert plain.item() == pytest.approx(sigmoid(logits, target, weight).item(), rel=1e-12)


@pytest.mark.parametrize("name", sorted(LOSSES))
@pytest.mark.parametrize("extreme", [1e4, -1e4])
def test_extreme_logits_stay_finite(name: str, extreme: float) -> None:
    _, target, weight = pairs(4)
    logits = torch.full(target.shape, extreme)
    logits[0] *= -1
    logits.requires_grad_()
    value = LOSSES[name](logits, target.float(), weight.float())
    value.backward()
    assert logits.grad is not None
    assert value.isfinite()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_pairs_of_weight_zero_leave_no_trace(name: str) -> None:
    logits, target, weight = pairs(5)
    changed_logits = torch.where(weight == 0, 1e4, logits).requires_grad_()
    changed_target = torch.where(weight == 0, 1 - target, target)
    value = LOSSES[name](changed_logits, changed_target, weight)
    assert value.item() == pytest.approx(LOSSES[name](logits, target, weight).item(), rel=1e-12)
    value.backward()
    assert changed_logits.grad is not None
    assert not changed_logits.grad[weight == 0].any()


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_no_known_pair_is_a_loss_of_zero_with_zero_gradient(name: str) -> None:
    logits = torch.randn(3, 2, requires_grad=True)
    value = LOSSES[name](logits, torch.ones(3, 2), torch.zeros(3, 2))
    value.backward()
    assert value.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_half_precision_logits_are_computed_in_float32(name: str) -> None:
    logits, target, weight = (tensor.float() for tensor in pairs(6))
    assert LOSSES[name](logits.bfloat16(), target, weight).dtype == torch.float32
    assert LOSSES[name](logits.bfloat16(), target, weight) == LOSSES[name](logits.bfloat16().float(), target, weight)
