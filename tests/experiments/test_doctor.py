import shutil
from pathlib import Path

import numpy as np
import pytest

from jaccardio.checksums import seal
from jaccardio.errors import DataError
from jaccardio.evaluation.table import Table
from jaccardio.experiments.doctor import examine
from jaccardio.experiments.score_cache import cached_table
from jaccardio.report.results import table_document, write_results
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


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _wrong(path: Path) -> list[str]:
    return [check.what for check in examine(path) if not check.ok]


def test_members_of_an_ensemble_are_checked(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "run")
    shutil.copytree(trained, tmp_path / "run/members/seed-1")
    assert _wrong(tmp_path / "run") == []
    _flip(tmp_path / "run/members/seed-1/model/model.safetensors")
    assert _wrong(tmp_path / "run") == ["members/seed-1: model"]


@pytest.mark.parametrize(
    ("damaged", "what"),
    [
        ("out/results.json", "results"),
        ("out/one-1.png", "results"),
        ("out/scores/manifest.json", "scores: files"),
        ("out/scores/a.parquet", "scores: files"),
        ("out/runs/0.3-0/a/split.json", "runs/0.3-0/a: run"),
    ],
)
def test_whatever_of_a_study_has_a_sha256_is_checked(trained: Path, tmp_path: Path, damaged: str, what: str) -> None:
    out, ids = tmp_path / "out", np.array(["x"])
    cached_table(out / "scores/a.parquet", ids, ["s"], lambda: (ids, np.ones((1, 1))))
    shutil.copytree(trained, out / "runs/0.3-0/a")
    table = seal(table_document(out, "one", Table("One", plots={"A plot": b"png" * 100})))
    write_results(out, {"one": table}, title="A study", facts={})
    assert [check.what for check in examine(out)][:2] == ["results", "runs/0.3-0/a: run"]
    assert _wrong(out) == []
    assert _wrong(out / "scores") == []
    _flip(tmp_path / damaged)
    assert what in _wrong(out)


def test_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    for folder in (tmp_path, tmp_path / "runs"):
        with pytest.raises(DataError, match=r"neither a store.*manifest\.json of jaccardio, or a study"):
            examine(folder)
