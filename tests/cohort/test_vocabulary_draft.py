"""Vocabularies drafted from tables: what becomes a finding, how it is called, and that every draft can be used as it stands."""

from pathlib import Path

import pytest

from jaccardio.cohort.corpora.columns import RESERVED
from jaccardio.cohort.corpora.manifest import open_manifest
from jaccardio.cohort.corpora.words import NO_FINDING
from jaccardio.cohort.vocabulary_draft import draft_vocabulary
from jaccardio.errors import DataError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.vocabulary_file import TABLE_WORDS


def table(folder: Path, *lines: str) -> Path:
    path = folder / "manifest.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_columns_of_marks_become_findings(tmp_path: Path) -> None:
    manifest = table(
        tmp_path,
        'path,patient_id,age,af,"Block, left",Brücke,ward,empty',
        "a,1,50,1,0,,3,",
        "b,2,60,0,1,1.0,1,",
        "c,3,70,,1,0,2,",
    )
    draft = draft_vocabulary(manifest, tmp_path / "mine.toml")
    findings = draft.vocabulary.findings
    assert draft.vocabulary.codes == ("af", "block_left", "brucke")
    assert [finding.names for finding in findings] == [{"en": "atrial fibrillation"}, {"en": "Block left"}, {"en": "Brücke"}]
    assert findings[1].aliases == ("Block, left",)
    assert findings[0].leads == ()  # as in paper26
    assert findings[2].lacking(["I", "II"]) == ("V1", "V2", "V3", "V4", "V5", "V6")
    assert (draft.left_out, draft.language) == (("ward", "empty"), "en")
    text = (tmp_path / "mine.toml").read_text("utf-8")
    assert "[[findings]]  # present in 1 rows, absent in 1, unknown in 1" in text
    assert "[[findings]]  # present in 2 rows, absent in 1, unknown in 0" in text


def test_distinct_values_of_the_list_become_findings(tmp_path: Path) -> None:
    manifest = table(
        tmp_path,
        "path,patient_id,findings",
        "a,1,心房細動; ST低下|LVH",
        "b,2,none",
        "c,3,lvh;LVH",
        "d,4,",
        "e,5,['LVH']",
    )
    draft = draft_vocabulary(tmp_path, tmp_path / "ours.toml")
    assert draft.language == "ja"
    assert draft.vocabulary.codes == ("f001", "f002", "lvh")
    assert [finding.names["ja"] for finding in draft.vocabulary.findings] == ["心房細動", "ST低下", "左室肥大"]
    assert "# present in 3 rows" in (tmp_path / "ours.toml").read_text("utf-8")
    rows = open_manifest(manifest, b"k" * 32, 100.0, draft.vocabulary).entries
    assert rows[0].present == ("finding:f001", "finding:f002", "finding:lvh")


def test_two_spellings_of_one_shipped_finding_stay_apart(tmp_path: Path) -> None:
    table(tmp_path, "path,patient_id,af,atrial fibrillation,A-F,a.f", "a,1,1,0,0,1")
    drafted = draft_vocabulary(tmp_path, tmp_path / "mine.toml").vocabulary
    assert drafted.codes == ("af", "atrial_fibrillation", "a_f", "a_f_2")
    assert [finding.name for finding in drafted.findings] == ["af", "atrial fibrillation", "A-F", "a.f"]


def test_spellings_that_become_alike_stay_apart(tmp_path: Path) -> None:
    table(tmp_path, 'path,patient_id,"RBBB, complete",RBBB complete,心房|細動,心房細動', "a,1,1,0,0,1")
    drafted = draft_vocabulary(tmp_path, tmp_path / "mine.toml").vocabulary
    assert [finding.name for finding in drafted.findings] == ["RBBB complete (1)", "RBBB complete", "心房 細動", "心房細動"]
    assert [drafted.index(column) for column in ("RBBB, complete", "ｒｂｂｂ complete", "心房|細動", "心房細動")] == [0, 1, 2, 3]


def test_every_word_of_a_manifest_is_kept_from_being_a_finding() -> None:
    assert {*RESERVED, *NO_FINDING} <= TABLE_WORDS


def test_values_that_are_no_names_are_counted(tmp_path: Path) -> None:
    table(tmp_path, "path,patient_id,findings", f"a,1,af;{'long ' * 60}", "b,2,site;af")
    draft = draft_vocabulary(tmp_path, tmp_path / "mine.toml")
    assert draft.vocabulary.codes == ("af",)
    assert draft.left_out == ("2 values of the column findings that cannot be names",)


def test_refusals(tmp_path: Path) -> None:
    manifest = table(tmp_path, "path,patient_id,ward", "a,1,3")
    with pytest.raises(DataError, match="no finding: neither a column findings"):
        draft_vocabulary(manifest, tmp_path / "mine.toml")
    table(tmp_path, "path,patient_id,findings", "a,1,none", "b,2,")
    with pytest.raises(DataError, match="no finding: the column findings names none"):
        draft_vocabulary(manifest, tmp_path / "mine.toml")
    assert not (tmp_path / "mine.toml").exists()
    with pytest.raises(UsageError, match="ships with jaccardio"):
        draft_vocabulary(manifest, tmp_path / "paper26.toml")
    with pytest.raises(UsageError, match="may hold letters"):
        draft_vocabulary(manifest, tmp_path / "my own.toml")
    (tmp_path / "mine.toml").write_text("corrected by hand")
    with pytest.raises(UsageError, match=r"mine\.toml: exists already"):
        draft_vocabulary(manifest, tmp_path / "mine.toml")
    assert (tmp_path / "mine.toml").read_text() == "corrected by hand"


def test_a_draft_of_paper26_has_its_names_and_leads(tmp_path: Path) -> None:
    paper26 = Vocabulary.load("paper26")
    table(tmp_path, ",".join(("path", "patient_id", *paper26.codes)), ",".join(("a", "1", *("1" for _ in paper26.codes))))
    drafted = draft_vocabulary(tmp_path, tmp_path / "mine.toml").vocabulary
    assert [(f.code, f.name, f.leads) for f in drafted.findings] == [(f.code, f.name, f.leads) for f in paper26.findings]
