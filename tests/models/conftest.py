"""A vocabulary of three findings and a text encoder that needs no download."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.findings.vocabulary import Finding, Vocabulary


class FixedEncoder:
    """Gaussian vectors around a common direction, one per sentence: nearly parallel, as those of language models are."""

    name = "fixed"
    dimension = 16
    fingerprint = "fixed-1"

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        common = np.random.default_rng(0).normal(size=self.dimension) * 3
        seeds = [sum(sentence.encode()) for sentence in sentences]
        return np.stack([common + np.random.default_rng(seed).normal(size=self.dimension) for seed in seeds]).astype(np.float32)


@pytest.fixture
def vocabulary() -> Vocabulary:
    findings = tuple(
        Finding(code, {"en": name}) for code, name in (("af", "Atrial fibrillation"), ("lvh", "Hypertrophy"), ("vpc", "Ectopy"))
    )
    return Vocabulary(
        "three", "Three findings", findings, {"en": "This ECG shows {findings}."}, {"en": "This ECG shows no listed finding."}
    )


@pytest.fixture
def text_encoder() -> FixedEncoder:
    return FixedEncoder()
