"""What is written is read back to the count, says nothing of a patient, and is the same to the byte each time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import wfdb

from jaccardio.recording.leads import LEADS, derive_limb_leads
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.readers.record_files import record_name
from jaccardio.recording.recording import SIMULATED, Recording
from jaccardio.recording.writers import WRITERS
from jaccardio.recording.writers.counts import counts_of
from tests.recording.readers.samples import ecg_counts

SECRET = "Hans Mueller 1950-02-03"


def recording(scale: float | None = 0.00488, rate: float = 500.0, factor: int = 1) -> Recording:
    """Counts of I, II and V1-V6, whose other limb leads are derived, so halves of counts too."""
    counts = ecg_counts() * factor
    counts[0] += 1
    signal, mask, _ = derive_limb_leads(counts * (scale or 1e-3), np.array([row not in range(2, 6) for row in range(12)]))
    return Recording(signal.astype(np.float32), rate, mask, SECRET, SECRET, (SIMULATED,), (), scale)


@pytest.mark.parametrize("to", WRITERS)
@pytest.mark.parametrize("made", [recording(), recording(0.0025, 250.0), recording(None, 1000.0), recording(0.005, 100.0)])
def test_round_trip(to: str, made: Recording, tmp_path: Path) -> None:
    file = WRITERS[to](tmp_path / "name", made)
    if to == "dicom":
        read = dicom_signal(file, made)
    else:
        back = read_ecg(file)
        assert (back.flags, back.sampling_rate, back.recording_id) == ((SIMULATED,), made.sampling_rate, record_name(file))
        read = back.signal
    quantum = 0.0 if to == "npz" else 0.0 if made.millivolt_per_count else 5.001e-4
    assert np.abs(read - made.signal).max() <= quantum
    if to == "wfdb":
        other = wfdb.rdrecord(str(file.with_suffix(""))).p_signal.T
        np.testing.assert_allclose(other, made.signal, atol=quantum + 1e-6)


def dicom_signal(file: Path, made: Recording) -> np.ndarray:
    """By pydicom alone."""
    dataset = pydicom.dcmread(file)
    group = dataset.WaveformSequence[0]
    assert float(group.SamplingFrequency) == made.sampling_rate
    names = [channel.ChannelSourceSequence[0].CodeMeaning for channel in group.ChannelDefinitionSequence]
    assert names == [f"Lead {lead}" for lead in LEADS]
    twelve = 200 <= made.sampling_rate <= 1000
    assert dataset.SOPClassUID.name == ("12-lead ECG Waveform Storage" if twelve else "General ECG Waveform Storage")
    return np.asarray(dataset.waveform_array(0).T / 1000, dtype=np.float32)


@pytest.mark.parametrize("to", WRITERS)
def test_no_patient_and_equal_bytes(to: str, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        WRITERS[to](tmp_path / folder / "name", recording())
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()} for folder in ("one", "two"))
    assert one == two
    assert not any(word.encode() in data for word in SECRET.split() for data in one.values())


def test_leads_that_were_not_recorded_are_not_written(tmp_path: Path) -> None:
    made = recording()
    signal, mask = made.signal.copy(), made.lead_mask.copy()
    signal[8], mask[8] = 0, False
    for to in ("wfdb", "npz"):
        assert "missing:V3" in read_ecg(WRITERS[to](tmp_path / "name", replace(made, signal=signal, lead_mask=mask))).flags


def test_the_scale_that_loses_least() -> None:
    made = recording()
    *_, scale = counts_of(made)
    assert scale == 0.00244, "halves, for the derived leads"
    *_, scale = counts_of(replace(made, signal=np.rint(made.signal / 0.00488).astype(np.float32) * np.float32(0.00488)))
    assert scale == 0.00488
    *_, scale = counts_of(replace(made, millivolt_per_count=None))
    assert scale == 1e-3
    _, counts, scale = counts_of(replace(made, signal=made.signal * 20, millivolt_per_count=None))
    assert scale > 1e-3
    assert np.abs(counts.astype(int)).max() == 32_767
