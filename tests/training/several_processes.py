"""The run that several processes are to leave, by whichever launcher, and how far it may be from that of one."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.conftest import TINY

STEPS = 4
SETTINGS = (
    *TINY,
    "training.steps=4",
    "training.batch_size=15",
    "objective.views=0.5",
    "data.lead_masking=0.3",
    "training.learning_rate=1e-3",
)
WORDS = ["--preset", "paper-small", *(word for setting in SETTINGS for word in ("--set", setting))]
TOLERANCE = 2e-3
"""Of a weight after four steps of 1e-3: Adam's first steps have the sign of a gradient, which rounding decides where it is nearly 0."""


def assert_same_run(one: Path, two: Path) -> None:
    """Of one process and of two."""
    environment = json.loads((two / "environment.json").read_text())
    assert (environment["processes"], environment["batch_norm"]) == (2, "of all processes")
    logs = [[json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()] for run in (one, two)]
    assert logs[1][0]["loss"] == pytest.approx(logs[0][0]["loss"], rel=1e-5)
    assert logs[1][0]["gradient_norm"] == pytest.approx(logs[0][0]["gradient_norm"], rel=1e-5)
    validated = [[line["validation_macro_auroc"] for line in log if "validation_macro_auroc" in line] for log in logs]
    assert validated[1] == pytest.approx(validated[0], abs=0.05)  # of few ECGs, by such weights
    assert validated[1]
    ours, theirs = (load_file(run / "model" / "model.safetensors") for run in (two, one))
    assert ours.keys() == theirs.keys()
    for name, weights in theirs.items():
        np.testing.assert_allclose(ours[name], weights, rtol=1e-2, atol=TOLERANCE, err_msg=name)
