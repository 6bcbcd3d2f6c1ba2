"""Definitions by statements: the file that ships speaks of every finding, scores follow the statements, faults are named."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.errors import DataError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.clauses import FLOOR, Clause
from jaccardio.measurement.definitions import Definition, definition_of_sentence, definitions_of, load_definitions, read_definitions
from jaccardio.measurement.statements import measured_statements

SHIPPED = read_definitions((resources.files("jaccardio.measurement") / "data" / "definitions.toml").read_text("utf-8"), "definitions.toml")
NAMES = sorted(SHIPPED)


def everything(value: float) -> dict[str, NDArray[np.float64]]:
    return dict.fromkeys(measured_statements(), np.array([value]))


def fitting(clause: Clause, truth: float = 0.98) -> dict[str, NDArray[np.float64]]:
    """Degrees that let a clause hold as far as its statements allow, the first words of it deciding; all else unknown."""
    degrees = everything(np.nan)

    def settle(part: Clause) -> None:
        if part.how in ("statement", "not") and np.isnan(degrees[part.code][0]):
            degrees[part.code] = np.array([truth if part.how == "statement" else 1 - truth])
        for inner in part.parts:
            settle(inner)

    settle(clause)
    return degrees


def define(*shows: str) -> Definition:
    return read_definitions(f"[X]\nshows = [{', '.join(shows)}]", "x.toml")["X"]


def score(definition: Definition, **degrees: float) -> float:
    return float(definition.score({code: np.array([value]) for code, value in degrees.items()})[0])


def test_every_finding_of_both_vocabularies_is_defined_and_no_other() -> None:
    findings = [finding.code for name in ("ptbxl71", "paper26") for finding in Vocabulary.load(name).findings]
    assert set(SHIPPED) == set(findings)
    assert definitions_of(findings) == {code: SHIPPED[code] for code in findings}


def test_a_finding_without_a_definition_is_named() -> None:
    with pytest.raises(UsageError, match="no definition of mine"):
        definitions_of(["AFIB", "mine"])


@pytest.mark.parametrize("finding", NAMES)
def test_shipped_definitions_have_a_source_and_few_clauses(finding: str) -> None:
    assert len(SHIPPED[finding].source) > 10
    assert 1 <= len(SHIPPED[finding].clause.parts) <= 5


@pytest.mark.parametrize("finding", NAMES)
def test_a_shipped_definition_rises_with_its_statements(finding: str) -> None:
    clause = SHIPPED[finding].clause
    high, low = (float(clause.degree(fitting(clause, truth))[0]) for truth in (0.98, 0.02))
    assert high > 0.75
    assert low < 0.3


@pytest.mark.parametrize("finding", NAMES)
def test_a_shipped_definition_of_an_unmeasured_ecg_is_unknown(finding: str) -> None:
    assert np.isnan(SHIPPED[finding].score(everything(np.nan))).all()


@pytest.mark.parametrize(
    ("seen", "rival"),
    [
        ({"qrs_wide": 1, "positive.V1": 0, "positive.V2": 0, "r_late.I": 1, "r_late.V5": 1, "r_late.V6": 1}, ("CLBBB", "CRBBB")),
        (
            {"qrs_wide": 1, "r_second.V1": 1, "r_late.V1": 1, "positive.V1": 1, "s_wide.I": 1, "s_wide.V6": 1, "r_late.V6": 0},
            ("CRBBB", "CLBBB"),
        ),
        ({"qrs_slightly_wide": 1, "qrs_wide": 0, "r_second.V1": 1, "r_late.V1": 1, "s_wide.I": 1, "s_wide.V6": 1}, ("IRBBB", "CRBBB")),
        ({"irregular": 1, "jittering": 1, "p_absent": 1, "p_present": 0, "atrial_waves": 1}, ("AFIB", "SR")),
        ({"q_any.III": 1, "q_wide.III": 1, "q_any.aVF": 1, "q_wide.aVF": 1, "q_any.II": 1}, ("IMI", "ASMI")),
        ({"q_any.V1": 1, "q_small.V2": 1, "q_small.V3": 1, "r_very_low.V2": 1, "r_low.V3": 1, "r_progression_poor": 1}, ("ASMI", "IMI")),
        ({"t_inverted.II": 1, "t_inverted.III": 1, "t_inverted.aVF": 1}, ("ISCIN", "ISCAS")),
        ({"st_down_deep.V1": 1, "st_down_deep.V2": 1, "st_down_deep.V3": 1, "st_down_falling.V2": 1}, ("INJAS", "INJIN")),
        ({"axis_left": 1, "axis_far_left": 1, "q_small.aVL": 1, "r_over_s.aVL": 1}, ("LAFB", "LPFB")),
        ({"axis_right": 1, "axis_far_right": 1, "q_small.III": 1, "q_small.aVF": 1, "r_over_s.aVF": 1}, ("LPFB", "LAFB")),
        ({"voltage_sokolow": 1}, ("VCLVH", "LVH")),
        (
            {"voltage_sokolow": 1, "t_inverted.V5": 1, "t_inverted.V6": 1, "st_down.V5": 1, "st_down.V6": 1, "strain.V5": 1},
            ("LVH", "VCLVH"),
        ),
        ({"rate_fast": 1, "p_present": 1, "regular": 1}, ("STACH", "SVTAC")),
        ({"early_different": 1, "different": 1, "pause": 1, "p_present": 1}, ("PVC", "PAC")),
        ({"every_second": 1, "alternating": 1, "early_often": 1}, ("BIGU", "TRIGU")),
        ({"every_third": 1, "early_often": 1}, ("TRIGU", "BIGU")),
        ({"early_different": 1, "run_different": 1}, ("couplet", "vt")),
        ({"early_different": 1, "run_different": 1, "run_different_long": 1, "p_present": 1}, ("vt", "couplet")),
        ({"pr_short": 1, "qrs_slow_start": 1, "qrs_above_110": 1}, ("WPW", "IVCD")),
    ],
)
def test_siblings_are_told_apart_by_what_is_seen(seen: dict[str, float], rival: tuple[str, str]) -> None:
    degrees = everything(0.03) | {code: np.array([0.97 if value else 0.03]) for code, value in seen.items()}
    right, wrong = (float(SHIPPED[finding].score(degrees)[0]) for finding in rival)
    assert right > 0.5
    assert right > wrong + 0.2


def test_all_is_the_geometric_mean_and_no_statement_rules_out_alone() -> None:
    both = define('"qrs_wide"', '"p_absent"')
    assert score(both, qrs_wide=0.9, p_absent=0.4) == pytest.approx(0.6)
    assert score(both, qrs_wide=0.0, p_absent=1.0) == pytest.approx(FLOOR**0.5)
    assert score(both, qrs_wide=0.0, p_absent=0.0) == pytest.approx(FLOOR)


def test_a_clause_denied_as_a_whole_is_one_less_it() -> None:
    both = define('"qrs_wide"', '"p_absent"').clause
    denied = Clause("not", parts=(both,))
    assert denied.codes() == both.codes()
    degrees = {"qrs_wide": np.array([0.9, np.nan]), "p_absent": np.array([0.4, np.nan])}
    np.testing.assert_allclose(denied.degree(degrees), [0.4, np.nan])


def test_not_any_and_most() -> None:
    assert score(define('"not qrs_wide"'), qrs_wide=0.2) == pytest.approx(0.8)
    assert score(define('{ any = ["qrs_wide", "not p_absent"] }'), qrs_wide=0.2, p_absent=0.7) == pytest.approx(0.44)
    assert score(define('{ most = ["qrs_wide", "p_absent"] }'), qrs_wide=0.2, p_absent=0.7) == pytest.approx(0.45)


@pytest.mark.parametrize("how", ["any", "most", "all"])
def test_unknown_parts_are_left_out_and_all_unknown_is_unknown(how: str) -> None:
    definition = define(f'{{ {how} = ["qrs_wide", "not p_absent"] }}')
    assert score(definition, qrs_wide=0.3, p_absent=np.nan) == pytest.approx(0.3)
    assert np.isnan(score(definition, qrs_wide=np.nan, p_absent=np.nan))


def test_codes_come_once_in_order() -> None:
    assert define('"qrs_wide"', '{ any = ["p_absent", "not qrs_wide", { most = ["st_up.II"] }] }').clause.codes() == (
        "qrs_wide",
        "p_absent",
        "st_up.II",
    )


def refusal(text: str) -> str:
    with pytest.raises(DataError) as caught:
        read_definitions(text, "mine.toml")
    return str(caught.value)


def test_a_refusal_names_file_finding_and_clause() -> None:
    assert "mine.toml: not TOML" in refusal("[X")
    for table in ("[X]\nsource = 'a'", "[X]\nshows = []", "[X]\nshows = 'qrs_wide'", "[X]\nshows = ['qrs_wide']\nnote = 'n'", "X = 1"):
        assert "mine.toml: [X]: write shows = [...]" in refusal(table)
    assert "[X]: 'AFIB'" in refusal("[X]\nshows = ['AFIB']")
    assert refusal("[X]\nshows = ['st_up.v2']").endswith("lists them; did you mean st_up.V2?")


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_a_file_without_a_finding_is_refused(text: str) -> None:
    assert "mine.toml: defines no finding" in refusal(text)


def test_what_must_hold_and_must_not_is_refused() -> None:
    assert "[X]: qrs_wide must hold and must not" in refusal("[X]\nshows = ['qrs_wide', 'p_absent', 'The QRS complex is not wide.']")


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("['心房細動']\nshows = ['P波がない']\n", "utf-8-sig")
    assert list(load_definitions(file)) == ["心房細動"]


@pytest.mark.parametrize(
    "clause", ["{ some = ['qrs_wide'] }", "{ any = [] }", "{ any = 'qrs_wide' }", "{ any = ['qrs_wide'], most = ['p_absent'] }", "3"]
)
def test_clauses_of_another_form_are_refused(clause: str) -> None:
    assert "a clause is a statement" in refusal(f"[X]\nshows = [{clause}]")


def test_a_clause_may_be_a_sentence() -> None:
    words = define('"ST elevation in II, III and aVF"', "'幅広いQRS'", '{ any = ["no P waves", "not regular"] }')
    codes = define('{ most = ["st_up.II", "st_up.III", "st_up.aVF"] }', '"qrs_wide"', '{ any = ["p_absent", "not regular"] }')
    assert words.clause == codes.clause


def test_a_sentence_of_several_statements_asks_for_all() -> None:
    assert define('"The rhythm is irregular without P waves."').clause == define('{ all = ["irregular", "p_absent"] }').clause


@pytest.mark.parametrize("sentence", ["left bundle branch block", "心房細動", "This ECG shows a wooden table.", "not AFIB", ""])
def test_a_sentence_that_names_no_statement_is_refused(sentence: str) -> None:
    message = refusal(f"[X]\nshows = ['{sentence}']")
    assert f"[X]: '{sentence}'" in message
    assert "names none in words" in message


@pytest.mark.parametrize("slip", ["qrs_wide.V2", "st_up.V9", "not qrs_wde", "qrs_wide_"])
def test_a_code_with_a_slip_is_not_read_as_words(slip: str) -> None:
    assert f"{slip!r}" in refusal(f"[X]\nshows = ['{slip}']")


def test_definition_of_a_sentence() -> None:
    definition = definition_of_sentence("ST elevation in II, III and aVF with wide QRS")
    assert definition is not None
    assert definition.clause.codes() == ("st_up.II", "st_up.III", "st_up.aVF", "qrs_wide")
    assert score(definition, **{"st_up.II": 1.0, "st_up.III": 1.0, "st_up.aVF": 0.7, "qrs_wide": 0.9}) == pytest.approx(0.9)
    assert definition_of_sentence("inferior infarction") is None
