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


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_whitening_is_the_power_of_the_covariance(bank: torch.Tensor, power: float) -> None:
    centred = (bank - bank.mean(dim=0)).double()
    values, vectors = torch.linalg.eigh(centred.T @ centred / len(bank))
    kept = values > 1e-8
    matrix = vectors[:, kept] @ torch.diag(values[kept] ** (-power / 2)) @ vectors[:, kept].T
    generator = torch.Generator().manual_seed(1)
    sentences = torch.randn(4, 20, generator=generator)
    wanted = (sentences.double() - bank.double().mean(dim=0)) @ matrix
    wanted = wanted / wanted.norm(dim=1, keepdim=True)
    torch.testing.assert_close(TextProjection(bank, power)(sentences).double(), wanted, rtol=1e-3, atol=1e-5)


def test_full_whitening_makes_the_covariance_of_the_bank_flat(bank: torch.Tensor) -> None:
    projected = TextProjection(bank, 1.0)(bank)
    singular = torch.linalg.svdvals(projected - projected.mean(dim=0))
    torch.testing.assert_close(singular[:5], singular[0].expand(5), rtol=1e-3, atol=1e-4)


def test_more_prompts_than_dimensions() -> None:
    bank = torch.randn(30, 8, generator=torch.Generator().manual_seed(0))
    assert TextProjection(bank, 1.0)(bank).isfinite().all()


def test_the_fit_travels_with_the_state(bank: torch.Tensor) -> None:
    fitted, other = TextProjection(bank, 0.5), TextProjection(torch.zeros_like(bank), 0.5)
    other.load_state_dict(fitted.state_dict())
    assert torch.equal(other(bank), fitted(bank))
