"""Codes to three-state labels: the rule on a small table, and each decision of docs/vocabularies.md on the tables that ship."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from jaccardio.findings.abbreviations import challenge_names
from jaccardio.findings.coverage import annotated_codes
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.mapping import LabelMapper, Meaning
from jaccardio.findings.vocabulary import Finding, Vocabulary

PAPER26 = Vocabulary.load("paper26")
PTBXL71 = Vocabulary.load("ptbxl71")
JAPANESE98 = Vocabulary.load("japanese98")
STATES = {"present": PRESENT, "absent": ABSENT, "unknown": UNKNOWN}


def small(*implications: tuple[str, str]) -> LabelMapper:
    findings = tuple(Finding(code, {"en": f"finding {code}"}) for code in ("a", "b", "c"))
    vocabulary = Vocabulary("small", "", findings, {}, {}, implications)
    meanings = {"x:a": {0}, "x:b": {1}, "x:c": {2}, "x:ab": {0, 1}}
    table = {code: Meaning(present=frozenset(columns)) for code, columns in meanings.items()}
    return LabelMapper(vocabulary, table | {"x:maybe-a": Meaning(unknown=frozenset({0})), "x:nothing": Meaning()})


def label(
    mapper: LabelMapper, present: Sequence[str], absent: Sequence[str] = (), closed: bool = True, annotated: str = "x:a x:b"
) -> list[int]:
    return mapper.label(present, absent, closed=closed, annotated=frozenset(annotated.split())).tolist()


def test_closed_list_is_absent_only_where_annotated() -> None:
    assert label(small(), ["x:a"]) == [PRESENT, ABSENT, UNKNOWN]
    assert label(small(), [], annotated="x:maybe-a x:c") == [UNKNOWN, UNKNOWN, ABSENT]


def test_open_list_knows_only_what_is_stated() -> None:
    assert label(small(), ["x:a"], absent=["x:b"], closed=False) == [PRESENT, ABSENT, UNKNOWN]


def test_a_generic_code_makes_unknown_unless_the_finding_is_stated() -> None:
    assert label(small(), ["x:maybe-a"]) == [UNKNOWN, ABSENT, UNKNOWN]
    assert label(small(), ["x:maybe-a"], absent=["x:a"]) == [UNKNOWN, ABSENT, UNKNOWN]
    assert label(small(), ["x:maybe-a", "x:ab"]) == [PRESENT, PRESENT, UNKNOWN]


def test_implications_go_up_through_chains_and_never_down() -> None:
    mapper = small(("b", "c"), ("a", "b"))
    assert label(mapper, ["x:a"]) == [PRESENT, PRESENT, PRESENT]
    assert label(mapper, ["x:a"], absent=["x:b", "x:c"], closed=False) == [PRESENT, PRESENT, PRESENT]
    assert label(mapper, [], absent=["x:c"], closed=False) == [UNKNOWN, UNKNOWN, ABSENT]
    assert label(mapper, ["x:c"], closed=False) == [UNKNOWN, UNKNOWN, PRESENT]


def test_unmapped_lists_codes_that_no_row_speaks_of() -> None:
    assert small().unmapped(["x:a", "x:new", "x:nothing"]) == ("x:new",)
    assert LabelMapper.for_vocabulary(PAPER26).unmapped(["scp:PAC", "scp:SR", "finding:AF", "finding:new"]) == ("scp:PAC", "finding:new")


def test_findings_are_named_by_code_or_name_in_any_case() -> None:
    mapper = LabelMapper.for_vocabulary(PAPER26)
    for name in ("af", "AF", "atrial fibrillation", "心房細動"):
        assert mapper.label([f"finding:{name}"], (), closed=False, annotated=frozenset())[PAPER26.index("af")] == PRESENT


def test_a_subset_keeps_its_columns() -> None:
    subset = PAPER26.subset([PAPER26.index("af"), PAPER26.index("crbbb")])
    mapper = LabelMapper.for_vocabulary(subset)
    assert mapper.label(["scp:AFIB", "scp:IMI"], (), closed=True, annotated=annotated_codes("ptbxl")).tolist() == [ABSENT, PRESENT]
    assert mapper.unmapped(["scp:IMI"]) == ()


def test_a_vocabulary_without_table_knows_the_codes_and_spellings_of_its_findings() -> None:
    findings = (Finding("flutter", {"en": "typical flutter"}, stated_by=("scp:AFLT", "snomed:164890007"), aliases=("AFL, typical",)),)
    mapper = LabelMapper.for_vocabulary(Vocabulary("mine", "", findings, {}, {}))
    for code in ("scp:AFLT", "snomed:164890007", "finding:flutter", "finding:AFL, typical"):
        assert label(mapper, [code]) == [PRESENT]
    assert label(mapper, ["scp:SR"], annotated="scp:AFLT scp:SR") == [ABSENT]
    assert mapper.unmapped(["scp:AFIB", "finding:flutter"]) == ("scp:AFIB",)


def test_a_part_of_a_finding_states_it_and_says_nothing_by_its_absence() -> None:
    mapper = small()
    part = Meaning(present=frozenset({0}), part=frozenset({0}))
    mapper = replace(mapper, meanings={**mapper.meanings, "x:part-of-a": part})
    assert label(mapper, ["x:part-of-a"], annotated="x:part-of-a") == [PRESENT, UNKNOWN, UNKNOWN]
    assert label(mapper, [], annotated="x:part-of-a") == [UNKNOWN, UNKNOWN, UNKNOWN]
    assert label(mapper, [], annotated="x:part-of-a x:a") == [ABSENT, UNKNOWN, UNKNOWN]


def test_a_finding_that_stands_alone_is_unknown_beside_another() -> None:
    """Between "normal" and "atrial fibrillation" nothing is guessed; the finding that names something stays."""
    mapper = LabelMapper.for_vocabulary(PAPER26)
    annotated = annotated_codes("ptbxl")
    for other, code in (("scp:AFIB", "af"), ("scp:PVC", "vpc"), ("scp:NST_", "st_t"), ("axis:ALAD", "left_axis")):
        labels = mapper.label(["scp:NORM", other], (), closed=True, annotated=annotated)
        assert (labels[PAPER26.index("normal")], labels[PAPER26.index(code)]) == (UNKNOWN, PRESENT)
        assert mapper.contradicted(["scp:NORM", other], labels) == ("normal",)
    labels = mapper.label(["scp:NORM", "scp:SR"], (), closed=True, annotated=annotated)
    assert mapper.contradicted(["scp:NORM", "scp:SR"], labels) == ()
    assert mapper.contradicted(["scp:SR"], labels) == ()


def rows_of(table: str) -> list[dict[str, str]]:
    text = (resources.files("jaccardio.findings") / "data" / f"{table}.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("name", Vocabulary.available())
def test_every_row_has_a_source_a_known_finding_and_its_review(name: str) -> None:
    vocabulary, rows = Vocabulary.load(name), rows_of(f"mapping-{name}")
    assert len({(row["ontology"], row["code"], row["finding"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["source"], row
        assert row["note"], row
        assert row["reviewed"] == "not reviewed by a clinician"
        assert row["state"] in ("present", "part", "unknown", "nothing")
        assert row["finding"] in (vocabulary.codes if row["state"] != "nothing" else ("",)), row


@pytest.mark.parametrize(
    ("statements", "finding", "state"),
    [
        ("scp:SR", "normal", "absent"),
        ("scp:NORM scp:SR", "normal", "present"),
        ("scp:IRBBB", "crbbb", "absent"),
        ("scp:CRBBB", "crbbb", "present"),
        ("axis:LAD", "left_axis", "present"),
        ("axis:LAD-unstated", "left_axis", "unknown"),
        ("axis:ALAD", "left_axis", "present"),
        ("axis:MID", "left_axis", "absent"),
        ("axis:unknown", "left_axis", "unknown"),
        ("axis:AXL", "left_axis", "unknown"),
        ("scp:LAFB axis:unknown", "left_axis", "unknown"),
        ("scp:VCLVH", "lvh", "unknown"),
        ("scp:VCLVH scp:LVH", "lvh", "present"),
        ("scp:ASMI", "anteroseptal_mi", "present"),
        ("scp:ASMI", "anterior_mi", "unknown"),
        ("scp:ASMI", "inferior_mi", "absent"),
        ("scp:ALMI", "anterior_mi", "present"),
        ("scp:ALMI", "lateral_mi", "present"),
        ("scp:IPLMI", "inferior_mi", "present"),
        ("scp:INJAS", "anteroseptal_mi", "absent"),
        ("scp:INJAS", "st_t", "present"),
        ("scp:NDT", "st_t", "present"),
        ("scp:NT_", "st_t", "unknown"),
        ("scp:NT_", "inverted_t", "unknown"),
        ("scp:INVT", "inverted_t", "present"),
        ("scp:INVT", "flat_t", "absent"),
        ("scp:LOWT", "flat_t", "present"),
        ("scp:IMI", "abnormal_q", "unknown"),
        ("scp:IMI scp:QWAVE", "abnormal_q", "present"),
        ("scp:BIGU", "bigeminy", "unknown"),
        ("scp:BIGU", "vpc", "unknown"),
        ("scp:BIGU scp:PVC", "vpc", "present"),
        ("scp:AFLT", "af", "absent"),
        ("scp:SVARR", "af", "unknown"),
        *((f"scp:{code}", finding, "unknown") for code in ("NORM", "PVC") for finding in ("low_ef", "tall_t", "poor_r", "vt", "couplet")),
    ],
)
def test_decisions_for_ptbxl(statements: str, finding: str, state: str) -> None:
    mapper = LabelMapper.for_vocabulary(PAPER26)
    labels = mapper.label(statements.split(), (), closed=True, annotated=annotated_codes("ptbxl"))
    assert labels[PAPER26.index(finding)] == STATES[state]


@pytest.mark.parametrize(
    ("database", "code", "finding", "state"),
    [
        ("georgia", "426783006", "normal", "unknown"),  # sinus rhythm, and no source annotates a normal ECG
        ("ningbo", "59118001", "crbbb", "unknown"),
        ("ningbo", "164909002", "clbbb", "unknown"),
        ("ningbo", "733534002", "clbbb", "present"),
        ("ningbo", "713426002", "crbbb", "absent"),
        ("georgia", "426783006", "clbbb", "unknown"),  # never annotated there
        ("cpsc_2018_extra", "164865005", "anterior_mi", "unknown"),
        ("cpsc_2018_extra", "54329005", "anterior_mi", "present"),
        ("cpsc_2018_extra", "426783006", "anterior_mi", "absent"),
        ("georgia", "164934002", "inverted_t", "unknown"),
        ("georgia", "266249003", "lvh", "unknown"),
        ("ningbo", "55827005", "lvh", "unknown"),
        ("ningbo", "426783006", "poor_r", "absent"),
        ("georgia", "426783006", "poor_r", "unknown"),
        ("st_petersburg", "251182009", "couplet", "present"),
        ("st_petersburg", "251182009", "vpc", "present"),
        ("georgia", "11157007", "vpc", "present"),
        ("georgia", "164890007", "af", "absent"),
        ("georgia", "164889003", "low_ef", "unknown"),
        ("cpsc_2018", "429622005", "st_t", "present"),
        ("cpsc_2018", "164889003", "st_t", "unknown"),  # ST changes are annotated there, T changes never
        ("st_petersburg", "164889003", "st_t", "unknown"),
        ("cpsc_2018_extra", "164889003", "st_t", "absent"),
    ],
)
def test_decisions_for_the_challenge(database: str, code: str, finding: str, state: str) -> None:
    mapper = LabelMapper.for_vocabulary(PAPER26)
    labels = mapper.label([f"snomed:{code}"], (), closed=True, annotated=annotated_codes(database))
    assert labels[PAPER26.index(finding)] == STATES[state]


def test_ptbxl71_knows_every_statement_of_ptbxl() -> None:
    mapper = LabelMapper.for_vocabulary(PTBXL71)
    labels = mapper.label(["scp:IMI", "scp:SR", "axis:LAD"], (), closed=True, annotated=annotated_codes("ptbxl"))
    assert {PTBXL71.codes[column] for column in (labels == PRESENT).nonzero()[0]} == {"IMI", "SR"}
    assert (labels >= 0).all()
    assert mapper.unmapped([*annotated_codes("ptbxl"), "axis:unknown"]) == ()
    assert mapper.unmapped(["scp:NEW"]) == ("scp:NEW",)


def test_ptbxl71_from_snomed() -> None:
    mapper = LabelMapper.for_vocabulary(PTBXL71)
    labels = mapper.label(
        ["snomed:164909002", "snomed:164865005", "snomed:164889003"], (), closed=True, annotated=annotated_codes("ptb_xl")
    )
    state = dict(zip(PTBXL71.codes, labels.tolist(), strict=True))
    assert (state["AFIB"], state["CLBBB"], state["IMI"], state["NORM"], state["AFLT"]) == (PRESENT, UNKNOWN, UNKNOWN, UNKNOWN, ABSENT)


def test_japanese98_says_of_the_71_statements_what_ptbxl71_says() -> None:
    """Its tables repeat those of ptbxl71; a correction to one that is not made in the other fails here."""
    ours = {(row["ontology"], row["code"], row["finding"], row["state"], row["note"]) for row in rows_of("mapping-japanese98")}
    theirs = [row for row in rows_of("mapping-ptbxl71") if row["ontology"] != "axis" and row["note"] != "the statement itself"]
    assert not [row for row in theirs if (row["ontology"], row["code"], row["finding"], row["state"], row["note"]) not in ours]
    ptbxl, axis = annotated_codes("ptbxl"), ("axis:MID",)
    for codes in (["scp:IMI", "scp:SR"], ["scp:NORM"], ["scp:BIGU", "scp:PVC"]):
        expected = LabelMapper.for_vocabulary(PTBXL71).label(codes, (), closed=True, annotated=ptbxl).tolist()
        labels = LabelMapper.for_vocabulary(JAPANESE98).label([*codes, *axis], (), closed=True, annotated=ptbxl).tolist()
        assert labels[: len(expected)] == expected
        assert labels[JAPANESE98.index("LAD")] == ABSENT
        assert {code for code, label in zip(JAPANESE98.codes, labels, strict=True) if label >= 0} == {*PTBXL71.codes, "LAD", "RAD"}


@pytest.mark.parametrize(
    ("database", "code", "finding", "state"),
    [
        ("ptbxl", "axis:LAD", "LAD", "present"),
        ("ptbxl", "axis:LAD-unstated", "LAD", "unknown"),
        ("ptbxl", "axis:ARAD", "RAD", "present"),
        ("ptbxl", "axis:unknown", "RAD", "unknown"),
        ("ptbxl", "scp:BIGU", "VBig", "unknown"),
        ("ningbo", "snomed:365413008", "PRWP", "present"),
        ("ningbo", "snomed:426783006", "PRWP", "absent"),
        ("georgia", "snomed:426783006", "PRWP", "unknown"),  # never annotated there
        ("ningbo", "snomed:54016002", "2AVB", "present"),
        ("ningbo", "snomed:195042002", "MoI", "unknown"),
        ("ningbo", "snomed:164931005", "ERe", "unknown"),
        ("ningbo", "snomed:425856008", "VTach", "present"),
        ("st_petersburg", "snomed:251182009", "VPVC", "present"),
        ("st_petersburg", "snomed:251182009", "PVC", "present"),
        ("st_petersburg", "snomed:17338001", "VTrig", "unknown"),
    ],
)
def test_decisions_for_japanese98(database: str, code: str, finding: str, state: str) -> None:
    labels = LabelMapper.for_vocabulary(JAPANESE98).label([code], (), closed=True, annotated=annotated_codes(database))
    assert labels[JAPANESE98.index(finding)] == STATES[state]


def test_the_guide_says_how_many_findings_of_japanese98_each_source_knows() -> None:
    mapper = LabelMapper.for_vocabulary(JAPANESE98)
    guide = (Path(__file__).parents[2] / "docs" / "vocabularies.md").read_text("utf-8")
    [said] = re.findall(r"^Of the 98: (.*)\.$", guide, re.MULTILINE)
    for part in said.split(", "):
        database, count = part.split(" ")
        assert (mapper.label((), (), closed=True, annotated=annotated_codes(database)) >= 0).sum() == int(count), database


def test_each_finding_of_japanese98_has_its_code_in_a_table_of_its_source() -> None:
    tables = {"scp": annotated_codes("ptbxl"), "snomed": {f"snomed:{code}" for code in challenge_names()}}
    rows = rows_of("japanese98")
    assert [row["code"] for row in rows] == list(JAPANESE98.codes)
    for row in rows:
        assert row["source"] in tables[row["source"].partition(":")[0]]
        assert row["reviewed"] == "not reviewed by a clinician"
    assert len({row["source"] for row in rows}) == 98
