"""`torchrun -m jaccardio train`: two processes leave the run that one would."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import Hospitals
from tests.training.several_processes import STEPS, WORDS, assert_same_run


def test_two_processes_train_the_run_of_one(hospitals: Hospitals, run_of_one: Path, tmp_path: Path) -> None:
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "jaccardio", "train", "--json"]
    words = ["--store", str(hospitals.home), "--out", str(tmp_path / "two"), *WORDS]
    done = subprocess.run([*launch, *words], capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=600)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] == STEPS  # one document: only the first process speaks
    assert_same_run(run_of_one, tmp_path / "two")
