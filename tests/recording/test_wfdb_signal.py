"""Samples are read exactly, and every declared fact is compared with the file."""

import os
from pathlib import Path

import numpy as np
import pytest
import wfdb
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.readers.wfdb_signal import read_wfdb


def refusal(path: Path) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read_wfdb(path)
    assert caught.value.record == path.stem
    assert caught.value.remedy
    return caught.value


def test_plain_record(header: Path, counts: NDArray[np.int16]) -> None:
    recording = read_wfdb(header, "site:1", "patient")
    np.testing.assert_allclose(recording.signal, counts / 1000, rtol=1e-6)
    assert (recording.sampling_rate, recording.recording_id, recording.patient_key, recording.flags) == (100.0, "site:1", "patient", ())
    assert read_wfdb(header).recording_id == "made"


def test_matlab_4_record_with_head(write_record, counts: NDArray[np.int16]) -> None:  # type: ignore[no-untyped-def]
    path = write_record(counts, storage="16x1+24", suffix=".mat", gain="1000.0(0)/mv", head=bytes(24))
    np.testing.assert_allclose(read_wfdb(path).signal, counts / 1000, rtol=1e-6)


def test_any_lead_order_spelling_unit_and_baseline(write_record, counts: NDArray[np.int16]) -> None:  # type: ignore[no-untyped-def]
    order = np.random.default_rng(0).permutation(12)
    path = write_record(counts[order], [LEADS[row].lower() for row in order], gain="2.0(-30)/uV")
    np.testing.assert_allclose(read_wfdb(path).signal, (counts + 30.0) / 2000, rtol=1e-5, atol=1e-7)


def test_other_signals_are_ignored_even_without_file_or_unit(write_record, counts: NDArray[np.int16]) -> None:  # type: ignore[no-untyped-def]
    path = write_record(np.vstack([counts, counts[:2]]), (*LEADS, "vx", "resp"))
    text = (
        path.read_text().replace("made 14", "made 15").replace("0(0)/mV 16 0 0 64", "0(0)/Ohm 16 0 0 64")
        + "absent.xyz 16 0 16 0 1 1 0 vz\n"
    )
    path.write_text(text)
    np.testing.assert_allclose(read_wfdb(path).signal, counts / 1000, rtol=1e-6)


def test_one_file_per_lead(write_record, counts: NDArray[np.int16]) -> None:  # type: ignore[no-untyped-def]
    path = write_record(counts)
    lines = path.read_text().splitlines()
    for row in range(12):
        path.with_name(f"made_{row}.dat").write_bytes(counts[row].astype("<i2").tobytes())
        lines[row + 1] = lines[row + 1].replace("made.dat", f"made_{row}.dat")
    path.write_text("\n".join(lines))
    np.testing.assert_allclose(read_wfdb(path).signal, counts / 1000, rtol=1e-6)


def test_lowest_count_is_no_sample(write_record, counts: NDArray[np.int16]) -> None:  # type: ignore[no-untyped-def]
    counts[4, 10] = -32768
    counts[5, :600] = -32768
    recording = read_wfdb(write_record(counts))
    assert recording.flags == ("nan-filled:aVL", "nan:aVF", "derived:aVF")
    assert np.abs(recording.signal).max() < 10
    counts[:, 300:] = -32768
    recording = read_wfdb(write_record(counts))
    assert 295 <= recording.signal.shape[1] <= 300, "what was never recorded is cut off"
    assert recording.flags[0] == "trimmed: 7.0 s"
    counts[:, ::5] = counts[:, 1::5] = counts[:, 2::5] = -32768
    assert refusal(write_record(counts)).field == "samples"


def write_packed(folder: Path, counts: NDArray[np.int64], storage: str) -> None:
    """Writes a record with `wfdb`, or, in the two formats that it reads but cannot write, by hand."""
    byte_order = {"61": ">i2", "160": "<u2"}.get(storage)
    written = "16" if byte_order else storage
    calibration = {"adc_gain": [60.0] * 12, "baseline": [0] * 12}
    wfdb.wrsamp("packed", 100, ["mV"] * 12, list(LEADS), d_signal=counts.T, fmt=[written] * 12, write_dir=str(folder), **calibration)
    if byte_order:
        header = folder / "packed.hea"
        header.write_text(header.read_text().replace("packed.dat 16 ", f"packed.dat {storage} "))
        (folder / "packed.dat").write_bytes((counts.T + (32768 if storage == "160" else 0)).astype(byte_order).tobytes())


@pytest.mark.parametrize(
    ("storage", "no_sample"), [("24", -(2**23)), ("32", -(2**31)), ("61", -(2**15)), ("80", -128), ("160", -(2**15)), ("212", -2048)]
)
def test_other_storage_formats(tmp_path: Path, counts: NDArray[np.int16], storage: str, no_sample: int) -> None:
    small = (counts[:, :999] // 16).astype(np.int64)
    small[8, 5] = no_sample
    write_packed(tmp_path, small, storage)
    recording = read_wfdb(tmp_path / "packed.hea")
    assert recording.flags == ("nan-filled:V3",)
    small[8, 5] = np.rint((small[8, 4] + small[8, 6]) / 2)
    np.testing.assert_allclose(recording.signal, small / 60, atol=0.6 / 60)
    signal_file = tmp_path / "packed.dat"
    sound = signal_file.read_bytes()
    signal_file.write_bytes(sound[:-40])
    assert "truncated" in refusal(tmp_path / "packed.hea").reason
    signal_file.write_bytes(sound + bytes(40))
    assert "too long" in refusal(tmp_path / "packed.hea").reason
    signal_file.write_bytes(sound[:600] + bytes([sound[600] ^ 1]) + sound[601:])
    assert refusal(tmp_path / "packed.hea").field.startswith("checksum of lead")


def test_a_record_that_wfdb_cannot_read_is_a_read_error(header: Path) -> None:
    header.write_text(header.read_text().replace("made 12", "ma.de 12").replace(".dat 16 ", ".dat 24 "))
    header.with_suffix(".dat").write_bytes(bytes(36_000))
    assert refusal(header).reason.startswith("package wfdb cannot read it")


def test_size_of_the_signal_file(header: Path) -> None:
    path = header.with_suffix(".dat")
    sound = path.read_bytes()
    for data, reason in (
        (b"", "empty"),
        (sound[:-1], "truncated: 23999 bytes, the header declares 24000"),
        (sound + b"\0", "too long: 24001 bytes, the header declares 24000"),
        (b"version https://git-lfs.github.com/spec/v1\nsize 24000\n", "a Git LFS pointer instead of the file"),
        (b"MATLAB 5.0 MAT-file Platform: posix" + sound, "a MATLAB 5 or later file, but the header describes raw samples"),
    ):
        path.write_bytes(data)
        error = refusal(header)
        assert (error.field, error.reason) == ("signal file", reason)
    path.unlink()
    assert refusal(header).reason == "does not exist"
    path.mkdir()
    assert refusal(header).reason == "not a regular file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_hang_the_reader(header: Path) -> None:
    header.with_suffix(".dat").unlink()
    os.mkfifo(header.with_suffix(".dat"))
    assert refusal(header).reason == "not a regular file"


def test_links(header: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    signal_file = header.with_suffix(".dat")
    signal_file.rename(header.with_name("other.bin"))
    signal_file.symlink_to("other.bin")
    assert read_wfdb(header).flags == ()
    outside = tmp_path_factory.mktemp("outside") / "secret.dat"
    outside.write_bytes(header.with_name("other.bin").read_bytes())
    signal_file.unlink()
    signal_file.symlink_to(outside)
    assert "leaves the record's folder" in refusal(header).reason
    signal_file.unlink()
    signal_file.symlink_to(signal_file)
    assert refusal(header).field == "signal file"


def test_every_single_bit_of_a_sample_is_noticed(header: Path) -> None:
    path = header.with_suffix(".dat")
    sound = path.read_bytes()
    for position in (0, 1, 22, 23_999, 12_345):
        damaged = bytearray(sound)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        assert refusal(header).field == f"checksum of lead {LEADS[position // 2 % 12]}"


def test_samples_in_another_order_are_noticed_by_the_first_value(header: Path, counts: NDArray[np.int16]) -> None:
    header.with_suffix(".dat").write_bytes(counts[:, ::-1].T.astype("<i2").tobytes())
    assert refusal(header).field == "initial value of lead I"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("1000.0(0)/mV", "0(0)/mV", "gain of lead I"),
        ("1000.0(0)/mV", "-1000(0)/mV", "gain of lead I"),
        ("1000.0(0)/mV", "1e-300(0)/mV", "gain of lead I"),
        ("1000.0(0)/mV", "1e300(0)/mV", "gain of lead I"),
        ("1000.0(0)/mV", "1000(9999999999)/mV", "baseline of lead I"),
        ("1000.0(0)/mV", "1000.0(0)/NU", "unit of lead I"),
        ("1000.0(0)/mV", "1.0(0)/mV", "amplitude of lead I"),
        (" 0 II\n", " 0 i\n", "lead I"),
        (".dat 16 ", ".dat 16+2 ", "storage format"),
        (".dat 16 ", ".dat 212 ", "storage format"),
    ],
)
def test_one_wrong_field(header: Path, old: str, new: str, field: str) -> None:
    header.write_text(header.read_text().replace(old, new, 1))
    assert refusal(header).field == field


def test_all_leads_wrong(header: Path, write_record, counts: NDArray[np.int16]) -> None:  # type: ignore[no-untyped-def]
    text = header.read_text()
    header.write_text(text.replace("/mV", "/V").replace("1000.0", "1.0"))
    assert refusal(header).field.startswith("amplitude")
    header.write_text(text.replace(".dat 16 ", ".dat 516 "))
    assert refusal(header).reason == "format 516 is not supported"
    assert refusal(write_record(counts[:2], ("resp", "pleth"))).field == "leads"
    assert refusal(write_record(np.zeros_like(counts))).field == "leads"
