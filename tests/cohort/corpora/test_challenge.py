"""Challenge headers: diagnoses in every dialect, databases by record name."""

from pathlib import Path

import pytest

from jaccardio.cohort.corpora.challenge import database_of, open_challenge, read_diagnoses
from jaccardio.cohort.corpora.corpus import Rejection, Source, SourceOptions
from jaccardio.cohort.pseudonyms import Pseudonyms
from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary

KEY = b"k" * 32


def write(folder: Path, record: str, *comments: str) -> None:
    folder.mkdir(exist_ok=True)
    lines = [f"{record} 1 500 5000", f"{record}.mat 16+24 1000/mV 16 0 0 0 0 I", *comments]
    (folder / f"{record}.hea").write_text("\n".join(lines) + "\n")


def read(folder: Path) -> list[Source | Rejection]:
    return list(open_challenge(folder, None, 500.0, Vocabulary.load("paper26")).entries)


@pytest.mark.parametrize(
    "comments", [("#Age: 47", "#Sex: Male", "#Dx: 713426002,AF"), ("# Age: 47", "# Sex: M", "# Dx: 713426002, 164889003,AF")]
)
def test_a_header_becomes_a_source(tmp_path: Path, comments: tuple[str, ...]) -> None:
    write(tmp_path, "E00015", *comments)
    assert read(tmp_path) == [
        Source(
            recording_id="challenge:E00015",
            patient_key="challenge:E00015",
            path=tmp_path / "E00015.hea",
            present=("snomed:713426002", "snomed:164889003"),
            absent=(),
            closed=True,
            database="georgia",
            age=47.0,
            sex="male",
        )
    ]


@pytest.mark.parametrize("comments", [(), ("#Dx:",), ("#Dx: Unknown",), ("#Age: NaN", "#Sex: Unknown", "#Dx: ,")])
def test_without_diagnoses_everything_is_unknown(tmp_path: Path, comments: tuple[str, ...]) -> None:
    write(tmp_path, "E00015", *comments)
    (source,) = read(tmp_path)
    assert isinstance(source, Source)
    assert (source.present, source.closed, source.age, source.sex) == ((), False, None, None)


def test_several_lines_of_diagnoses_are_one_list(tmp_path: Path) -> None:
    write(tmp_path, "E00015", "#Dx: 713426002", "#Age: 47", "# Dx: 164889003,AF", "#Dx:")
    (source,) = read(tmp_path)
    assert isinstance(source, Source)
    assert (source.present, source.closed, source.age) == (("snomed:713426002", "snomed:164889003"), True, 47.0)


@pytest.mark.parametrize("cell", ["164889003, 164909002", "164889003;164909002", "164889003|LBBB", "164889003\t 164909002 "])
def test_separators_of_diagnoses(cell: str) -> None:
    assert read_diagnoses(cell) == (("snomed:164889003", "snomed:164909002"), True)


def test_what_is_in_no_table_is_listed_and_opens_the_list() -> None:
    assert read_diagnoses("af,LBBB") == (("snomed:164889003", "snomed:164909002"), True)
    assert read_diagnoses("AF,XYZ,MUELLER") == (("snomed:164889003", "abbreviation:other"), False)
    assert read_diagnoses("AF,19310417") == (("snomed:164889003", "snomed:other"), False)
    assert read_diagnoses("seen by Dr. Somebody, AF") == (("abbreviation:free-text", "snomed:164889003"), False)


@pytest.mark.parametrize(
    ("record", "database"),
    [
        ("A0001", "cpsc_2018"),
        ("Q0001", "cpsc_2018_extra"),
        ("I0001", "st_petersburg"),
        ("S0001", "ptb"),
        ("HR00001", "ptb_xl"),
        ("E00001", "georgia"),
        ("JS10646", "chapman_shaoxing"),
        ("JS10647", "ningbo"),
        *((record, "challenge") for record in ("HRX", "A12345", "1000001", "00001_lr")),
    ],
)
def test_databases_by_record_name(record: str, database: str) -> None:
    assert database_of(record) == database


def test_the_copy_of_ptbxl_leaves_open_which_left_axis_was_meant(tmp_path: Path) -> None:
    for record in ("HR00001", "E00015"):
        write(tmp_path, record, "#Dx: 39732003,164889003")
    georgia, copy = read(tmp_path)
    assert isinstance(georgia, Source)
    assert isinstance(copy, Source)
    assert georgia.present == ("snomed:39732003", "snomed:164889003")
    assert copy.present == ("axis:LAD-unstated", "snomed:164889003")


def test_every_database_has_its_annotated_codes(tmp_path: Path) -> None:
    write(tmp_path, "E00015")
    annotated = open_challenge(tmp_path, None, 500.0, Vocabulary.load("paper26")).annotated
    assert "snomed:164889003" in annotated["georgia"]
    assert annotated["challenge"] == frozenset()
    assert len(annotated) == 9


def test_a_broken_header_is_rejected_alone(tmp_path: Path) -> None:
    write(tmp_path, "E00015", "#Dx: AF")
    (tmp_path / "E00014.hea").write_text("version https://git-lfs.github.com/spec/v1\n")
    bad, good = read(tmp_path)
    assert isinstance(bad, Rejection)
    assert bad.reported().record == "challenge:E00014 (E00014.hea)"
    assert bad.reason.startswith("header: a Git LFS pointer")
    assert isinstance(good, Source)


def test_segments_are_read_with_their_record(tmp_path: Path) -> None:
    for record in ("E00015", "E00016", "e00015_1", "E00015_2"):
        write(tmp_path, record)
    (tmp_path / "E00015.hea").write_text("E00015/2 1 500 10000\nE00015_1 5000\nE00015_2 5000\n# Dx: AF\n")
    whole, other = read(tmp_path)
    assert isinstance(whole, Source)
    assert isinstance(other, Source)
    assert (whole.recording_id, whole.present) == ("challenge:E00015", ("snomed:164889003",))
    assert other.recording_id == "challenge:E00016"


def test_of_one_record_name_twice_the_first_is_taken_and_the_others_are_listed(tmp_path: Path) -> None:
    for folder, record in (("a", "E00015"), ("b", "E00015"), ("c", "E00015"), ("c", "E00016")):
        write(tmp_path / folder, record)
    first, second, third, other = read(tmp_path)
    assert isinstance(first, Source)
    assert first.path == tmp_path / "a" / "E00015.hea"
    assert isinstance(second, Rejection)
    assert isinstance(third, Rejection)
    assert (second.record, second.file) == ("challenge:E00015", "b/E00015.hea, the name of a/E00015.hea")
    assert third.file.startswith("c/E00015.hea")
    assert isinstance(other, Source)


def test_records_of_other_names_have_pseudonyms_and_leave_no_name_behind(tmp_path: Path) -> None:
    write(tmp_path / "Ward Mueller", "E00015", "#Dx: AF")
    write(tmp_path / "Ward Mueller", "mueller_19310417", "#Dx: AF,19310417", "#Dx: Dr. Mueller")
    write(tmp_path / "Ward Mueller", "mueller_19310418")
    (tmp_path / "Ward Mueller" / "mueller_19310418.hea").write_text("mueller 12\n")
    with pytest.raises(UsageError, match="--patient-key"):
        read(tmp_path)
    vocabulary = Vocabulary.load("paper26")
    corpus = open_challenge(tmp_path, KEY, 500.0, vocabulary, SourceOptions(site="Nord"))
    assert corpus.pseudonymous
    assert corpus.notes == ("2 of 3 records are not named as the Challenge's; their ids are pseudonyms",)
    public, hidden, broken = corpus.entries
    assert isinstance(public, Source)
    assert (public.recording_id, public.site) == ("challenge:E00015", None)
    assert isinstance(hidden, Source)
    assert hidden.recording_id == hidden.patient_key == Pseudonyms(KEY).record("Nord", "", "mueller_19310417")
    assert hidden.site == Pseudonyms(KEY).site("Nord")
    assert hidden.present == ("snomed:164889003", "snomed:other", "abbreviation:free-text")
    assert isinstance(broken, Rejection)
    stored = f"{broken.record} {broken.reason}".casefold()
    assert "mueller" not in stored
    assert "ward" not in stored
    _, other, _ = open_challenge(tmp_path, KEY, 500.0, vocabulary).entries
    assert isinstance(other, Source)
    assert other.recording_id != hidden.recording_id


def test_several_dx_lines_are_one_list(tmp_path: Path) -> None:
    write(tmp_path, "E00015", "#Dx: AF", "#Age: 47", "#Dx: 164909002")
    (source,) = read(tmp_path)
    assert isinstance(source, Source)
    assert source.present == ("snomed:164889003", "snomed:164909002")


def test_real_records(real_data: Path) -> None:
    sources = read(real_data / "cinc2021")
    assert len(sources) == 78
    assert all(isinstance(source, Source) and source.closed and source.age is not None for source in sources)
