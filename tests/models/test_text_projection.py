"""Centring and whitening of text vectors."""

import pytest
import torch

from jaccardio.models.text_projection import TextProjection


@pytest.fixture
def bank() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return 5 + torch.randn(6, 20, generator=generator) * torch.linspace(0.1, 2, 20)


def test_without_whitening_it_centres_and_normalises(bank: torch.Tensor) -> None:
    centred = bank - bank.mean(dim=0)
    torch.testing.assert_close(TextProjection(bank, 0.0)(bank), centred / centred.norm(dim=1, keepdim=True))


def test_none_leaves_vectors_as_they_are(bank: torch.Tensor) -> None:
    projection = TextProjection(bank, "none")
    assert torch.equal(projection(bank), bank)
    assert projection.dimension == 20


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_whitening_is_a_power_of_the_second_moment(bank: torch.Tensor, power: float) -> None:
    """Coordinates in the basis of the bank have the cosines that x^T (X^T X)^-p y has."""
    exact = bank.double()
    values, vectors = torch.linalg.eigh(exact.T @ exact)
    kept = values > 1e-8
    matrix = vectors[:, kept] @ torch.diag(values[kept] ** -power) @ vectors[:, kept].T
    sentences = torch.randn(4, 20, generator=torch.Generator().manual_seed(1)).double()
    products = sentences @ matrix @ sentences.T
    wanted = products / (products.diagonal()[:, None] * products.diagonal()).sqrt()
    projection = TextProjection(bank, power)
    projected = projection(sentences.float()).double()
    assert projected.shape == (4, projection.dimension) == (4, 6)
    torch.testing.assert_close(projected @ projected.T, wanted, rtol=1e-3, atol=1e-5)


def test_full_whitening_puts_the_prompts_at_right_angles(bank: torch.Tensor) -> None:
    projected = TextProjection(bank, 1.0)(bank)
    torch.testing.assert_close(projected @ projected.T, torch.eye(6), rtol=0, atol=1e-4)


def test_more_prompts_than_dimensions() -> None:
    bank = torch.randn(30, 8, generator=torch.Generator().manual_seed(0))
    assert TextProjection(bank, 1.0)(bank).isfinite().all()


def test_the_fit_travels_with_the_state(bank: torch.Tensor) -> None:
    fitted, other = TextProjection(bank, 0.5), TextProjection(torch.zeros_like(bank), 0.5)
    other.load_state_dict(fitted.state_dict())
    assert torch.equal(other(bank), fitted(bank))
