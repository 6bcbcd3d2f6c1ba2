import shutil
from pathlib import Path

import pytest

from jaccardio.errors import DataError
from jaccardio.experiments.doctor import examine
from tests.conftest import Hospitals


def test_a_sound_store_run_and_model_are_well(hospitals: Hospitals, trained: Path) -> None:
    for path in (hospitals.home, trained, trained / "model"):
        checks = examine(path)
        assert checks
        assert all(check.ok for check in checks), checks


def test_damage_is_found_and_named(hospitals: Hospitals, trained: Path, tmp_path: Path) -> None:
    shutil.copytree(hospitals.home, tmp_path / "store")
    shard = tmp_path / "store" / "shards" / "shard-00000.i16"
    data = bytearray(shard.read_bytes())
    data[1000] ^= 1
    shard.write_bytes(data)
    assert any("shard-00000" in check.found for check in examine(tmp_path / "store") if not check.ok)

    shutil.copytree(trained, tmp_path / "run")
    newest = max((tmp_path / "run" / "checkpoints").glob("step-*.safetensors"))
    newest.write_bytes(newest.read_bytes()[:-1])
    (tmp_path / "run" / "training.json").unlink()
    wrong = {check.what: check.found for check in examine(tmp_path / "run") if not check.ok}
    assert newest.stem in wrong["checkpoints"]
    assert "--resume" in wrong["model"]


def test_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither a store"):
        examine(tmp_path)
