"""What an ECG's measurements tell a model beside its signal."""

from dataclasses import replace

import numpy as np
import pytest

from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement import evidence as module
from jaccardio.measurement.definitions import defined_in, definitions_of
from jaccardio.measurement.evidence import evidence_fingerprint, evidence_inputs
from jaccardio.measurement.measure import MEASUREMENTS
from jaccardio.measurement.statements import measured_statements, truths

DEFINED = ("AFIB", "CLBBB")


def test_degrees_of_all_statements_then_log_odds_of_definitions_unknown_where_nothing_was_measured() -> None:
    measurements = np.random.default_rng(0).normal(1, 1, (4, len(MEASUREMENTS))).astype(np.float32)
    measurements[1], measurements[2, ::3] = np.nan, np.nan
    inputs, statements = evidence_inputs(measurements, DEFINED), measured_statements()
    assert inputs.shape == (4, len(statements) + 2)
    assert inputs.dtype == np.float32
    np.testing.assert_array_equal(inputs[:, : len(statements)], truths(measurements))
    for ecg in (0, 2, 3):
        degrees = dict(zip(statements, truths(measurements[[ecg]]).T.astype(np.float64), strict=True))
        for column, definition in enumerate(definitions_of(DEFINED).values(), start=len(statements)):
            fit = float(definition.score(degrees)[0])
            np.testing.assert_allclose(inputs[ecg, column], np.log(fit / (1 - fit)), rtol=1e-4)
    assert np.isnan(inputs[1]).all()
    assert np.isfinite(inputs[[0, 3]]).all()


def test_only_vocabularies_that_ship_are_defined() -> None:
    shipped = Vocabulary.load("ptbxl71").subset([1, 5])
    assert defined_in(shipped) == tuple(shipped.codes)
    assert defined_in(replace(shipped, name="of a hospital")) == ()
    assert evidence_inputs(np.zeros((2, len(MEASUREMENTS)), np.float32), ()).shape == (2, len(measured_statements()))


def test_the_fingerprint_changes_with_a_definition_a_threshold_and_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    first = evidence_fingerprint(DEFINED)
    assert first == evidence_fingerprint(DEFINED)
    assert first not in (evidence_fingerprint(DEFINED[:1]), evidence_fingerprint(DEFINED[::-1]))
    statements = dict(measured_statements())
    with monkeypatch.context() as patch:
        patch.setattr(module, "measured_statements", lambda: dict(reversed(statements.items())))
        assert evidence_fingerprint(DEFINED) != first
    code = next(iter(statements))
    statements[code] = next(statement for statement in statements.values() if statement.conditions != statements[code].conditions)
    monkeypatch.setattr(module, "measured_statements", lambda: statements)
    assert evidence_fingerprint(DEFINED) != first
