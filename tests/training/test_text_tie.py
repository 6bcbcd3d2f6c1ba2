"""In a text-tied model a score depends on a finding only through its text vector."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from jaccardio.contrast.banks import TrainingLabels
from jaccardio.contrast.objective import Objective
from jaccardio.evaluation.auroc import auroc
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.config import ModelConfig
from jaccardio.models.create import create_model
from jaccardio.text.random import RandomVectors
from jaccardio.training.config import load_preset

FINDINGS, ECGS, SAMPLES = 6, 512, 64


@cache
def _independent_findings() -> tuple[torch.Tensor, torch.Tensor]:
    """Random signals in which finding j is a step in lead j, and findings come and go independently of each other."""
    random = np.random.default_rng(0)
    labels = (random.random((ECGS, FINDINGS)) < 0.3).astype(np.int8)
    signal = random.normal(0, 0.5, (ECGS, 12, SAMPLES)).astype(np.float32)
    signal[:, :FINDINGS, SAMPLES // 2 :] += 2 * labels[:, :, None]
    return torch.from_numpy(signal), torch.from_numpy(labels)


LEADING = load_preset("jaccardio-small").model.model_dump()


@pytest.mark.parametrize(
    ("statements", "target", "settings"),
    [
        ("findings", "truth", LEADING),
        ("findings", "truth", {"bias": "text", "initial_scale": 20.0}),
        ("captions", "jaccard", {"initial_scale": 20.0}),
    ],
)
def test_permuted_text_vectors_bring_auroc_to_chance(statements: str, target: str, settings: dict[str, Any]) -> None:
    torch.manual_seed(0)
    signal, labels = _independent_findings()
    vocabulary = Vocabulary.load("paper26").subset(range(FINDINGS))
    encoder = RandomVectors()
    config = ModelConfig.model_validate({"embedding": 16, **settings, "width": 4})
    model = create_model(config, vocabulary=vocabulary, text_encoder=encoder)
    objective = Objective(statements, target, "sigmoid")
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    captions = torch.from_numpy(encoder.encode(vocabulary.captions(labels.numpy())))
    train, pool = torch.arange(ECGS // 2), objective.pool(TrainingLabels(labels))
    for step in range(120):
        rows = train[torch.randperm(len(train), generator=torch.Generator().manual_seed(step))[:64]]
        goal, weight = objective.targets(labels[rows], pool.statements.at(pool.against(rows)))
        logits = model.logits(signal[rows], captions[rows]) if statements == "captions" else model.finding_logits(signal[rows])
        optimiser.zero_grad()
        objective(logits, goal, weight).backward()
        optimiser.step()
    model.eval()
    unseen, truth = signal[ECGS // 2 :], labels[ECGS // 2 :].numpy()

    @torch.inference_mode()
    def scores() -> NDArray[np.float32]:
        return np.asarray(model.finding_logits(unseen))

    def macro(values: NDArray[np.float32]) -> float:
        return float(np.mean([auroc(truth[:, finding], values[:, finding]) for finding in range(FINDINGS)]))

    kept, straight = model.prompt_vectors.clone(), scores()
    permuted = []
    for shift in range(1, FINDINGS):
        model.prompt_vectors.copy_(torch.roll(kept, shift, dims=0))
        np.testing.assert_allclose(scores(), np.roll(straight, shift, axis=1), atol=1e-4)
        permuted.append(macro(scores()))
    assert macro(straight) > 0.6
    assert float(np.mean(permuted)) == pytest.approx(0.5, abs=0.05)
