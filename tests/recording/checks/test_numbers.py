"""Each number against a fault of known size."""

import numpy as np
import pytest

from jaccardio.recording.checks.coverage import rail_milliseconds, straight_seconds
from jaccardio.recording.checks.electrodes import EXCHANGES, MATRICES, USUAL, covariance, likeness, reversal
from jaccardio.recording.checks.interference import noise, slowed, voltage, wander

RATES = (100.0, 250.0, 500.0, 1000.0)


@pytest.mark.parametrize("rate", RATES)
def test_noise_wander_and_voltage_hardly_depend_on_the_rate(rate: float) -> None:
    seconds = np.arange(round(10 * rate)) / rate
    beats = np.where(np.abs(seconds % 1 - 0.5) < 0.02, 1.5, 0.0)
    lead = (beats + 0.6 * np.sin(2 * np.pi * 0.15 * seconds)).astype(np.float32)[None]
    slow, slow_rate = slowed(lead, rate)
    assert 80 <= slow_rate <= 190
    assert noise(slow)[0] < 0.002, "beats and baseline are no noise"
    assert wander(slow, slow_rate)[0] == pytest.approx(1.2, rel=0.15)
    assert voltage(slow, slow_rate) == pytest.approx(1.8, rel=0.35)


def test_noise_is_the_standard_deviation_of_white_noise() -> None:
    white = np.random.default_rng(0).normal(0, 0.05, (1, 5000)).astype(np.float32)
    assert noise(white)[0] == pytest.approx(0.05, rel=0.05)


def test_the_longest_straight_line_of_each_lead() -> None:
    leads = np.random.default_rng(0).normal(0, 1, (4, 1000)).astype(np.float32)
    leads[1, 300:400] = 0.25
    leads[2, 900:] = np.linspace(0, 0.5, 100)
    leads[3, :50] = 0.5
    np.testing.assert_allclose(straight_seconds(leads, 100.0), [0, 0.98, 0.98, 0.48], atol=0.011)


def test_a_cut_off_lead_stands_at_its_limit() -> None:
    seconds = np.arange(1000) / 100
    beats = np.sin(np.pi * (seconds % 1)) ** 20 + np.random.default_rng(0).normal(0, 0.01, 1000)
    leads = np.stack([beats, np.minimum(beats, 0.6), 0.1 * np.sign(beats - 0.5)]).astype(np.float32)
    whole, cut, small = rail_milliseconds(leads, 100.0)
    assert whole == 10
    assert cut > 500
    assert small == 0, "so near to the middle is no limit"


def test_an_exchange_undoes_itself_and_is_found_in_the_usual_ecg() -> None:
    np.testing.assert_allclose(MATRICES @ MATRICES, np.broadcast_to(np.eye(8), MATRICES.shape))
    usual = USUAL / np.outer(np.diag(USUAL) ** -0.5, np.diag(USUAL) ** -0.5)  # sizes as before `usual_form` took their roots
    assert reversal(usual)[0] < 1
    for name, matrix in zip(EXCHANGES, MATRICES, strict=True):
        gain, found = reversal(matrix @ usual @ matrix.T)
        assert gain > 1, name
        if name != "LA/LL":
            assert found == name


def test_a_copy_of_a_lead_is_found_at_any_gain() -> None:
    leads = np.cumsum(np.random.default_rng(0).normal(0, 0.1, (12, 1000)), axis=1).astype(np.float32)
    present = np.ones(8, dtype=np.bool_)
    assert likeness(covariance(leads, 100.0), present)[0] < 0.9
    leads[8] = 1.3 * leads[7]
    value, which = likeness(covariance(leads, 100.0), present)
    assert value > 0.995
    assert which == "V2=V3"
    present[2:] = False
    assert likeness(covariance(leads, 100.0), present)[0] < 0.9, "leads that were not recorded are no copies of each other"
    present[1] = False
    assert np.isnan(likeness(covariance(leads, 100.0), present)[0])
