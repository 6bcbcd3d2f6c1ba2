"""The way back from ids to files: private, outside the store, never over another table."""

import stat
from datetime import date
from pathlib import Path

import pytest

from jaccardio.cohort.corpora.corpus import Source
from jaccardio.cohort.id_table import IdTable, refuse_place, save_id_table
from jaccardio.errors import DataError, UsageError


def source(name: str, path: Path, patient: str = "", site: str = "", day: str = "") -> Source:
    return Source(name, f"p{name}", path, (), (), False, "somewhere", patient_id=patient, site_name=site, day=day)


def test_a_table_leads_from_ids_to_files_and_back(tmp_path: Path) -> None:
    table = tmp_path / "secret" / "ids.csv"
    odd = tmp_path / "Ärzte, a\udcff;b.hea"  # bytes that are no UTF-8 are names of files too
    save_id_table(table, [source("a", tmp_path / "ecg/1.2.3", "00123", "Nord", "2019-05-02"), source("b", odd)])
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    assert table.read_bytes().splitlines()[:2] == [
        b"recording_id,patient_key,path,patient_id,site,date",
        f"a,pa,{tmp_path}/ecg/1.2.3,00123,Nord,2019-05-02".encode(),
    ]
    ids = IdTable.load(table)
    assert (ids.patients, ids.days) == ({"a": ("Nord", "00123")}, {"a": date(2019, 5, 2)})
    assert ids.paths_of(["b", "c", "a"]) == [str(odd), None, str(tmp_path / "ecg/1.2.3")]
    with pytest.raises(DataError, match="that of another store"):
        ids.paths_of(["c", "d"])
    for spelling in ("ecg/1.2.3", "ecg/1.2.3.hea", "ecg/../ecg/1.2.3.DAT"):
        assert ids.id_of(tmp_path / spelling) == "a"
    assert ids.id_of(tmp_path / "ecg/1.2") is None
    assert ids.files([Path("b"), tmp_path / "x.hea"]) == [odd, tmp_path / "x.hea"]


def test_a_place_in_the_store_or_taken_is_refused(tmp_path: Path) -> None:
    store, key = tmp_path / "store", tmp_path / "key.csv"
    (tmp_path / "ids.csv").touch()
    for place, said in (
        (store / "ids.csv", "must not lie in the store"),
        (key, "the key's file"),
        (tmp_path / "ids.csv", "there is a file already"),
        (tmp_path / "ids.parquet", "is a CSV file"),
    ):
        with pytest.raises(UsageError, match=said):
            refuse_place(place, store, key)
    refuse_place(tmp_path / "new.csv", store, key)


@pytest.mark.parametrize("text", ["", "recording_id,path\n", "path,patient_id\na,1\n", "recording_id,path\na\n", 'recording_id,path\n"a'])
def test_other_files_are_no_tables_of_ids(tmp_path: Path, text: str) -> None:
    (tmp_path / "ids.csv").write_text(text)
    with pytest.raises(DataError, match="not a table of ids"):
        IdTable.load(tmp_path / "ids.csv")
    with pytest.raises(UsageError, match="no such table"):
        IdTable.load(tmp_path / "absent.csv")
