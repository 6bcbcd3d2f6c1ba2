"""DICOM ECG waveforms: what is special to them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaccardio.errors import ReadError
from jaccardio.recording.readers.dicom import is_dicom
from tests.recording.readers.reading import read
from tests.recording.readers.vendor_samples import Sample, build_dicom


def test_correction_and_baseline(tmp_path: Path) -> None:
    """A sample is count x sensitivity x correction + baseline, as pydicom has it."""
    pydicom = pytest.importorskip("pydicom")
    path = build_dicom(tmp_path, Sample(), baseline=120.0, correction=1.25)
    recording = read("dicom", path)
    np.testing.assert_allclose(recording.signal, pydicom.dcmread(path).waveform_array(1).T / 1000, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(recording.signal, Sample().counts * 0.005 + 0.12, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("padding", "gaps"), [(0, False), (7, False), (32767, True)])
def test_only_an_extreme_padding_value_is_a_gap(padding: int, gaps: bool, tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    sample = replace(Sample(), counts=Sample().counts.copy())
    sample.counts[7, 500:503] = padding
    path = build_dicom(tmp_path, sample)
    dataset = pydicom.dcmread(path)
    dataset.WaveformSequence[1].add_new((0x5400, 0x100A), "OW", padding.to_bytes(2, "little"))
    dataset.save_as(path)
    flags = read("dicom", path).flags
    assert ("nan-filled:V2" in flags) is gaps


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"RHYTHM", b"MEDIAN", "only median beats"),
        (b"uV", b"mm", "no unit of voltage"),
        (b"DS\x04\x000   ", b"", ""),
    ],
)
def test_refusals(old: bytes, new: bytes, reason: str, tmp_path: Path) -> None:
    path = build_dicom(tmp_path)
    if new:
        path.write_bytes(path.read_bytes().replace(old, new))
        with pytest.raises(ReadError, match=reason):
            read("dicom", path)


def test_leads_recorded_one_after_the_other_are_refused(tmp_path: Path) -> None:
    path = build_dicom(tmp_path)
    skew = b"\x3a\x00\x15\x02DS\x02\x000 "
    assert path.read_bytes().count(skew) == 24
    path.write_bytes(path.read_bytes().replace(skew, skew[:-2] + b"9 "))
    with pytest.raises(ReadError, match="not recorded at the time of the others"):
        read("dicom", path)


def test_what_is_no_ecg_is_refused(tmp_path: Path) -> None:
    path = build_dicom(tmp_path)
    data = path.read_bytes()
    waveform = data.index(b"\x00\x54\x00\x01SQ")
    path.write_bytes(data[:waveform])
    with pytest.raises(ReadError, match="holds no waveform"):
        read("dicom", path)


def test_data_sets_without_preamble_and_without_any_file_meta_are_read(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    path = build_dicom(tmp_path)
    whole, data = read("dicom", path).signal, path.read_bytes()
    implicit = tmp_path / "implicit.dcm"
    encoded = pydicom.dcmread(path)
    encoded.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    encoded.save_as(implicit)
    dataset = implicit.read_bytes()
    for bare in (data[132:], data[data.index(b"\x08\0\x16\0UI") :], dataset[dataset.index(b"\x08\0\x16\0") :]):
        assert is_dicom(bare)
        path.write_bytes(bare)
        np.testing.assert_array_equal(read("dicom", path).signal, whole)
    assert not is_dicom(np.array([8, 22, 300, 7, 9], "<i2").tobytes())


@pytest.mark.parametrize("syntax", [b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.2\0"])
def test_deflated_and_big_endian_files_are_refused(syntax: bytes, tmp_path: Path) -> None:
    path = build_dicom(tmp_path)
    length = len(syntax).to_bytes(2, "little")
    path.write_bytes(path.read_bytes().replace(b"UI\x14\x001.2.840.10008.1.2.1\0", b"UI" + length + syntax))
    with pytest.raises(ReadError, match=r"transfer syntax: (deflated|big endian)"):
        read("dicom", path)


def changed(folder: Path, change: Callable[[Any], None]) -> Path:
    """A file whose channels, the rhythm's in order, were changed."""
    pydicom = pytest.importorskip("pydicom")
    path = build_dicom(folder)
    dataset = pydicom.dcmread(path)
    for channel in dataset.WaveformSequence[1].ChannelDefinitionSequence:
        change(channel)
    dataset.save_as(path)
    return path


def test_a_sensitivity_without_unit_or_correction_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="gain of lead I: no unit of voltage"):
        read("dicom", changed(tmp_path, lambda channel: channel.__delattr__("ChannelSensitivityUnitsSequence")))
    with pytest.raises(ReadError, match="gain of lead I: 0 mV per count"):
        read("dicom", changed(tmp_path, lambda channel: setattr(channel, "ChannelSensitivityCorrectionFactor", "0")))


def test_chest_leads_by_their_electrodes(tmp_path: Path) -> None:
    names = iter(("I", "II", "III", "aVR", "aVL", "aVF", "C1", "C2", "C3", "C4", "C5", "C6"))

    def rename(channel: Any) -> None:
        del channel.ChannelSourceSequence
        channel.ChannelLabel = next(names)

    path = changed(tmp_path, rename)
    np.testing.assert_array_equal(read("dicom", path).signal, read("dicom", build_dicom(tmp_path)).signal)


def test_samples_outside_the_declared_bits_are_refused(tmp_path: Path) -> None:
    """The sign of 12 bits extends over all 16; without that, -1 would be read as 4095."""
    pydicom = pytest.importorskip("pydicom")
    path = changed(tmp_path, lambda channel: setattr(channel, "WaveformBitsStored", 12))
    np.testing.assert_array_equal(read("dicom", path).signal, read("dicom", build_dicom(tmp_path)).signal)
    path = changed(tmp_path, lambda channel: setattr(channel, "WaveformBitsStored", 12))
    dataset = pydicom.dcmread(path)
    group = dataset.WaveformSequence[1]
    unextended = np.frombuffer(group.WaveformData, "<u2") & 0xFFF
    for kind in ("SS", "US"):
        group.WaveformSampleInterpretation = kind
        group.WaveformData = (unextended + (0 if kind == "SS" else 0x1000)).astype("<u2").tobytes()
        dataset.save_as(path)
        with pytest.raises(ReadError, match="lead I: samples outside the 12 bits that are declared as stored"):
            read("dicom", path)
