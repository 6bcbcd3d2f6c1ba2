"""Measurements against the truth of simulated hearts, at 500 and 100 Hz, and of signals that tell nothing."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from jaccardio.measurement.beats import at_working_rate, find_beats
from jaccardio.measurement.measure import LONGEST_SECONDS, MEASUREMENTS, measure, measure_recording
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import Recording

from .simulated import ALL_LEADS, clean_beat, example, examples, lead, measured, simulate

RATES = pytest.mark.parametrize("rate", [500.0, 100.0])
CONDUCTED = [(), ("clbbb",), ("crbbb",), ("ivcd",), ("inferior_mi",), ("long_qt",), ("left_axis",)]
R = 400  # sample of R in `clean_beat`


@RATES
@pytest.mark.parametrize("findings", CONDUCTED)
def test_rate_and_no_beat_too_many(findings: tuple[str, ...], rate: float) -> None:
    """T waves as large as those of bundle branch blocks are no beats."""
    for one in examples(*findings, rate=rate):
        assert one["heart_rate"] == pytest.approx(one.heart.rate, rel=0.02)
        assert one["different_beats"] == one["early_beats"] == one["early_different_beats"] == 0
        assert one["rr_variation"] < 0.05


@RATES
@pytest.mark.parametrize("findings", [(), ("crbbb",), ("ivcd",), ("long_qt",), ("inverted_t",), ("st_t",)])
def test_intervals(findings: tuple[str, ...], rate: float) -> None:
    """A Gaussian has no limits, so each interval may differ from its waves' by one constant, and by little else."""
    errors = []
    for one in examples(*findings, rate=rate):
        waves, interval = one.heart.waves, 60 / one.heart.rate
        ventricle = [wave for name, wave in waves.items() if name in ("septum", "apex", "r", "s", "right", "slur")]
        begin = min(wave.centre - 2.5 * wave.rise for wave in ventricle)
        end = max(wave.centre + 2.5 * wave.fall for wave in ventricle)
        p_begin = waves["p_right"].centre - 2 * waves["p_right"].rise
        p_end = waves["p_left"].centre + 2 * waves["p_left"].fall
        t_end = one.heart.qtc * interval**0.5 - 0.04 + one.heart.delay
        truth = {"qrs_duration": end - begin, "pr_interval": begin - p_begin, "p_duration": p_end - p_begin, "qt_interval": t_end - begin}
        errors.append([one[name] - 1000 * seconds for name, seconds in truth.items()])
    middle, spread = np.median(errors, axis=0), np.std(errors, axis=0)
    assert (np.abs(middle) < (12, 14, 20, 14)).all(), middle
    assert (spread < (4, 4, 8, 12)).all(), spread


@RATES
def test_amplitudes(rate: float) -> None:
    """Q, R, S, ST and T of each lead as in the beat without noise."""
    for findings in ((), ("inferior_mi",), ("inverted_t",), ("st_t",)):
        one = example(*findings, rate=rate)
        beat = clean_beat(one.heart)
        for name in ("I", "II", "III", "aVL", "V1", "V2", "V5", "V6"):
            qrs = beat[lead(name), R - 60 : R + 80]
            assert one[f"r_height.{name}"] == pytest.approx(max(qrs.max(), 0), abs=0.12), (findings, name)
            assert max(one[f"q_depth.{name}"], one[f"s_depth.{name}"]) == pytest.approx(max(-qrs.min(), 0), abs=0.12), (findings, name)
            late = beat[lead(name), R + 140 : R + 450]
            wave = late[np.abs(late).argmax()]
            if abs(wave) > 0.15:  # of a lower one with two halves either may be the larger
                assert one[f"t_height.{name}"] == pytest.approx(wave, abs=0.06), (findings, name)


@RATES
def test_signs_of_findings(rate: float) -> None:
    for one in examples("inferior_mi", rate=rate):
        assert min(one[f"q_depth.{name}"] for name in ("III", "aVF")) > 0.2
        assert min(one[f"q_duration.{name}"] for name in ("III", "aVF")) > 25
    for one in examples(rate=rate):
        assert max(one[f"q_depth.{name}"] for name in ("II", "III", "aVF")) < 0.15
    for one in examples("st_t", rate=rate):
        assert one["st_60.V5"] < -0.05
    for one in examples("inverted_t", rate=rate):
        assert one["t_height.V5"] < -0.1
        assert one["axis_angle"] > 90
    for one in examples("left_axis", rate=rate):
        assert -75 < one["qrs_axis"] < -30
    for one in examples("poor_r", rate=rate):
        assert one["r_height.V3"] < 0.3
    for one in examples("crbbb", rate=rate):
        assert one["r2_height.V1"] > 0.1
        assert one["r_time.V1"] > 55
    for one in examples("tall_t", rate=rate):
        assert one["t_height.V3"] > 0.7


@RATES
def test_ectopic_beats(rate: float) -> None:
    for one in examples("vpc", rate=rate) + examples("vpc", "frequent_vpc", rate=rate):
        assert one["different_beats"] == one["early_different_beats"] == one.heart.ectopic_beats
        assert one["early_beats"] == 0
        assert one["heart_rate"] == pytest.approx(one.heart.rate, rel=0.05)
    couplets = examples("vpc", "couplet", rate=rate)  # one beat may lie at the recording's end, where its form is not judged
    assert np.median([one["different_beats"] for one in couplets]) == np.median([one["run_different"] for one in couplets]) == 2
    assert min(one["run_different"] for one in examples("vt", rate=rate)) >= 5


@RATES
def test_bigeminy(rate: float) -> None:
    """Half of the beats are ectopic: rate and form are those of the heart, not of the ectopic beats."""
    for one in examples("vpc", "frequent_vpc", "bigeminy", rate=rate):
        assert one["alternation"] > 0.7
        assert one["early_different_beats"] >= 4
        assert one["every_second"] >= 3
        assert one["heart_rate"] == pytest.approx(one.heart.rate, rel=0.05)
        assert one["qrs_duration"] < 120
        assert one["r_height.V3"] > 0.5


@RATES
def test_fibrillation_and_pacing(rate: float) -> None:
    sinus = examples(rate=rate)
    for one in examples("af", rate=rate):
        assert one["p_constancy"] < 0.75
        assert one["rr_jitter"] > 0.1
        assert np.isnan(one["pr_interval"])
    assert min(one["p_constancy"] for one in sinus) > 0.85
    assert np.median([one["atrial_amplitude"] for one in examples("af", rate=rate)]) > 2 * np.median(
        [one["atrial_amplitude"] for one in sinus]
    )
    paced = examples("pacemaker", rate=rate)
    assert min(one["qrs_duration"] for one in paced) > 115
    if rate == 500:
        assert np.median([one["spike"] for one in paced]) > 1.5 * np.median([one["spike"] for one in sinus])
    else:  # nothing can be left of a spike of a millisecond: whether there is one is unknown
        assert all(np.isnan(one["spike"]) for one in (*paced, *sinus))


@RATES
def test_atrial_extrasystoles_take_no_p_waves_from_the_beats_in_time(rate: float) -> None:
    """The P wave of an early beat is another one and falls into a T wave: no sign of fibrillation."""
    for seed in range(4):
        heart, _ = simulate((), 500.0, seed)
        usual = clean_beat(heart)
        atrial = {name: wave.scaled(-0.3) for name, wave in heart.waves.items() if name.startswith("p_")}
        early = clean_beat(replace(heart, waves=heart.waves | atrial))
        signal = np.random.default_rng(seed).normal(0, 0.005, (12, 11_000))
        for second, beat in [(0.5 + 0.9 * number, usual) for number in (0, 1, 2, 4, 5, 7, 8, 10)] + [
            (3.03, early),
            (5.73, early),
            (8.43, early),
        ]:
            signal[:, round(1000 * second) - 400 : round(1000 * second) + 800] += beat
        one = measured(signal[:, : 10_000 : round(1000 / rate)].astype(np.float32), rate)
        assert one["early_beats"] == 3
        assert one["p_constancy"] > 0.85
        assert one["atrial_amplitude"] < 0.02
        assert np.isfinite(one["pr_interval"])


def test_the_same_ecg_at_other_rates() -> None:
    """Rates that divide nothing are resampled; the names of measurements do not move."""
    _, signal = simulate((), 500.0, 3)
    known = measured(signal, 500.0)
    time = np.arange(257 * 10) / 257
    other = measured(np.stack([np.interp(time, np.arange(5000) / 500, row) for row in signal]).astype(np.float32), 257.0)
    for name, tolerance in (("heart_rate", 0.5), ("qrs_duration", 5), ("qt_interval", 8), ("r_height.V5", 0.06), ("qrs_axis", 3)):
        assert other[name] == pytest.approx(known[name], abs=tolerance)


def test_an_offset_of_the_electrode_changes_nothing() -> None:
    _, signal = simulate((), 100.0, 1)
    assert measured(signal + np.float32(3), 100.0) == pytest.approx(measured(signal, 100.0), abs=2e-3, rel=1e-2, nan_ok=True)


@pytest.mark.parametrize("kept", [("II",), ("I", "II"), ("V1", "V2", "V3")])
def test_masked_leads_are_unknown_whatever_they_hold(kept: tuple[str, ...]) -> None:
    _, signal = simulate((), 100.0, 2)
    mask = np.isin(LEADS, kept)
    values = measured(signal, 100.0, mask)
    garbage = np.where(mask[:, None], signal, np.float32(7e3) * np.random.default_rng(0).standard_normal(signal.shape, np.float32))
    assert measured(garbage, 100.0, mask) == pytest.approx(values, nan_ok=True)
    for name, value in values.items():
        if "." in name:
            assert np.isnan(value) == (name.split(".")[1] not in kept), name
    assert values["heart_rate"] == pytest.approx(measured(signal, 100.0)["heart_rate"], abs=1)
    needs = {"qrs_axis": ("I", "aVF"), "p_height_II": ("II",), "p_terminal_V1": ("V1",), "sokolow": ("V1", "V5"), "cornell": ("aVL", "V3")}
    for name, leads in needs.items():
        assert np.isnan(values[name]) == (not set(leads) <= set(kept)), name


def _degenerate() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    _, sinus = simulate((), 100.0, 0)
    spike = np.zeros((12, 1000), np.float32)
    spike[:, 500] = 5
    return {
        "flat": np.zeros((12, 1000), np.float32),
        "constant": np.full((12, 1000), 4.2, np.float32),
        "one spike": spike,
        "ramp": np.tile(np.linspace(-3, 3, 1000, dtype=np.float32), (12, 1)),
        "two beats": sinus[:, :180],
        "two beats in a flat line": np.concatenate([sinus[:, :180], np.zeros((12, 820), np.float32)], axis=1),
        "empty": np.zeros((12, 0), np.float32),
        "one sample": np.zeros((12, 1), np.float32),
        "noise": rng.normal(0, 1, (12, 1000)).astype(np.float32),
        "huge": (1e6 * rng.normal(0, 1, (12, 1000))).astype(np.float32),
        "square": np.sign(np.sin(np.arange(1000) * 0.4)).astype(np.float32) * np.ones((12, 1), np.float32),
        "clipped": np.clip(sinus, -0.05, 0.05),
    }


UNKNOWN = ("flat", "constant", "ramp", "one spike", "two beats", "two beats in a flat line", "empty", "one sample", "noise", "huge")


@pytest.mark.parametrize("name", _degenerate())
def test_what_is_no_ecg_is_unknown_and_never_fails(name: str) -> None:
    signal = _degenerate()[name]
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        values = measure(signal, 100.0, ALL_LEADS)
        alone = measure(signal, 100.0, np.isin(LEADS, ("V4",)))
    assert values.dtype == np.float32
    assert values.shape == alone.shape == (len(MEASUREMENTS),)
    assert not np.isinf(values).any()
    if name in UNKNOWN:
        assert np.isnan(values).all()


def test_no_lead_no_measurement() -> None:
    assert np.isnan(measure(simulate((), 100.0, 0)[1], 100.0, np.zeros(12, dtype=np.bool_))).all()


def test_of_a_long_recording_the_beginning_is_measured() -> None:
    _, sinus = simulate((), 100.0, 0)
    long = np.concatenate([sinus, simulate(("af",), 100.0, 1)[1]], axis=1)
    assert long.shape[1] > LONGEST_SECONDS * 100
    beginning = measure_recording(Recording(long, 100.0, ALL_LEADS, "long"))
    assert beginning == pytest.approx(measure(sinus, 100.0, ALL_LEADS), nan_ok=True)


def test_beats_stand_where_the_heart_beats() -> None:
    """The middle of QRS, one for each beat, evenly."""
    heart, signal = simulate((), 500.0, 4)
    beats = find_beats(at_working_rate(signal, 500.0))
    assert beats is not None
    assert len(beats.places) == pytest.approx(10 * heart.rate / 60, abs=1)
    loudest = np.abs(signal[lead("II")])
    for place in beats.places[beats.whole]:
        assert abs(int(loudest[place - 100 : place + 100].argmax()) - 100) <= 15
    assert beats.alike.all()
