"""SPH: AHA statements as the codes that vocabularies know. Layout from documentation."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from jaccardio.cohort.corpora.corpus import Rejection
from jaccardio.cohort.corpora.sph import open_sph
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.findings.vocabulary import Vocabulary

from . import layouts


def test_a_store_of_it(tmp_path: Path) -> None:
    folder = layouts.sph(tmp_path / "sph")
    report = ingest(folder, tmp_path / "store", corpus="sph", vocabulary="ptbxl71", sampling_rate=100.0)
    assert (report.stored, report.patients, report.rejected) == (3, 2, ())
    store = Store.open(tmp_path / "store")
    labels = {code: store.labels[:, column].tolist() for column, code in enumerate(store.vocabulary.codes)}
    assert (labels["SBRAD"], labels["PVC"], labels["AFIB"]) == ([1, 0, 0], [1, 0, 0], [0, 1, 0])
    assert (labels["INVT"], labels["NORM"]) == ([0, 1, 0], [0, 0, 1])
    assert labels["CLBBB"] == [-1] * 3, "nobody here ever states it"
    assert (store.records["year"].tolist(), store.records["sex"].tolist()) == ([2020] * 3, ["male"] * 3)
    assert store.windows_per_record.tolist() == [1, 2, 1]


@pytest.mark.parametrize("cell", ["", "Erika Mustermann", "22;x", "1+"])
def test_codes_that_are_none(tmp_path: Path, cell: str) -> None:
    folder = layouts.sph(tmp_path)
    table = folder / "metadata.csv"
    table.write_text(table.read_text().replace("22;60+310", cell))
    first, *others = open_sph(folder, None, 100.0, Vocabulary.load("paper26")).entries
    assert isinstance(first, Rejection)
    assert "AHA_Code" in first.reason
    assert "Mustermann" not in str(first)
    assert not any(isinstance(entry, Rejection) for entry in others)


def test_a_damaged_file_stops_nothing(tmp_path: Path) -> None:
    folder = layouts.sph(tmp_path / "sph")
    (folder / "records/A00001.h5").write_bytes(b"\x89HDF\r\n\x1a\n damaged")
    with h5py.File(folder / "records/A00002.h5", "w") as file:
        file["ecg"] = np.zeros((12, 2_000_000), dtype=np.float16)
    (folder / "records/A00003.h5").rename(folder / "records/gone")
    arguments = {"corpus": "sph", "vocabulary": "paper26", "sampling_rate": 100.0}
    assert len(ingest(folder, tmp_path / "store", **arguments, dry_run=True).rejected) == 3  # type: ignore[arg-type]
    with pytest.raises(DataError, match="3 were refused"):
        ingest(folder, tmp_path / "store", **arguments)  # type: ignore[arg-type]
