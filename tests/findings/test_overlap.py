"""Class overlap follows from the mapping tables, and the published table is the one that the script prints."""

import runpy
from pathlib import Path

import pytest

from jaccardio.findings.coverage import annotated_codes, annotated_counts
from jaccardio.findings.mapping import LabelMapper
from jaccardio.findings.overlap import class_overlap, codes_outside
from jaccardio.findings.vocabulary import Vocabulary

ROOT = Path(__file__).parents[2]
AF, PLAIN_RBBB, FIRST_DEGREE, PLAIN_LBBB = "snomed:164889003", "snomed:59118001", "snomed:270492004", "snomed:164909002"


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.load("ptbxl71")


def test_cpsc2018(vocabulary: Vocabulary) -> None:
    statements = class_overlap(vocabulary, "all", "cpsc_2018")
    assert statements["AFIB"].stated == (AF,)
    assert (statements["CRBBB"].stated, statements["CRBBB"].left_open) == ((), (PLAIN_RBBB,))
    assert (statements["NORM"].stated, statements["NORM"].left_open) == ((), ())
    conduction = class_overlap(vocabulary, "super", "cpsc_2018")["CD"]
    assert conduction.stated == (PLAIN_RBBB, FIRST_DEGREE, PLAIN_LBBB)  # most frequent first
    assert conduction.left_open == ()


def test_what_is_stated_is_what_the_mapper_calls_present(vocabulary: Vocabulary) -> None:
    """An ECG with a code that states a finding is present for it, one with a code that leaves it open is unknown."""
    mapper = LabelMapper.for_vocabulary(vocabulary)
    for database in ("cpsc_2018", "chapman_shaoxing", "ningbo", "georgia"):
        overlaps = class_overlap(vocabulary, "all", database)
        annotated = annotated_codes(database)
        assert tuple(overlaps) == vocabulary.codes
        for column, overlap in enumerate(overlaps.values()):
            for code in annotated:
                state = mapper.label([code], [], closed=True, annotated=annotated)[column]
                assert (state == 1) == (code in overlap.stated)
                if code in overlap.left_open:
                    assert state == -1


def test_a_code_that_gathers_findings_beyond_a_class_does_not_state_it(vocabulary: Vocabulary) -> None:
    t_wave_abnormal = "snomed:164934002"  # NDT of STTC, and four form statements
    overlap = class_overlap(vocabulary, "super", "ningbo")["STTC"]
    assert t_wave_abnormal in overlap.left_open
    assert t_wave_abnormal not in overlap.stated


def test_every_code_is_somewhere(vocabulary: Vocabulary) -> None:
    for database in ("chapman_shaoxing", "ningbo"):
        overlaps = class_overlap(vocabulary, "all", database).values()
        inside = {code for overlap in overlaps for code in (*overlap.stated, *overlap.left_open)}
        outside = set(codes_outside(vocabulary, database))
        assert not inside & outside
        assert inside | outside == set(annotated_counts(database))


def test_the_published_table_is_what_the_script_prints(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "scripts" / "class_overlap.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) > 50
    assert (ROOT / "docs" / "transfer.md").read_text("utf-8").endswith(printed)
