"""DICOM ECG waveforms (PS3.3 A.34.3, A.34.4), without patient, institution, device and date."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import MissingError
from jaccardio.files import write_atomic
from jaccardio.recording.leads import LEAD_CODES
from jaccardio.recording.recording import SIMULATED, SIMULATED_COMMENT, Recording
from jaccardio.recording.waveform import waveform_hash
from jaccardio.recording.writers.counts import counts_of

TWELVE_LEAD, GENERAL = "1.2.840.10008.5.1.4.1.1.9.1.1", "1.2.840.10008.5.1.4.1.1.9.1.2"
"""Storage classes; the first takes at most 16,384 samples at 200 to 1,000 Hz."""

MOST_SAMPLES, LOWEST_RATE, HIGHEST_RATE = 16_384, 200.0, 1000.0
NO_DATE = "19000101"
"""Where DICOM demands a date and none may be told."""


def write_dicom(path: Path, recording: Recording) -> Path:
    """Writes ``path.dcm``: one group of 16-bit samples. The same ECG gives the same bytes, its identifiers too.

    Raises
    ------
    MissingError
        pydicom is not installed.
    """
    try:
        import pydicom
        from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
    except ImportError:
        raise MissingError("DICOM files need pydicom. Install: pip install 'jaccardio[formats]'") from None
    (leads, counts, scale), name = counts_of(recording), waveform_hash(recording)
    twelve = len(leads) == 12 and counts.shape[1] <= MOST_SAMPLES and LOWEST_RATE <= recording.sampling_rate <= HIGHEST_RATE
    dataset = pydicom.Dataset()
    dataset.SOPClassUID = UID(TWELVE_LEAD if twelve else GENERAL)
    for part in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        setattr(dataset, part, generate_uid(entropy_srcs=[part, name]))
    dataset.Modality = "ECG"
    dataset.PatientName = "Anonymous"
    dataset.PatientID = name[:16]
    for empty in (
        *("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"),
        *("Manufacturer", "SeriesNumber", "Laterality"),
    ):
        setattr(dataset, empty, None if empty == "SeriesNumber" else "")
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "jaccardio: waveform alone"
    dataset.InstanceNumber = 1
    dataset.ContentDate, dataset.ContentTime, dataset.AcquisitionDateTime = NO_DATE, "000000", NO_DATE
    dataset.AcquisitionContextSequence = []
    if SIMULATED in recording.flags:
        dataset.ImageComments = SIMULATED_COMMENT
    dataset.WaveformSequence = [_group(pydicom.Dataset, leads, counts, scale, recording.sampling_rate)]
    meta = pydicom.dataset.FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta = meta
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    file = path.with_name(f"{path.name}.dcm")
    write_atomic(file, buffer.getvalue())
    return file


def _group(new: Any, leads: Sequence[str], counts: NDArray[np.int16], scale: float, sampling_rate: float) -> Any:
    """The multiplex group."""
    group = new()
    group.WaveformOriginality = "ORIGINAL"
    group.MultiplexGroupLabel = "RHYTHM"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = counts.shape
    group.SamplingFrequency = f"{sampling_rate:.15g}"[:16]
    group.ChannelDefinitionSequence = [_channel(new, lead, scale) for lead in leads]
    group.WaveformBitsAllocated = 16
    group.WaveformSampleInterpretation = "SS"
    group.WaveformData = np.ascontiguousarray(counts.T, dtype="<i2").tobytes()
    return group


def _channel(new: Any, lead: str, millivolt_per_count: float) -> Any:
    channel = new()
    channel.ChannelSourceSequence = [_code(new, f"2:{LEAD_CODES[lead]}", "MDC", f"Lead {lead}")]
    channel.ChannelSensitivity = _decimal(1000 * millivolt_per_count)
    channel.ChannelSensitivityUnitsSequence = [_code(new, "uV", "UCUM", "microvolt")]
    channel.ChannelSensitivityCorrectionFactor = "1"
    channel.ChannelBaseline = "0"
    channel.ChannelSampleSkew = "0"
    channel.WaveformBitsStored = 16
    return channel


def _code(new: Any, value: str, scheme: str, meaning: str) -> Any:
    code = new()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def _decimal(number: float) -> str:
    """A decimal string of DICOM, at most 16 characters."""
    return next(text for digits in range(16, 0, -1) if len(text := f"{number:.{digits}g}") <= 16)
