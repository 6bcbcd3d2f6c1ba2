"""Statements: every row of the table, truth about its threshold, and sentences that are told apart."""

import re

import numpy as np
import pytest

from jaccardio.errors import UsageError
from jaccardio.measurement.measure import MEASUREMENTS
from jaccardio.measurement.statements import LANGUAGES, Condition, measured_statements, statement_sentences, truths
from jaccardio.recording.leads import LEADS

from .simulated import example, examples

NAMES = list(MEASUREMENTS)
STATEMENTS = measured_statements()


def _at(values: dict[str, float]) -> np.ndarray:
    row = np.full((1, len(NAMES)), np.nan, dtype=np.float32)
    for name, value in values.items():
        row[0, NAMES.index(name)] = value
    return row


def _truth(code: str, values: dict[str, float]) -> float:
    return float(truths(_at(values), [code])[0, 0])


def _clearly(measurement: str, conditions: tuple[Condition, ...]) -> float:
    """A value at which all conditions on a measurement hold."""
    on_it = [condition for condition in conditions if condition.measurement == measurement]
    if len(on_it) == 2:
        return (on_it[0].threshold + on_it[1].threshold) / 2
    return on_it[0].threshold + 50 * on_it[0].sign * on_it[0].width


@pytest.mark.parametrize("code", STATEMENTS)
def test_truth_about_the_threshold(code: str) -> None:
    """Half at the threshold, 0.73 one width beyond, rising; unknown where any condition's measurement is."""
    statement = STATEMENTS[code]
    for condition in statement.conditions:
        others = {other.measurement: _clearly(other.measurement, statement.conditions) for other in statement.conditions}
        levels = [condition.threshold + step * condition.sign * condition.width for step in (-1, 0, 1)]
        if sum(other.measurement == condition.measurement for other in statement.conditions) == 1:
            got = [_truth(code, others | {condition.measurement: level}) for level in levels]
            assert got == pytest.approx([0.2689, 0.5, 0.7311], abs=0.012)
        else:  # between two thresholds
            [other] = [one for one in statement.conditions if one.measurement == condition.measurement and one != condition]
            beyond = 1 / (1 + np.exp(-other.sign * (levels[1] - other.threshold) / other.width))
            assert _truth(code, others | {condition.measurement: levels[1]}) == pytest.approx(0.5 * beyond, abs=1e-3)
        assert np.isnan(_truth(code, {name: value for name, value in others.items() if name != condition.measurement}))


def test_codes_and_sentences_are_told_apart() -> None:
    for language in LANGUAGES:
        texts = [text for one in STATEMENTS.values() for text in (one.sentences[language], one.denials[language])]
        assert len(set(texts)) == len(texts)
        assert all(text == text.strip() and text[-1] in ".。" for text in texts)
        assert not any("{" in text for text in texts)
    for code, statement in STATEMENTS.items():
        assert re.fullmatch(r"[A-Za-z0-9_]+(\.\w+)?", code)
        assert statement.conditions
        if statement.lead:
            assert statement.lead in LEADS
            assert all(condition.measurement.endswith(f".{statement.lead}") for condition in statement.conditions)
            for text in (*statement.sentences.values(), *statement.denials.values()):
                assert statement.lead in text


def test_a_row_that_cannot_be_read_says_why() -> None:
    for text in ("heart_rate > 100", "heart_rat > 100 ± 4", "heart_rate = 100 ± 4", ""):
        with pytest.raises(ValueError, match="MEASUREMENT > VALUE"):
            Condition.parse(text)


def test_truths_keep_order_and_unknown() -> None:
    codes = ["qrs_wide", "rate_fast", "t_inverted.V4"]
    rows = np.concatenate([_at({"qrs_duration": 160, "heart_rate": 50}), example().measurements])
    degrees = truths(rows, codes)
    assert degrees.dtype == np.float32
    assert degrees[0, 0] > 0.99
    assert degrees[0, 1] < 0.01
    assert np.isnan(degrees[0, 2])
    assert not np.isnan(degrees[1]).any()
    assert truths(rows).shape == (2, len(STATEMENTS))
    assert truths(rows, []).shape == (2, 0)


def test_sentences_in_a_language_or_a_refusal() -> None:
    assert statement_sentences(["rate_fast"], "en") == ["The heart rate is fast."]
    assert statement_sentences([], "de") == []
    with pytest.raises(UsageError, match="no sentences in 'de'"):
        statement_sentences(["rate_fast"], "de")


@pytest.mark.parametrize(
    ("findings", "true", "false"),
    [
        (
            (),
            ("p_present", "regular", "positive.I", "positive.V6"),
            ("qrs_wide", "p_absent", "irregular", "early_different", "t_inverted.V5"),
        ),
        (("clbbb",), ("qrs_wide", "positive.V6"), ("qrs_narrow", "positive.V1", "pause", "rate_fast")),
        (("crbbb",), ("r_second.V1", "s_wide.V6"), ("qs.V1",)),
        (("af",), ("p_absent", "jittering"), ("p_present", "regular", "sawtooth")),
        (("vpc",), ("different", "early_different"), ("early_usual", "alternating")),
        (("vpc", "frequent_vpc", "bigeminy"), ("alternating", "early_often", "different_often"), ("rate_fast", "qrs_very_wide")),
        (("inferior_mi",), ("q_wide.III", "q_wide.aVF"), ("q_wide.V5", "qs.V3")),
        (("left_axis",), ("axis_left",), ("axis_right",)),
        (("st_t",), ("st_down.V5",), ("st_up.V5", "t_inverted.V5")),
        (("inverted_t",), ("t_inverted.V5", "axes_apart"), ("t_tall.V3",)),
        (("poor_r",), ("r_low.V3",), ("qs.V6",)),
    ],
)
@pytest.mark.parametrize("rate", [500.0, 100.0])
def test_statements_of_simulated_findings(findings: tuple[str, ...], true: tuple[str, ...], false: tuple[str, ...], rate: float) -> None:
    rows = np.concatenate([one.measurements for one in examples(*findings, rate=rate)])
    assert (np.median(truths(rows, true), axis=0) > 0.6).all(), dict(zip(true, np.median(truths(rows, true), axis=0), strict=True))
    assert (np.median(truths(rows, false), axis=0) < 0.4).all(), dict(zip(false, np.median(truths(rows, false), axis=0), strict=True))
