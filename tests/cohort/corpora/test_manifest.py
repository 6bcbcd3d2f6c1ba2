"""A hospital's own table: both ways to write findings, ids, and messages that quote no cell."""

from pathlib import Path
from typing import Any

import pytest

from jaccardio.cohort.corpora.corpus import Corpus, Source, SourceOptions
from jaccardio.cohort.corpora.manifest import open_manifest
from jaccardio.cohort.pseudonyms import Pseudonyms
from jaccardio.errors import DataError, UsageError
from jaccardio.findings.vocabulary import Vocabulary

KEY = b"k" * 32
IDS = Pseudonyms(KEY)
PAPER26 = Vocabulary.load("paper26")


def create(folder: Path, text: str, name: str = "manifest.csv", **options: Any) -> Corpus:
    path = folder / name
    path.write_text(text, "utf-8")
    return open_manifest(path, KEY, 500.0, PAPER26, SourceOptions(**options))


def read(folder: Path, text: str, name: str = "manifest.csv", **options: Any) -> list[Source]:
    return [source for source in create(folder, text, name, **options).entries if isinstance(source, Source)]


def test_a_row_becomes_a_source(tmp_path: Path) -> None:
    header = "path,patient_id,fold,site,date,age,sex,findings"
    (source,) = read(tmp_path, f"{header}\necg/00123.hea,00123,2,North,2019-05-02,93,F,af; Complete Right Bundle Branch Block |af\n")
    assert source == Source(
        recording_id=IDS.record("North", "00123", "ecg/00123"),
        patient_key=IDS.patient("North", "00123"),
        path=tmp_path / "ecg/00123.hea",
        present=("finding:af", "finding:crbbb"),
        absent=(),
        closed=True,
        database=IDS.site("North"),
        fold=2,
        site=IDS.site("North"),
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
    text = "path,patient_id,site,findings\na,1,N,af;vpc\nb,2,S,\nc,3,N,NONE\n"
    assert [(source.present, source.closed) for source in read(tmp_path, text)] == [
        (("finding:af", "finding:vpc"), True),
        ((), False),
        ((), True),
    ]
    listed = frozenset({"finding:af", "finding:vpc"})
    assert create(tmp_path, text).annotated == {IDS.site("N"): listed, IDS.site("S"): frozenset()}


@pytest.mark.parametrize("cell", ["['af', 'vpc']", '[""af"", ""vpc""]', "['af' 'vpc']", "[af, vpc]", " af|vpc; "])
def test_lists_as_programs_write_them(tmp_path: Path, cell: str) -> None:
    (source,) = read(tmp_path, f'path,patient_id,findings\na,1,"{cell}"\n')
    assert (source.present, source.closed) == (("finding:af", "finding:vpc"), True)


def test_without_findings_everything_is_unknown(tmp_path: Path) -> None:
    (source,) = read(tmp_path, "path,patient_id\na,1\n")
    assert (source.present, source.absent, source.closed) == ((), (), False)


def test_tsv_with_byte_order_mark(tmp_path: Path) -> None:
    (source,) = read(tmp_path, "\ufeffpath\tpatient_id\tfindings\na\t007\taf\n", "manifest.tsv")
    assert source.patient_key == IDS.patient("", "007")
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
        ("", "the table is empty"),
        ("path,patient_id\n\n", "lists no recording"),
        ("path\na\n", "column patient_id is missing"),
        ("path,patient_id,age,age\na,1,2,3\n", "row 1, column age: 2 columns have this name"),
        ("path,patient_id\na,1,2\n", "row 2: more cells than the 2 columns"),
        ('path,patient_id\na,"1\nSecret"\n', "row 2, column patient_id: a line break"),
        ("path,patient_id\na,1.23457E+11\n", "row 2, column patient_id: rounded by a spreadsheet"),
        ("path,patient_id\na,1E+11\n", "row 2, column patient_id: rounded by a spreadsheet"),
        ("path;patient_id\na;12.000\n", "row 2, column patient_id: three zeros behind a point or comma"),
        ("path;patient_id\na;\uff11,000\n", "row 2, column patient_id: three zeros behind a point or comma"),
        ("path,patient_id\n,1\n", "row 2, column path: empty"),
        ("path,patient_id\na,1\na.hea,2\n", "row 3, column path: the same recording as in row 2"),
        ("path,patient_id\n../Secret,1\n", "row 2, column path: leads out"),
        ("path,patient_id\n/Secret,1\n", "row 2, column path: leads out"),
        ("path,patient_id\nC:\\Secret,1\n", "row 2, column path: leads out"),
        ("path,patient_id,findings\na,1,af; atrial fibrilation Secret\n", r"row 2, column findings: item 2 .* did you mean af"),
        ("path,patient_id,findings\na,1,af;none\n", "none beside findings"),
        ("path,patient_id,findings\na,1,None\n", "row 2, column findings: None may mean none of the findings or, of Python, nothing"),
        ("path,patient_id,findings\na,1,[None]\n", "row 2, column findings: None may mean none of the findings"),
        ("path,patient_id,findings\na,1,[]\n", "row 2, column findings: an empty list may mean none"),
        ("path,patient_id,findings\na,1,\"['af', 'Secret']\"\n", "row 2, column findings: item 2 is no finding"),
        ("path,patient_id,inverted\na,1,1\n", "row 1, column inverted: .*did you mean inverted_t"),
        ("path,patient_id,af,atrial fibrillation\na,1,1,1\n", "af has two columns"),
        ("path,patient_id,af\na,1,Secret\n", "row 2, column af: neither 1"),
        ("path,patient_id,fold\na,1,x\n", "row 2, column fold"),
        ("path,patient_id,fold\na,Secret,1\nb,Secret,2\n", "row 3, column fold: another fold than that of the patient's ECG in row 2"),
        ("path,patient_id,date\na,1,02.05.Secret\n", "row 2, column date"),
        ("path,patient_id,age\na,1,Secret\n", "row 2, column age"),
        ("path,patient_id,age\na,1,999\n", "row 2, column age: not a number of years below 130"),
        ("path,patient_id,date\na,1,2.5.19\n", "row 2, column date"),
        ("path,patient_id,sex\na,1,Secret\n", "row 2, column sex"),
        ("path,patient_id,sex\na,1,1.0\n", "row 2, column sex: a number, which means different sexes"),
    ],
)
def test_refusals_name_row_and_column_and_quote_no_cell(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        create(tmp_path, text)
    assert "Secret" not in str(caught.value)


def test_findings_in_both_ways_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="keep one of the two"):
        create(tmp_path, "path,patient_id,findings,af\na,1,af,1\n")


def test_a_key_is_needed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--patient-key"):
        open_manifest(tmp_path / "manifest.csv", None, 500.0, PAPER26)


def test_a_table_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(DataError, match="UTF-8"):
        open_manifest(tmp_path / "manifest.csv", KEY, 500.0, PAPER26)


def test_a_folder_means_the_manifest_in_it(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("path,patient_id,af\na,1,1\n", "utf-8")
    assert open_manifest(tmp_path, KEY, 500.0, PAPER26) == open_manifest(tmp_path / "manifest.csv", KEY, 500.0, PAPER26)


def test_equal_paths_and_patients_of_two_hospitals_are_two_records_and_two_patients(tmp_path: Path) -> None:
    north, south = read(tmp_path, "path,patient_id,site,af\na,1,north,1\nb,1,south,1\n")
    (other,) = read(tmp_path, "path,patient_id,site,af\na,1,south,1\n", "other.csv")
    (told,) = read(tmp_path, "path,patient_id,site,af\na,1,,1\n", "other.csv", site="south")
    assert north.recording_id != other.recording_id
    assert north.patient_key != south.patient_key
    assert other.patient_key == south.patient_key
    assert told == other


def test_what_a_site_never_lists_is_not_annotated_there(tmp_path: Path) -> None:
    corpus = create(tmp_path, "path,patient_id,site,findings\na,1,north,af;lae\nb,2,south,af\nc,3,south,none\n")
    assert corpus.annotated == {IDS.site("north"): frozenset({"finding:af", "finding:lae"}), IDS.site("south"): frozenset({"finding:af"})}


def test_words_of_three_languages_are_read_and_printed(tmp_path: Path) -> None:
    text = "path;patient_id;af;vpc;lvh;lae\na;1;ja;陽性;x;1.0\nb;2;Nein;陰性;;0,0\nc;3;unbekannt;不明;X;nan\nd;4;ja;あり;;TRUE\n"
    corpus = create(tmp_path, text)
    assert [(source.present, source.absent) for source in corpus.entries] == [
        (("finding:af", "finding:vpc", "finding:lvh", "finding:lae"), ()),
        ((), ("finding:af", "finding:vpc", "finding:lae")),
        (("finding:lvh",), ()),
        (("finding:af", "finding:vpc", "finding:lae"), ()),
    ]
    assert corpus.notes[0] == "column af: 'ja' 2 -> present, 'nein' 1 -> absent, 'unbekannt' 1 -> unknown"
    assert corpus.notes[2] == "column lvh: 'x' 2 -> present, empty 2 -> unknown; no cell says absent, and what is empty stays unknown"


def test_columns_that_write_alike_are_said_together(tmp_path: Path) -> None:
    corpus = create(tmp_path, "path,patient_id,af,vpc\na,1,1,0\nb,2,0,1\nc,3,0,0\n")
    assert corpus.notes == ("columns af, vpc: '1' 2 -> present, '0' 4 -> absent",)


def test_the_example_of_the_documentation_is_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "your-data.md").read_text("utf-8")
    one, two = read(tmp_path, text.split("```csv\n")[1].split("```")[0])
    assert (one.present, one.absent, one.age, one.sex, one.year) == (("finding:af",), ("finding:crbbb",), 71.5, "male", 2019)
    assert (two.present, two.sex, two.site) == (("finding:low_ef",), "female", one.site)


def test_a_table_of_pandas_is_read(tmp_path: Path) -> None:
    first, second, third = read(tmp_path, 'path,patient_id,fold,age,af\na,101.0,1.0,"71,5",1.0\nb,101,1,71.0,0.0\nc,00101,,NaN,\n')
    assert first.patient_key == second.patient_key != third.patient_key
    assert [(source.fold, source.age, source.present, source.absent) for source in (first, second, third)] == [
        (1, 71.5, ("finding:af",), ()),
        (1, 71.0, (), ("finding:af",)),
        (None, None, (), ()),
    ]


@pytest.mark.parametrize(
    ("sex", "words"),
    [("female", "female F woman weiblich W Frau 女 女性"), ("male", "Male m man männlich Mann 男 男性"), (None, "NA 不明 divers")],
)
def test_sex_in_three_languages(tmp_path: Path, sex: str | None, words: str) -> None:
    rows = "".join(f"{number},1,{word}\n" for number, word in enumerate(words.split()))
    assert {source.sex for source in read(tmp_path, f"path,patient_id,sex\n{rows}")} == {sex}


@pytest.mark.parametrize(
    ("date", "year"), [("2019", 2019), ("2.5.2019", 2019), ("05/02/2019 08:30", 2019), ("2019年5月2日", 2019), ("不明", None)]
)
def test_the_year_of_a_date(tmp_path: Path, date: str, year: int | None) -> None:
    (source,) = read(tmp_path, f"path,patient_id,date\na,1,{date}\n")
    assert source.year == year


def test_rows_without_patient_are_counted_and_said(tmp_path: Path) -> None:
    corpus = create(tmp_path, "path,patient_id\na,\nb,NaN\nc,3\n")
    assert corpus.notes == ("column patient_id: 2 of 3 cells are empty; each of these ECGs counts as a patient of its own",)
    assert len({source.patient_key for source in corpus.entries}) == 3


def test_extra_columns_are_a_fault_until_they_are_dropped_by_name(tmp_path: Path) -> None:
    text = "Path,PATIENT_ID,my note,af\na,1,Secret,1\n"
    with pytest.raises(DataError, match=r"column my note: no known column .* --drop 'my note'"):
        create(tmp_path, text)
    corpus = create(tmp_path, text, drop=("My Note",))
    assert corpus.entries[0].present == ("finding:af",)
    assert "columns left out: my note" in corpus.notes
    with pytest.raises(DataError, match="no column notes to drop"):
        create(tmp_path, text, drop=("notes",))


def test_a_column_of_another_name_is_found_where_a_needed_one_is_missing(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"2 faults(?s:.)*column patientid: .* did you mean patient_id(?s:.)*the column patient_id is missing"
    ):
        create(tmp_path, "path,patientid\na,1\n")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    rows = "".join(f"r{number},{number},Secret,1,x\n" for number in range(37))
    with pytest.raises(DataError) as caught:
        create(tmp_path, f"path,patient_id,af,vpc,afib\n{rows}r0,0,1,Secret,x\n../y,9,1,1,x\n")
    lines = str(caught.value).splitlines()
    assert lines[0] == "manifest.csv: 41 faults of 5 kinds."
    assert lines[2].startswith("  column af: neither 1 (present) nor 0 (absent) nor empty (unknown)")
    assert lines[2].endswith(", in 37 rows (2, 3, 4, 5, 6, ...)")
    assert "  row 39, column path: the same recording as in row 2" in lines
    assert "Secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (
            "path,patient_id,afib,lvh,lvh,,findings\na,1,x,0,1,,af;Secret\nb,2,x,0,1,,af,Secret,9\nc,3\n,4,x,0,Secret,,af\n",
            [
                "row 3: more cells than the 7 columns of row 1",
                "row 4: fewer cells than the 7 columns of row 1",
                "row 1: column number 6 has no name",
                "row 1, column lvh: 2 columns have this name",
                "row 1: there is no column ward to drop",
                "row 1, column afib: no known column",
                "row 1: findings stand in the column findings and in columns of their own",
                "row 5, column lvh: neither 1",
                "row 2, column findings: item 2 is no finding",
                "row 5, column path: empty",
            ],
        ),
        (
            "Path,patientid,sex\na,1,9\n../Secret,2,F\nc,3,F,4\n",
            [
                "row 4: more cells",
                "row 1: there is no column ward to drop",
                "row 1, column patientid: no known column",
                "row 1: the column patient_id is missing",
                "row 2, column sex: a number",
                "row 3, column Path: leads out",
            ],
        ),
        ("patient_id,sex\n1,9\n", ["row 1: there is no column ward", "row 1: the column path is missing", "row 2, column sex: a number"]),
        ("path,patient_id\na\n", ["row 2: fewer cells", "row 1: there is no column ward"]),
    ],
)
def test_faults_of_rows_header_and_cells_are_told_at_once(tmp_path: Path, text: str, kinds: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        create(tmp_path, text, drop=("ward",))
    first, *lines = str(caught.value).splitlines()
    assert first == f"manifest.csv: {len(kinds)} faults of {len(kinds)} kinds."
    assert [line.strip()[: len(kind)] for line, kind in zip(lines, kinds, strict=True)] == kinds
    assert "Secret" not in str(caught.value)


def test_recordings_outside_are_read_where_allowed(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "tables", tmp_path / "ecgs"
    for made in (folder, elsewhere):
        made.mkdir()
    (elsewhere / "b.hea").touch()
    (folder / "b.hea").symlink_to(elsewhere / "b.hea")
    text = f"path,patient_id\n{elsewhere}/a.hea,1\n../ecgs/c,2\nb,3\n{folder}/sub/d,4\n"
    with pytest.raises(DataError, match=r"column path: leads out .* --allow-outside, in 2 rows \(2, 3\)"):
        create(folder, text)
    sources = read(folder, text, allow_outside=True)
    assert [source.path for source in sources] == [elsewhere / "a.hea", elsewhere / "c", elsewhere / "b.hea", folder / "sub/d"]
    inside = read(folder, "path,patient_id\nb,3\nsub\\d.HEA,4\n")
    assert [source.recording_id for source in sources[2:]] == [source.recording_id for source in inside]
    assert inside[1].path == folder / "sub/d.HEA"


def test_a_folder_with_two_manifests_is_not_guessed(tmp_path: Path) -> None:
    create(tmp_path, "path\tpatient_id\na\t1\n", "manifest.tsv")
    assert len(open_manifest(tmp_path, KEY, 500.0, PAPER26).entries) == 1
    create(tmp_path, "path,patient_id\na,1\n")
    with pytest.raises(UsageError, match=r"manifest\.csv and manifest\.tsv"):
        open_manifest(tmp_path, KEY, 500.0, PAPER26)
