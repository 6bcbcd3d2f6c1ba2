"""The way back from a store's ids to files, where it is given."""

import stat
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jaccardio.cohort.store import Store
from tests.conftest import Command, Hospitals


@pytest.fixture
def ids(jaccardio: Command, hospitals: Hospitals, tmp_path: Path) -> Path:
    """Ids of the second hospital, ingested again under the same key."""
    key, table = hospitals.folder / "patient.key", tmp_path / "ids.csv"
    words = ("ingest", hospitals.folder / "site-b", tmp_path / "store", "--corpus", "manifest", "--fs", 100, "--jobs", 1)
    made = jaccardio(*words, "--patient-key", key, "--id-table", table, "--json")
    assert (made.status, made.json()["id_table"]) == (0, str(table))
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    taken = jaccardio(*words[:2], tmp_path / "other", *words[3:], "--patient-key", key, "--id-table", table)
    assert taken.status == 2
    assert "only way back" in taken.err
    return table


def test_every_command_that_names_ecgs_names_their_files(
    jaccardio: Command, hospitals: Hospitals, trained: Path, run_folder: Path, ids: Path, tmp_path: Path
) -> None:
    paths = dict(line.split(",")[0:3:2] for line in ids.read_text().splitlines()[1:])
    assert all(Path(path).is_file() for path in paths.values())
    found = jaccardio("search", trained, "This ECG shows atrial fibrillation.", "--store", hospitals.away, "--id-table", ids, "--json")
    assert found.status == 0
    assert all(hit["path"] == paths[hit["recording_id"]] for hit in found.json())
    said = jaccardio("search", trained, "This ECG shows atrial fibrillation.", "--store", hospitals.away, "--id-table", ids, "--top", 1)
    assert str(hospitals.folder / "site-b") in said.out
    assert jaccardio("embed", trained, "--store", hospitals.away, "--out", tmp_path / "e.parquet", "--id-table", ids).status == 0
    words = ("evaluate", run_folder, "--store", hospitals.away, "--part", "all", "--out", tmp_path / "evaluated", "--replicates", 20)
    assert jaccardio(*words, "--id-table", ids).status == 0
    for table in (tmp_path / "e.parquet", tmp_path / "evaluated" / "predictions.parquet"):
        columns = pq.read_table(table, columns=["recording_id", "path"]).to_pydict()
        assert columns["path"] == [paths[name] for name in columns["recording_id"]]
    for page in ("report.html", "model_card.md", "metrics.json"):
        assert str(hospitals.folder / "site-b") not in (tmp_path / "evaluated" / page).read_text()


def test_predict_takes_a_recording_id_and_says_that_of_a_file(jaccardio: Command, hospitals: Hospitals, trained: Path, ids: Path) -> None:
    name = str(Store.open(hospitals.away).ids[0])
    by_id = jaccardio("predict", trained, name, "--id-table", ids, "--json")
    assert by_id.status == 0
    [(path, entry)] = by_id.json().items()
    assert entry["recording_id"] == name
    by_file = jaccardio("predict", trained, path, "--id-table", ids)
    assert name in by_file.out
    alone = jaccardio("predict", trained, path, "--json")
    assert "recording_id" not in alone.json()[path]
