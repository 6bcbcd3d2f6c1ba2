"""What each database annotates, by the published counts."""

from jaccardio.findings.abbreviations import challenge_abbreviations
from jaccardio.findings.coverage import annotated_codes

DATABASES = ("ptbxl", "cpsc_2018", "cpsc_2018_extra", "st_petersburg", "ptb", "ptb_xl", "georgia", "chapman_shaoxing", "ningbo")


def test_every_database_is_on_record() -> None:
    assert all(annotated_codes(database) for database in DATABASES)


def test_a_code_counts_as_annotated_from_one_record_on() -> None:
    assert "snomed:365413008" in annotated_codes("ningbo")  # poor R wave progression, 638 records
    assert "snomed:251259000" in annotated_codes("cpsc_2018_extra")  # high T voltage, 1 record
    assert "snomed:365413008" not in annotated_codes("georgia")
    assert len(annotated_codes("cpsc_2018")) == 8  # the nine classes of CPSC 2018 but its Normal


def test_sinus_rhythm_is_not_closed_where_it_is_left_out_beside_other_findings() -> None:
    closed = {database for database in DATABASES if "snomed:426783006" in annotated_codes(database)}
    assert closed == {"ptb_xl", "chapman_shaoxing", "ningbo"}


def test_ptbxl_annotates_all_statements_and_the_axis() -> None:
    codes = annotated_codes("ptbxl")
    assert sum(code.startswith("scp:") for code in codes) == 71
    assert "axis:LAD" in codes


def test_a_database_not_on_record_annotates_nothing() -> None:
    assert annotated_codes("elsewhere") == frozenset()


def test_abbreviations_reach_every_code_of_the_challenge() -> None:
    abbreviations = challenge_abbreviations()
    assert abbreviations["lbbb"] == "164909002"
    assert abbreviations["clbbb"] == "733534002"
    assert {f"snomed:{code}" for code in abbreviations.values()} >= annotated_codes("ningbo") | annotated_codes("ptb")
