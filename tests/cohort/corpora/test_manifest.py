"""A hospital's own table: both ways to write findings, ids, and messages that quote no cell."""

from pathlib import Path

import pytest

from jaccardio.cohort.corpora.corpus import Source
from jaccardio.cohort.corpora.manifest import Manifest
from jaccardio.cohort.pseudonyms import pseudonym
from jaccardio.errors import DataError, UsageError
from jaccardio.findings.vocabulary import Vocabulary

KEY = b"k" * 32
PAPER26 = Vocabulary.load("paper26")


def create(folder: Path, text: str, name: str = "manifest.csv") -> Manifest:
    path = folder / name
    path.write_text(text, "utf-8")
    return Manifest.open(path, KEY, 500.0, PAPER26)


def read(folder: Path, text: str, name: str = "manifest.csv") -> list[Source]:
    return [source for source in create(folder, text, name).sources() if isinstance(source, Source)]


def test_a_row_becomes_a_source(tmp_path: Path) -> None:
    header = "path,patient_id,fold,site,date,age,sex,findings"
    (source,) = read(tmp_path, f"{header}\necg/00123.hea,00123,2,North,2019-05-02,93,F,af; Complete Right Bundle Branch Block |af\n")
    assert source == Source(
        recording_id=pseudonym(KEY, "record", "North\n00123\necg/00123"),
        patient_key=pseudonym(KEY, "patient", "00123"),
        path=tmp_path / "ecg/00123",
        present=("finding:af", "finding:crbbb"),
        absent=(),
        closed=True,
        database="North",
        fold=2,
        site="North",
        age=90.0,
        sex="female",
        year=2019,
    )


def test_one_column_per_finding(tmp_path: Path) -> None:
    one, two = read(tmp_path, "path,patient_id,af,心室期外収縮,low_ef\na,1,1,0,\nb,1,,,\n")
    assert (one.present, one.absent, one.closed) == (("finding:af",), ("finding:vpc",), False)
    assert (two.present, two.absent, two.closed) == ((), (), False)
    assert create(tmp_path, "path,patient_id,af\na,1,1\n").annotated == {"manifest": frozenset()}


def test_list_column_empty_is_unknown_and_none_is_absent(tmp_path: Path) -> None:
    text = "path,patient_id,site,findings\na,1,N,af;vpc\nb,2,S,\nc,3,N,None\n"
    assert [(source.present, source.closed) for source in read(tmp_path, text)] == [
        (("finding:af", "finding:vpc"), True),
        ((), False),
        ((), True),
    ]
    listed = frozenset({"finding:af", "finding:vpc"})
    assert create(tmp_path, text).annotated == {"N": listed, "S": frozenset()}


def test_without_findings_everything_is_unknown(tmp_path: Path) -> None:
    (source,) = read(tmp_path, "path,patient_id\na,1\n")
    assert (source.present, source.absent, source.closed) == ((), (), False)


def test_tsv_with_byte_order_mark(tmp_path: Path) -> None:
    (source,) = read(tmp_path, "\ufeffpath\tpatient_id\tfindings\na\t007\taf\n", "manifest.tsv")
    assert source.patient_key == pseudonym(KEY, "patient", "007")
    assert source.present == ("finding:af",)


def test_a_record_without_patient_is_its_own_patient(tmp_path: Path) -> None:
    one, two = read(tmp_path, "path,patient_id\na,\nb,\n")
    assert one.patient_key == one.recording_id != two.patient_key


def test_ids_are_stable_across_folders_and_spellings(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (one,) = read(tmp_path, "path,patient_id\n./x/a.hea,1\n")
    (two,) = read(tmp_path / "copy", "path,patient_id\nx\\a,1\n")
    assert (one.recording_id, one.patient_key) == (two.recording_id, two.patient_key)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("path,patient_id\n\n", "lists no recording"),
        ("path\na\n", "column patient_id is missing"),
        ("path,patient_id,age,age\na,1,2,3\n", "two columns"),
        ("path,patient_id\na,1,2\n", "row 2: 3 cells"),
        ("path,patient_id\n,1\n", "row 2, column path: empty"),
        ("path,patient_id\na,1\na.hea,2\n", "row 3, column path: the same recording as in row 2"),
        ("path,patient_id\n../Secret,1\n", "row 2, column path: leads out"),
        ("path,patient_id\n/Secret,1\n", "row 2, column path: leads out"),
        ("path,patient_id\nC:\\Secret,1\n", "row 2, column path: leads out"),
        ("path,patient_id,findings\na,1,af; atrial fibrilation Secret\n", r"row 2, column findings: item 2 .* did you mean af"),
        ("path,patient_id,findings\na,1,af;none\n", "none beside findings"),
        ("path,patient_id,inverted\na,1,1\n", "row 1, column inverted: .*did you mean inverted_t"),
        ("path,patient_id,af,atrial fibrillation\na,1,1,1\n", "af has two columns"),
        ("path,patient_id,af\na,1,Secret\n", "row 2, column af: neither 1"),
        ("path,patient_id,fold\na,1,x\n", "row 2, column fold"),
        ("path,patient_id,fold\na,Secret,1\nb,Secret,2\n", "row 3, column fold: fold 2, but the patient's ECG in row 2 is in fold 1"),
        ("path,patient_id,date\na,1,02.05.Secret\n", "row 2, column date"),
        ("path,patient_id,age\na,1,Secret\n", "row 2, column age"),
        ("path,patient_id,sex\na,1,Secret\n", "row 2, column sex"),
    ],
)
def test_refusals_name_row_and_column_and_quote_no_cell(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        create(tmp_path, text)
    assert "Secret" not in str(caught.value)


def test_findings_in_both_ways_are_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="keep one of the two"):
        create(tmp_path, "path,patient_id,findings,af\na,1,af,1\n")


def test_a_key_is_needed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--patient-key"):
        Manifest.open(tmp_path / "manifest.csv", None, 500.0, PAPER26)


def test_a_table_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(DataError, match="UTF-8"):
        Manifest.open(tmp_path / "manifest.csv", KEY, 500.0, PAPER26)


def test_a_folder_means_the_manifest_in_it(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("path,patient_id,af\na,1,1\n", "utf-8")
    assert Manifest.open(tmp_path, KEY, 500.0, PAPER26) == Manifest.open(tmp_path / "manifest.csv", KEY, 500.0, PAPER26)


def test_equal_paths_at_two_hospitals_are_two_records_and_equal_patients_stay_one(tmp_path: Path) -> None:
    north, south = read(tmp_path, "path,patient_id,site,af\na,1,north,1\nb,1,south,1\n")
    (other,) = read(tmp_path, "path,patient_id,site,af\na,1,south,1\n", "other.csv")
    assert north.recording_id != other.recording_id
    assert north.patient_key == south.patient_key == other.patient_key


def test_what_a_site_never_lists_is_not_annotated_there(tmp_path: Path) -> None:
    corpus = create(tmp_path, "path,patient_id,site,findings\na,1,north,af;lae\nb,2,south,af\nc,3,south,none\n")
    assert corpus.annotated == {"north": frozenset({"finding:af", "finding:lae"}), "south": frozenset({"finding:af"})}
