"""Real files of every vendor format: each is read to the count, compared with code of this file that knows the bytes, or refused."""

import base64
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import Recording
from tests.recording.readers.reading import read, recognises
from tests.recording.readers.vendor_samples import BUILDERS, EIGHT

EXPECTED: Mapping[str, tuple[str, str]] = {
    "cardiosoft_xml/dummy_ecg.xml": ("cardiosoft", ""),
    "dicom_waveform/anonymous_ecg.dcm": ("dicom", ""),
    "dicom_waveform/ecgtoolkit_example.dcm": ("dicom", ""),
    "edf/a00001_single_lead.edf": ("edf", "none of the 1 signals is a standard lead"),
    "edf/contec_0000050.edf": ("edf", ""),
    "hl7_aecg/empty.xml": ("aecg", "holds no waveform"),
    "hl7_aecg/example_aecg.xml": ("aecg", ""),
    "hl7_aecg/minimum_aecg.xml": ("aecg", "13 samples, 0.026 s, are less than a heartbeat"),
    "ishne/ECG_P28.01_first10s.ecg": ("ishne", ""),
    "mfer/test-file.MWF": ("mfer", ""),
    "muse_xml/MUSE_example.xml": ("muse", ""),
    "muse_xml/braveheart_example1.xml": ("muse", ""),
    "philips_sierra_xml/129DYPRG.XML": ("sierra", ""),
    "philips_sierra_xml/3191723_ZZDEMOPTONLY_1-04_orig.xml": ("sierra", ""),
    "philips_sierra_xml/deid_3.xml": ("sierra", ""),
    "schiller_xml/schiller_at10p.xml": ("schiller", ""),
    "scp_ecg/Example.scp": ("scp", ""),
    "scp_ecg/demo.scp": ("scp", "lead 1 has invalid sample range 0-10000"),
}
"""Reader of each file, and why it is refused."""


@pytest.mark.parametrize("file", EXPECTED)
def test_each_file_is_read_or_refused_with_the_reason(file: str, real_data: Path) -> None:
    path, (name, reason) = real_data / "formats" / file, EXPECTED[file]
    head = path.read_bytes()[:4096]
    assert [other for other in BUILDERS if recognises(other, head)] == [name]
    if reason:
        with pytest.raises(ReadError, match=re.escape(reason)):
            read(name, path)
    else:
        assert read(name, path).seconds >= 9.9


def test_no_file_is_left_out(real_data: Path) -> None:
    found = {str(path.relative_to(real_data / "formats")) for path in (real_data / "formats").glob("*/*")}
    assert found == set(EXPECTED)


def _assert_counts(
    recording: Recording, leads: Sequence[str], counts: Sequence[Sequence[int]] | NDArray[np.int64], microvolt: float
) -> None:
    rows = [LEADS.index(lead) for lead in leads]
    found = np.rint(recording.signal[rows].astype(np.float64) * 1000 / microvolt)
    np.testing.assert_array_equal(found, np.asarray(counts))
    np.testing.assert_allclose(recording.signal[rows], np.asarray(counts) * microvolt / 1000, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("file", ["anonymous_ecg.dcm", "ecgtoolkit_example.dcm"])
def test_dicom_is_what_pydicom_says(file: str, real_data: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    path = real_data / "formats/dicom_waveform" / file
    dataset = pydicom.dcmread(path)
    microvolt = dataset.waveform_array(0).T
    group = dataset.WaveformSequence[0]
    meanings = [channel.ChannelSourceSequence[0].CodeMeaning for channel in group.ChannelDefinitionSequence]
    leads = [meaning.removeprefix("Lead ").removesuffix(" (Einthoven)").replace("AV", "aV") for meaning in meanings]
    recording = read("dicom", path)
    assert recording.sampling_rate == float(group.SamplingFrequency)
    np.testing.assert_allclose(recording.signal[[LEADS.index(lead) for lead in leads]], microvolt / 1000, rtol=1e-6, atol=1e-7)


def _aecg_digits(real_data: Path) -> dict[str, list[int]]:
    text = (real_data / "formats/hl7_aecg/example_aecg.xml").read_text()
    rhythm = text[: text.index("<derivation>")]
    sequences = [part for part in re.split(r"<sequence\b", rhythm) if "<digits>" in part]
    assert all('<scale value="2.5" unit="uV"' in part for part in sequences)
    found = [re.findall(r'code="MDC_ECG_LEAD_(\w+)"', part)[:1] + re.findall(r"<digits>([^<]*)", part) for part in sequences]
    return {name.replace("AV", "aV"): [int(word) for word in digits.split()] for name, digits in found}


def test_aecg_scp_and_dicom_hold_the_same_ecg(real_data: Path) -> None:
    """One ECG, exported as three formats by programs that know nothing of ours; SCP in second differences and Huffman codes."""
    digits = _aecg_digits(real_data)
    assert set(digits) == set(LEADS)
    for name, file in (
        ("aecg", "hl7_aecg/example_aecg.xml"),
        ("scp", "scp_ecg/Example.scp"),
        ("dicom", "dicom_waveform/ecgtoolkit_example.dcm"),
    ):
        recording = read(name, real_data / "formats" / file)
        assert recording.sampling_rate == 500
        _assert_counts(recording, LEADS, [digits[lead] for lead in LEADS], 2.5)


@pytest.mark.parametrize("file", ["MUSE_example.xml", "braveheart_example1.xml"])
def test_muse_is_its_base64(file: str, real_data: Path) -> None:
    path = real_data / "formats/muse_xml" / file
    text = path.read_text(encoding="latin-1")
    rhythm = text[text.index("<WaveformType>Rhythm") :]
    rhythm = rhythm[: rhythm.index("</Waveform>")]
    found = re.findall(r"<LeadID>(\w+)</LeadID>.*?<WaveFormData>([^<]*)", rhythm, re.DOTALL)
    counts = {lead: np.frombuffer(base64.b64decode(data), dtype="<i2").astype(np.int64) for lead, data in found}
    recording = read("muse", path)
    assert (tuple(counts), recording.sampling_rate) == (EIGHT, 500)
    _assert_counts(recording, EIGHT, [counts[lead] for lead in EIGHT], 4.88)
    one, two = counts["I"], counts["II"]
    limb = np.array([two - one, -(one + two) / 2, one - two / 2, two - one / 2]) * 4.88e-3
    np.testing.assert_array_equal(recording.signal[2:6], limb.astype(np.float32))


def _xli(data: bytes, leads: int) -> NDArray[np.int64]:
    """XLI by the book: LZW of 10-bit codes as a table of byte strings, then sums in arrays."""
    rows = []
    for _ in range(leads):
        size, start = struct.unpack_from("<I2xh", data)
        bits = "".join(f"{byte:08b}" for byte in data[8 : 8 + size])
        codes = [int(bits[at : at + 10], 2) for at in range(0, len(bits) - 9, 10)]
        table, out, before = {code: bytes([code]) for code in range(256)}, b"", b""
        for code in codes:
            if code > 1022:
                break
            piece = table.get(code) or before + before[:1]
            if before and len(table) < 1023:
                table[len(table)] = before + piece[:1]
            out, before = out + piece, piece
        half = len(out) // 2
        words = np.frombuffer(bytes(byte for pair in zip(out[half:], out[:half], strict=True) for byte in pair), dtype="<i2").astype(
            np.int64
        )
        row = words.copy()
        for at in range(2, len(row)):
            row[at] = 2 * row[at - 1] - row[at - 2] - (start if at == 2 else words[at - 1] - 64)
        rows.append(row)
        data = data[8 + size :]
    one, two, three = rows[0], rows[1], rows[1] - rows[0] - rows[2]
    rows[2:6] = [three, -rows[3] - (one + two) // 2, (one - three) // 2 - rows[4], (two + three) // 2 - rows[5]]
    return np.array(rows)


@pytest.mark.parametrize("file", ["129DYPRG.XML", "3191723_ZZDEMOPTONLY_1-04_orig.xml", "deid_3.xml"])
def test_sierra_is_its_xli(file: str, real_data: Path) -> None:
    path = real_data / "formats/philips_sierra_xml" / file
    data = path.read_bytes()
    text = data.decode("utf-16" if data[:2] == b"\xff\xfe" else "utf-8")
    match = re.search(r'<parsedwaveforms[^>]*durationperchannel="11000"[^>]*>([^<]*)', text)
    assert match
    counts = _xli(base64.b64decode(match[1]), 12)
    recording = read("sierra", path)
    kept = recording.signal.shape[1]
    assert (counts.shape, recording.sampling_rate) == ((12, 5500), 500)
    _assert_counts(recording, LEADS, counts[:, :kept], 5.0)
    assert (counts[:, kept:] == counts[0, kept:]).all()
    assert set(counts[0, 5350:5450]) == {200}, "the calibration pulse of 1 mV"


def test_ishne_is_its_frames(real_data: Path) -> None:
    path = real_data / "formats/ishne/ECG_P28.01_first10s.ecg"
    data = path.read_bytes()
    (block,) = struct.unpack_from("<i", data, 10)
    counts = np.frombuffer(data[522 + block :], dtype="<i2").reshape(-1, 12).T
    recording = read("ishne", path)
    assert recording.sampling_rate == struct.unpack_from("<h", data, 272)[0] == 1000
    _assert_counts(recording, LEADS, counts.astype(np.int64), 5.0)


def test_edf_is_its_records(real_data: Path) -> None:
    path = real_data / "formats/edf/contec_0000050.edf"
    data = path.read_bytes()
    records, signals = int(data[236:244]), int(data[252:256])
    labels = [data[256 + 16 * at : 272 + 16 * at].decode().strip() for at in range(signals)]
    samples = np.frombuffer(data[256 * (signals + 1) :], dtype="<i2").reshape(records, signals).T.astype(np.int64)
    recording = read("edf", path)
    measured = [lead for lead in labels if not lead.startswith("V")]  # the chest leads hold zeros only
    gain, offset = 2000 / 65535, -1000 + 32768 * 2000 / 65535
    found = np.rint((recording.signal[[LEADS.index(lead) for lead in measured]].astype(np.float64) - offset) / gain)
    np.testing.assert_array_equal(found, samples[[labels.index(lead) for lead in measured]])
    assert recording.lead_mask.tolist() == [True] * 6 + [False] * 6


def test_mfer_from_a_bedside_monitor(real_data: Path) -> None:
    """Leads II and V5 of six channels, in 12 blocks of a minute: two of 15,000 samples, three of 7,500, one of 15,000."""
    path = real_data / "formats/mfer/test-file.MWF"
    recording = read("mfer", path)
    assert [lead for lead, there in zip(LEADS, recording.lead_mask, strict=True) if there] == ["II", "V5"]
    wave = path.read_bytes().partition((1_620_000).to_bytes(3, "big"))[2][:1_620_000]  # what follows its length
    frames = np.frombuffer(wave, dtype="<i2").reshape(12, 67_500)
    two, five = (frames[:, at : at + 15_000].ravel().astype(np.int64) for at in (0, 15_000))
    end = recording.signal.shape[1]
    assert (two[end + 1 :] == -32768).all(), "what was cut off is marked as missing"
    _assert_counts(recording, ("II", "V5"), [two[:end], five[:end]], 2.0)


@pytest.mark.parametrize(
    ("name", "file", "microvolt"),
    [("cardiosoft", "cardiosoft_xml/dummy_ecg.xml", 5.0), ("schiller", "schiller_xml/schiller_at10p.xml", 1.0)],
)
def test_numbers_with_commas_are_those_of_the_file(name: str, file: str, microvolt: float, real_data: Path) -> None:
    path = real_data / "formats" / file
    text = path.read_text(encoding="latin-1")
    if name == "cardiosoft":
        strip = text[text.index("<StripData>") :]
        found = re.findall(r'<WaveformData lead="(\w+)">([^<]*)', strip)
    else:
        rhythm = text[text.index("ECG_RHYTHMS") :]
        found = re.findall(r"<name>([\w]+)</name>\s*<data>([^<]*)</data>", rhythm)
    counts = {lead.replace("AV", "aV"): [int(word) for word in data.split(",") if word.strip()] for lead, data in found}
    recording = read(name, path)
    assert recording.sampling_rate == 500
    _assert_counts(recording, LEADS, [counts[lead] for lead in LEADS], microvolt)
