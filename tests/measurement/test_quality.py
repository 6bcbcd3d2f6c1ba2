"""What is flagged, refused, and left unknown."""

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jaccardio.errors import ReadError
from jaccardio.measurement.measure import MEASUREMENTS, measure
from jaccardio.measurement.quality import check_recording, rate_factor
from jaccardio.recording.checks.table import CHECKS, configured
from jaccardio.recording.preprocessing import SignalContract
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.recording import Recording
from tests.conftest import Hospitals

from .simulated import ALL_LEADS, simulate

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "quality_checks.py"))
NAMES = list(CHECKS)
CONTRACT = SignalContract(100.0)


@pytest.fixture(scope="module")
def recordings(hospitals: Hospitals) -> list[Recording]:
    return [read_ecg(file) for file in sorted((hospitals.folder / "site-a").rglob("*.hea"))[:12]]


@pytest.fixture(scope="module")
def recording(recordings: list[Recording]) -> Recording:
    """One in which the checks find nothing."""
    return next(recording for recording in recordings if checked(recording)[1] == recording.flags)


def checked(recording: Recording, *settings: str) -> tuple[dict[str, float], tuple[str, ...]]:
    measured = measure(recording.signal, recording.sampling_rate, recording.lead_mask)
    quality = check_recording(recording, CONTRACT.apply(recording), measured, configured(settings))
    return dict(zip(NAMES, quality.values.tolist(), strict=True)), quality.flags


def test_sound_recordings_have_numbers_and_most_no_new_flag(recording: Recording, recordings: list[Recording]) -> None:
    assert sum(checked(one)[1] == one.flags for one in recordings) >= 9
    values, _ = checked(recording)
    assert [name for name, value in values.items() if not np.isfinite(value)] == ["pacing"], "at 100 Hz no spike can be seen"
    assert values["einthoven"] < 0.1


def test_a_fault_is_flagged_once_with_its_lead_and_refused_where_that_is_wished(recording: Recording) -> None:
    signal = recording.signal.copy()
    signal[8] += np.random.default_rng(0).normal(0, 0.2, signal.shape[1]).astype(np.float32)
    noisy = replace(recording, signal=signal)
    values, flags = checked(noisy)
    assert values["noise"] == pytest.approx(0.2, rel=0.15)
    assert [flag for flag in flags if flag not in recording.flags] == ["noise:V3"]
    assert checked(noisy, "noise=ignore")[1] == recording.flags
    with pytest.raises(ReadError, match=r"noise: 0\.\d+ mV in lead V3, 0.04 is allowed. To keep such ECGs: --check noise=flag"):
        checked(noisy, "noise=refuse")


def test_every_check_has_a_fault_that_shows_what_it_finds() -> None:
    assert set(SCRIPT["FAULTS"]) == set(CHECKS)


def test_injected_spikes_are_a_pacemakers() -> None:
    (inject,) = SCRIPT["FAULTS"]["pacing"].values()
    hearts = [simulate((), 500.0, seed)[1] for seed in range(6)]
    paced = [inject(signal.copy(), 500.0, np.random.default_rng(seed)) for seed, signal in enumerate(hearts)]
    spikes = np.array([measure(signal, 500.0, ALL_LEADS)[list(MEASUREMENTS).index("spike")] for signal in (*hearts, *paced)])
    assert (spikes[:6] < 0.7).all()
    assert (spikes[6:] > 0.9).all()
    assert all(np.abs(signal[0] + signal[2] - signal[1]).max() < 0.02 for signal in paced), "the limb leads see one spike"


def test_what_reading_has_flagged_is_counted_and_not_flagged_again(recording: Recording) -> None:
    signal, mask = recording.signal.copy(), recording.lead_mask.copy()
    signal[9:11], mask[9:11] = 0, False
    values, flags = checked(replace(recording, signal=signal, lead_mask=mask, flags=("flat:V4", "flat:V5", "trimmed: 3.0 s")))
    assert (values["flat"], values["gap"]) == (2, 3)
    assert flags == ("flat:V4", "flat:V5", "trimmed: 3.0 s")
    assert np.isnan(values["reversal_suspect"]), "without all leads exchanged electrodes are unknown"


def test_limb_leads_that_were_derived_prove_nothing(recording: Recording) -> None:
    derived = tuple(f"derived:{lead}" for lead in ("III", "aVR", "aVL", "aVF"))
    assert np.isnan(checked(replace(recording, flags=derived))[0]["einthoven"])


def test_a_wrong_rate_stretches_everything() -> None:
    measured = np.full(len(MEASUREMENTS), np.nan, dtype=np.float32)
    place = {name: number for number, name in enumerate(MEASUREMENTS)}
    assert np.isnan(rate_factor(measured))
    for name, value in {"heart_rate": 72, "qrs_duration": 102, "pr_interval": 175, "p_duration": 116, "qt_interval": 374}.items():
        measured[place[name]] = value
    assert rate_factor(measured) == pytest.approx(1, abs=0.01)
    twice = measured * 2
    twice[place["heart_rate"]] = 36
    assert rate_factor(twice) == pytest.approx(2, rel=0.02)
    block = measured.copy()
    block[place["qrs_duration"]] = 170
    assert rate_factor(block) < 1.3, "a bundle branch block is no wrong rate"


def test_beats_at_the_end_of_a_recording_at_a_high_rate_are_measured(real_data: Path) -> None:
    """Places of beats were once moved past the end."""
    for file in sorted((real_data / "ptbxl" / "records100").rglob("*.hea"))[:30]:
        recording = read_ecg(file)
        measure(recording.signal, 200.0, recording.lead_mask)
