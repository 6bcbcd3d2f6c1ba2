"""MIMIC-IV-ECG: statements through the glossary, the cart's measurements in place of ours. Layout from documentation."""

from pathlib import Path

import pytest

from jaccardio.cohort.corpora.mimic import REPORTS, TIMES, _statements, open_mimic
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.measure import MEASUREMENTS

from . import layouts


def test_a_store_of_it(tmp_path: Path) -> None:
    folder = layouts.mimic(tmp_path / "mimic")
    report = ingest(folder, tmp_path / "store", corpus="mimic", vocabulary="ptbxl71", sampling_rate=100.0)
    assert (report.stored, report.patients, report.rejected, report.key_file) == (4, 3, (), None)
    assert report.notes == ("2 of 3 reports were read whole; in the others what is not stated is unknown, not absent",)
    store = Store.open(tmp_path / "store")
    labels = {code: store.labels[:, column].tolist() for column, code in enumerate(store.vocabulary.codes)}
    assert labels["SR"] == [1, 0, 1, -1]
    assert labels["PVC"] == [1, 0, -1, -1], "a report that was not read whole denies nothing"
    assert labels["AFIB"] == [0, 1, -1, -1]
    assert labels["IMI"] == [0, -1, -1, -1], "possible is neither present nor absent"
    assert (labels["CRBBB"], labels["LAFB"], labels["LVH"]) == ([1, 0, -1, -1], [1, 0, -1, -1], [0, 0, 1, -1])
    assert labels["NORM"] == [-1] * 4, "these carts never say so here"
    values = dict(zip(MEASUREMENTS, store.measurements.T.tolist(), strict=True))
    assert values["heart_rate"][:2] == [75, 120]
    assert (values["pr_interval"][0], values["p_duration"][0]) == (160, 100)
    assert values["qrs_duration"][:2] == [120, 90]
    assert (values["qrs_axis"][0], values["axis_angle"][0]) == (-60, 130)
    assert values["qt_interval"][0] == 400
    assert 40 < values["heart_rate"][2] < 150, "where the cart measured nothing, ours stand"
    assert store.report_phrases[3] is None
    text = f"{store.records.to_csv()}{store.manifest}".casefold()
    assert "dorfmeister" not in text
    assert "2180" not in text


def test_the_statement_of_a_doubt_leaves_open(tmp_path: Path) -> None:
    read = _statements(["Possible left atrial abnormality", "Possible anterior infarct - age undetermined", "Normal ECG"])
    assert (read.present, read.closed) == (("open:scp:LAO/LAE", "open:scp:AMI", "scp:NORM"), True)
    assert not _statements(["Atrial fibrillation or flutter", "Sinus rhythm"]).closed
    assert not _statements(["Possible anterior infarct with lateral infarct"]).present, "the doubt may mean both"


def test_tables_that_are_others(tmp_path: Path) -> None:
    folder = layouts.mimic(tmp_path)
    table = folder / "record_list.csv"
    whole = table.read_text()
    table.write_text(whole.replace("files/p1000/p10000001/s40000001", "../elsewhere"))
    entries = list(open_mimic(folder, None, 500.0, Vocabulary.load("paper26")).entries)
    assert "column path" in entries[0].reason  # type: ignore[union-attr]
    table.write_text(whole.replace("40000001,40000001", "Erika Mustermann,40000001"))
    with pytest.raises(DataError, match="row 2, column study_id: not an id") as error:
        open_mimic(folder, None, 500.0, Vocabulary.load("paper26"))
    assert "Mustermann" not in str(error.value)
    (folder / "machine_measurements.csv").write_text(",".join(("study_id", *REPORTS, *TIMES[1:])) + "\n")
    with pytest.raises(DataError, match="rr_interval"):
        open_mimic(folder, None, 500.0, Vocabulary.load("paper26"))
    (folder / "machine_measurements.csv").unlink()
    with pytest.raises(UsageError, match="no such file"):
        open_mimic(folder, None, 500.0, Vocabulary.load("paper26"))
