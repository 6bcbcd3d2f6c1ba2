"""`torchrun -m jaccardio train`: two processes leave the run that one would."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from jaccardio.training.config import load_preset
from jaccardio.training.loop import train
from tests.conftest import SETTINGS, TINY, Hospitals

STEPS = 4
MORE = ("training.steps=4", "training.batch_size=15", "objective.views=0.5", "data.lead_masking=0.3", "training.learning_rate=1e-3")
TOLERANCE = 2e-3
"""Of a weight after four steps of 1e-3: Adam's first steps have the sign of a gradient, which rounding decides where it is nearly 0."""


def test_two_processes_train_the_run_of_one(hospitals: Hospitals, tmp_path: Path) -> None:
    from jaccardio.cohort.split import load_split
    from jaccardio.cohort.store import Store

    store = Store.open(hospitals.home)
    split = load_split(store)
    assert split is not None
    train(store, split, load_preset("paper-small", (*TINY, *MORE)), tmp_path / "one", device="cpu")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "jaccardio", "train", "--json"]
    words = ["--store", str(hospitals.home), "--out", str(tmp_path / "two"), "--preset", "paper-small", *SETTINGS]
    words += [word for setting in MORE for word in ("--set", setting)]
    done = subprocess.run([*launch, *words], capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=600)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] == STEPS  # one document: only the first process speaks
    environment = json.loads((tmp_path / "two" / "environment.json").read_text())
    assert (environment["processes"], environment["batch_norm"]) == (2, "of all processes")
    logs = [[json.loads(line) for line in (tmp_path / name / "log.jsonl").read_text().splitlines()] for name in ("one", "two")]
    assert logs[1][0]["loss"] == pytest.approx(logs[0][0]["loss"], rel=1e-5)
    assert logs[1][0]["gradient_norm"] == pytest.approx(logs[0][0]["gradient_norm"], rel=1e-5)
    one, two = (load_file(tmp_path / name / "model" / "model.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name, weights in one.items():
        np.testing.assert_allclose(two[name], weights, rtol=1e-2, atol=TOLERANCE, err_msg=name)
