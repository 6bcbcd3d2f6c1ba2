"""`jaccardio embed` and `search` over a store."""

from pathlib import Path

import pyarrow.parquet as pq

from tests.conftest import Command, Hospitals


def test_embed(jaccardio: Command, hospitals: Hospitals, trained: Path, tmp_path: Path) -> None:
    done = jaccardio("embed", trained, "--store", hospitals.away, "--out", tmp_path / "features.parquet", "--json")
    assert (done.status, done.json()["records"], done.json()["dimension"]) == (0, 80, 16)
    assert pq.read_table(tmp_path / "features.parquet").num_rows == 80
    for folder in (tmp_path, ".", "/"):
        assert jaccardio("embed", trained, "--store", hospitals.away, "--out", folder).status == 2


def test_search(jaccardio: Command, hospitals: Hospitals, trained: Path) -> None:
    found = jaccardio("search", trained, "--store", hospitals.home, "This ECG shows atrial fibrillation.", "--top", 3, "--json")
    assert (found.status, len(found.json())) == (0, 3)
    assert set(found.json()[0]) == {"recording_id", "similarity", "findings"}
    assert jaccardio("search", trained, "--store", hospitals.home, "x", "--top", 0).status == 2


def test_a_sentence_that_names_nothing_known_is_a_guess(jaccardio: Command, hospitals: Hospitals, trained: Path) -> None:
    guess = jaccardio("search", trained, "--store", hospitals.away, "This ECG shows a wooden table.")
    assert guess.status == 0
    assert "the order is a guess" in guess.err
    for known in ("This ECG shows atrial fibrillation.", "wide QRS", "no AF"):
        assert "guess" not in jaccardio("search", trained, "--store", hospitals.away, known).err
