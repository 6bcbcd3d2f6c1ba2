"""synth, ingest, relabel, split, inspect: what they write, print and refuse."""

from pathlib import Path

import pytest

from jaccardio.cohort.store import Store
from tests.conftest import Command, Hospitals


def test_from_simulated_hospital_to_split(jaccardio: Command, tmp_path: Path) -> None:
    made = jaccardio("synth", tmp_path / "h", "--records", 40, "--sites", 2, "--seed", 3, "--fs", 100, "--jobs", 1, "--json")
    assert made.status == 0
    assert [site["records"] for site in made.json()["sites"]] == [40, 13]
    assert made.json()["simulated"] is True
    store, key = tmp_path / "store", tmp_path / "keys" / "patient.key"
    words = ("ingest", tmp_path / "h" / "site-a", store, "--corpus", "manifest", "--patient-key", key, "--fs", 100, "--jobs", 1)
    ingested = jaccardio(*words, "--json")
    document = ingested.json()
    assert (ingested.status, document["stored"], document["rejected"]) == (0, 40, [])
    assert document["findings"]["low_ef"]["present"] + document["findings"]["low_ef"]["absent"] < 40
    assert key.stat().st_mode & 0o777 == 0o600
    again = jaccardio(*words)
    assert again.status == 0
    assert "40 ECGs were in the store before and were not read again" in again.out
    assert "leads recorded" not in again.out
    other = jaccardio(*words, "--vocabulary", "ptbxl71")
    assert other.status == 2
    assert "there is a store already, made with another --vocabulary: paper26." in other.err
    cut = jaccardio("split", store, "--fractions", "0.5,0.25,0.25", "--seed", 1, "--json")
    assert cut.status == 0
    assert sum(cut.json()["parts"].values()) == 40
    assert len(cut.json()["audit"]) == 26
    assert (store / "split.json").exists()
    assert not list((tmp_path / "h").rglob("store*"))


def test_without_a_key_file_one_is_made_beside_the_store(jaccardio: Command, hospitals: Hospitals, tmp_path: Path) -> None:
    done = jaccardio("ingest", hospitals.folder / "site-b", tmp_path / "store", "--corpus", "manifest", "--fs", 100, "--json")
    key = tmp_path / "store.patient-key"
    assert (done.status, done.json()["patient_key"]) == (0, str(key))
    assert key.stat().st_mode & 0o777 == 0o600
    inside = jaccardio(
        "ingest", hospitals.folder / "site-b", tmp_path / "other", "--corpus", "manifest", "--patient-key", tmp_path / "other" / "key"
    )
    assert inside.status == 2
    assert not (tmp_path / "other").exists()


def test_a_split_by_folds_that_are_not_there_is_a_usage_error(jaccardio: Command, store: Path) -> None:
    before = (store / "split.json").read_bytes()
    refused = jaccardio("split", store, "--validation-fold", 9, "--test-fold", 10)
    assert (refused.status, refused.out) == (2, "")
    assert "have no fold" in refused.err
    assert jaccardio("split", store, "--validation-fold", 9).status == 2
    assert jaccardio("split", store, "--validation-fold", 9, "--test-fold", 10, "--fractions", "0.7,0.1,0.2").status == 2
    assert jaccardio("split", store, "--fractions", "0.7,0.7,0.2").status == 2
    assert (store / "split.json").read_bytes() == before


def test_relabel(jaccardio: Command, store: Path) -> None:
    done = jaccardio("relabel", store, "--vocabulary", "ptbxl71", "--json")
    assert done.status == 0
    assert done.json()["vocabulary"] == "ptbxl71"
    assert Store.open(store).vocabulary.name == "ptbxl71"
    assert jaccardio("relabel", store, "--vocabulary", "nothing").status == 2


def test_inspect(jaccardio: Command, ecgs: list[Path], tmp_path: Path) -> None:
    seen = jaccardio("inspect", ecgs[0], "--plot", tmp_path / "paper.png", "--json")
    document = seen.json()
    assert (seen.status, document["sampling_rate"], document["samples"], document["flags"]) == (0, 100.0, 1000, ["simulated"])
    assert [lead["lead"] for lead in document["leads"]][:4] == ["I", "II", "III", "aVR"]
    assert (tmp_path / "paper.png").read_bytes().startswith(b"\x89PNG")
    assert "12 leads" not in seen.out
    assert jaccardio("inspect", ecgs[0], "--plot", tmp_path / "paper.png").status == 0
    refused = jaccardio("inspect", ecgs[1], "--plot", tmp_path / "paper.png")
    assert (refused.status, refused.out) == (2, "")
    assert "not a picture of this ECG" in refused.err
    for suffix in (".dat", ""):
        assert jaccardio("inspect", ecgs[0].with_suffix(suffix)).status == 0
    assert jaccardio("inspect", ecgs[0], "--plot", tmp_path / "paper.gif").status == 2
    assert jaccardio("inspect", tmp_path / "absent.hea").status == 3


def test_a_dry_run_prints_what_would_be_stored_and_how_words_were_read(jaccardio: Command, hospitals: Hospitals, tmp_path: Path) -> None:
    folder = hospitals.folder / "site-b"
    table = folder / "clinic.tsv"
    table.write_text("path\tpatient_id\taf\tward\nrecords/000/r00001.hea\t1\tja\tNotaufnahme\nrecords/none\t\tnein\t\n")
    words = ("ingest", table, tmp_path / "store", "--corpus", "manifest", "--fs", 100)
    refused = jaccardio(*words, "--dry-run")
    assert (refused.status, refused.out) == (3, "")
    assert "column ward: no known column" in refused.err
    assert "--drop ward" in refused.err
    done = jaccardio(*words, "--dry-run", "--drop", "ward")
    table.unlink()
    assert done.status == 1  # a record is not there
    for said in (
        "1 ECGs of 1 patients would be stored",
        "rejected",
        "(records/none)",
        "column af: 'ja' 1 -> present, 'nein' 1 -> absent",
        "columns left out: ward",
        "column patient_id: 1 of 2 cells are empty",
        "af: 1 present, 0 absent, 0 unknown",
    ):
        assert said in done.out
    assert "leads recorded" not in done.out  # no signal was read
    assert "Notaufnahme" not in done.out + done.err + refused.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        ("--corpus", "nothing"),
        ("--corpus", "manifest", "--patient-key", "{key}", "--vocabulary", "nothing"),
        ("--corpus", "manifest", "--patient-key", "{key}", "--fs", "0"),
        ("--corpus", "manifest", "--patient-key", "{key}", "--fs", "nan"),
        ("--corpus", "manifest", "--patient-key", "{key}", "--jobs", "0"),
        ("--corpus", "ptbxl", "--fs", "100"),
        (),
    ],
)
def test_usage_errors_of_ingest(jaccardio: Command, hospitals: Hospitals, tmp_path: Path, options: tuple[str, ...]) -> None:
    words = [word.format(key=hospitals.folder / "patient.key") for word in options]
    refused = jaccardio("ingest", hospitals.folder / "site-a", tmp_path / "store", *words)
    assert (refused.status, refused.out) == (2, "")
    assert refused.err
    assert not list(tmp_path.iterdir())


def test_a_path_that_is_a_file_is_a_usage_error(jaccardio: Command, hospitals: Hospitals, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("taken")
    for store in (tmp_path / "file", tmp_path / "file" / "store"):
        words = ("ingest", hospitals.folder / "site-b", store, "--corpus", "manifest", "--patient-key", hospitals.folder / "patient.key")
        assert jaccardio(*words).status == 2
    assert (tmp_path / "file").read_text() == "taken"
