from typing import Any

import numpy as np
import pytest
import torch

from jaccardio.errors import JaccardioError, ReadError, UsageError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import Recording

SIGNAL = np.ones((12, 200), dtype=np.float32)
MASK = np.ones(12, dtype=np.bool_)


def test_sound_recording() -> None:
    assert Recording(SIGNAL, 100.0, MASK, "a").seconds == 2.0


@pytest.mark.parametrize(
    ("signal", "rate", "mask", "words"),
    [
        (SIGNAL.astype(np.float64), 100.0, MASK, "float32"),
        (SIGNAL[:8], 100.0, MASK, "shape"),
        (SIGNAL[:, :0], 100.0, MASK, "shape"),
        (SIGNAL, 0.0, MASK, "sampling_rate"),
        (SIGNAL, float("nan"), MASK, "sampling_rate"),
        (SIGNAL, 10_001.0, MASK, "sampling_rate"),
        (SIGNAL * np.float32(np.nan), 100.0, MASK, "finite"),
        (SIGNAL, 100.0, MASK[:8], "lead_mask"),
        (SIGNAL, 100.0, MASK.astype(np.int8), "lead_mask"),
        (SIGNAL * 0, 100.0, ~MASK, "usable lead"),
        (SIGNAL, 100.0, np.arange(12) != 3, "zero"),
    ],
)
def test_refused(signal: np.ndarray, rate: float, mask: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Recording(signal, rate, mask, "a")


@pytest.fixture
def ecg(counts: np.ndarray) -> np.ndarray:
    """(12, 1000) millivolt of sines, no ECG, whose limb leads obey Einthoven."""
    return counts / 1000


def test_an_array_in_any_order_and_unit_is_a_recording(ecg: np.ndarray) -> None:
    order = np.random.default_rng(0).permutation(12)
    leads = [LEADS[row].upper() for row in order]
    made = Recording.from_array(ecg[order] * 1e3, 100, leads=leads, unit="uV", recording_id="x", patient_key="p")
    assert (made.recording_id, made.patient_key, made.sampling_rate, made.flags) == ("x", "p", 100, ())
    np.testing.assert_allclose(made.signal, ecg, atol=1e-6)
    assert (made.signal.dtype, made.lead_mask.all()) == (np.float32, True)


def test_missing_leads_of_an_array_are_derived_or_masked(ecg: np.ndarray) -> None:
    made = Recording.from_array(ecg[:2], 100, leads=("I", "II"))
    np.testing.assert_allclose(made.signal[:6], ecg[:6], atol=0.002)
    assert made.lead_mask.tolist() == [True] * 6 + [False] * 6
    iec = Recording.from_array(ecg, 100, leads=("Lead I", "Lead II", "III", "AVR", "AVL", "AVF", "C1", "C2", "C3", "C4", "C5", "C6"))
    np.testing.assert_array_equal(iec.signal, Recording.from_array(ecg, 100).signal)
    gap = ecg.copy()
    gap[8, 10:12] = np.nan
    assert Recording.from_array(gap, 100).flags == ("nan-filled:V3",)


@pytest.mark.parametrize(
    ("change", "keywords", "kind", "words"),
    [
        (lambda x: x * 1e3, {}, ReadError, "wrong unit"),
        (lambda x: x[[1, 0, *range(2, 12)]], {}, ReadError, "limb leads"),
        (lambda x: np.where(np.arange(1000) == 5, np.inf, x), {}, ReadError, "infinite"),
        (lambda x: x * np.nan, {}, ReadError, "NaN"),
        (lambda x: x.T, {}, UsageError, "shape"),
        (lambda x: x[:8], {}, UsageError, "shape"),
        (lambda x: x[0], {}, UsageError, "shape"),
        (lambda x: x.astype(str), {}, UsageError, "shape"),
        (lambda x: x, {"leads": ("I", *LEADS[:11])}, UsageError, "each once"),
        (lambda x: x, {"leads": ("resp", *LEADS[1:])}, UsageError, "each once"),
        (lambda x: x, {"unit": "mmHg"}, UsageError, "unit"),
        (lambda x: x, {"sampling_rate": "100"}, UsageError, "sampling rate"),
        (lambda x: x, {"sampling_rate": None}, UsageError, "sampling rate"),
        (lambda x: x, {"sampling_rate": True}, UsageError, "sampling rate"),
        (lambda x: x, {"unit": None}, UsageError, "unit"),
        (lambda x: x, {"leads": None}, UsageError, "list of names"),
        (lambda x: x, {"leads": range(12)}, UsageError, "list of names"),
        (lambda x: x[:1], {"leads": "I"}, UsageError, "list of names"),
        (lambda x: [[1.0], [2.0, 3.0]], {}, UsageError, "no array"),
        (lambda x: torch.tensor(x, requires_grad=True), {}, UsageError, "detach"),
        (lambda x: x, {"sampling_rate": 0}, UsageError, "sampling rate"),
        (lambda x: x, {"sampling_rate": float("nan")}, UsageError, "sampling rate"),
    ],
)
def test_an_array_that_is_no_ecg_is_refused(ecg: np.ndarray, change: Any, keywords: Any, kind: type[JaccardioError], words: str) -> None:
    with pytest.raises(kind, match=words):
        Recording.from_array(change(ecg), **({"sampling_rate": 100} | keywords))


def test_of_an_array_the_first_half_hour_is_kept(ecg: np.ndarray) -> None:
    """As of a file: a request could hold hours."""
    made = Recording.from_array(np.tile(ecg[:2], 200), 100, leads=("I", "II"))
    assert (made.seconds, made.flags[0]) == (1800, "cut: first 1800 s of 2000 s")


def test_whatever_holds_an_array_is_one(ecg: np.ndarray) -> None:
    wanted = Recording.from_array(ecg, 100)
    for values in (ecg.tolist(), torch.tensor(ecg), ecg.astype(np.float32)):
        np.testing.assert_allclose(Recording.from_array(values, np.int64(100), leads=iter(LEADS)).signal, wanted.signal, atol=1e-6)
    masked = np.ma.masked_array(ecg, mask=np.zeros(ecg.shape, dtype=np.bool_))
    masked[8, 10:12] = np.ma.masked
    assert Recording.from_array(masked, 100).flags == ("nan-filled:V3",), "masked is missing, not a value"
