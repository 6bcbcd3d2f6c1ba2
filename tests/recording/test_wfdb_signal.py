"""Samples are read exactly, and every declared fact is compared with the file."""

import re
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import wfdb
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.readers import wfdb_record, wfdb_signal
from jaccardio.recording.readers.storage_formats import FORMATS
from jaccardio.recording.readers.wfdb_record import read_wfdb


def refusal(path: Path) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read_wfdb(path)
    assert caught.value.record == path.stem
    assert caught.value.remedy
    return caught.value


def test_plain_record(header: Path, counts: NDArray[np.int16]) -> None:
    recording = read_wfdb(header)
    np.testing.assert_allclose(recording.signal, counts / 1000, rtol=1e-6)
    assert (recording.sampling_rate, recording.recording_id, recording.flags) == (100.0, "made", ())


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
    """Writes a record with `wfdb`, or, in the formats that it reads but cannot write, by hand; `wfdb` reads the same counts."""
    written = "16" if storage in BY_HAND else storage
    signals = len(counts)
    calibration = {"adc_gain": [60.0] * signals, "baseline": [0] * signals, "fmt": [written] * signals}
    wfdb.wrsamp("packed", 100, ["mV"] * signals, list(LEADS[:signals]), d_signal=counts.T, write_dir=str(folder), **calibration)
    if storage in BY_HAND:
        header = folder / "packed.hea"
        header.write_text(header.read_text().replace("packed.dat 16 ", f"packed.dat {storage} "))
        (folder / "packed.dat").write_bytes(BY_HAND[storage](counts))
    np.testing.assert_array_equal(wfdb.rdrecord(str(folder / "packed"), physical=False).d_signal.T, counts)


def pack_310(counts: NDArray[np.int64]) -> bytes:
    first, second, third = triples(counts)
    words = np.stack([first << 1 | (third & 0x1F) << 11, second << 1 | third >> 5 << 11], axis=1)
    return words.astype("<u2").tobytes()[: 4 * (counts.size // 3) + (0, 2, 4)[counts.size % 3]]


def pack_311(counts: NDArray[np.int64]) -> bytes:
    first, second, third = triples(counts)
    return (first | second << 10 | third << 20).astype("<u4").tobytes()[: -(-4 * counts.size // 3)]


def triples(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ten bits a sample, as they stand in the file, in three rows; filled up with zeros."""
    samples = counts.T.ravel() & 0x3FF
    return np.pad(samples, (0, -samples.size % 3)).reshape(-1, 3).T


BY_HAND: Mapping[str, Callable[[NDArray[np.int64]], bytes]] = {
    "8": lambda counts: np.diff(counts, axis=1, prepend=counts[:, :1]).T.astype(np.int8).tobytes(),
    "61": lambda counts: counts.T.astype(">i2").tobytes(),
    "160": lambda counts: (counts.T + 32768).astype("<u2").tobytes(),
    "310": pack_310,
    "311": pack_311,
}

NO_SAMPLE = {"24": -(2**23), "32": -(2**31), "61": -(2**15), "80": -128, "160": -(2**15), "212": -2048, "310": -512, "311": -512}


@pytest.mark.parametrize(("storage", "no_sample"), NO_SAMPLE.items())
def test_other_storage_formats(tmp_path: Path, counts: NDArray[np.int16], storage: str, no_sample: int) -> None:
    small = (counts[:, :999] // 16).astype(np.int64)
    small[8, 5] = no_sample
    write_packed(tmp_path, small, storage)
    recording = read_wfdb(tmp_path / "packed.hea")
    assert recording.flags == ("nan-filled:V3",)
    small[8, 5] = np.rint((small[8, 4] + small[8, 6]) / 2)
    np.testing.assert_allclose(recording.signal, small / 60, atol=0.6 / 60)
    record_line, lines = (tmp_path / "packed.hea").read_text().split("\n", 1)
    for dialect in ("2014-05-08 05:05:15", "2006", "12:10:05 12-05-2020", "05-May-2020 09:49:17"):
        (tmp_path / "packed.hea").write_text(f"{record_line.replace('packed', 'pack.ed')} {dialect}\n{lines}")
        assert np.array_equal(read_wfdb(tmp_path / "packed.hea").signal, recording.signal)
    signal_file = tmp_path / "packed.dat"
    sound = signal_file.read_bytes()
    signal_file.write_bytes(sound[:-40])
    assert "truncated" in refusal(tmp_path / "packed.hea").reason
    signal_file.write_bytes(sound + bytes(40))
    assert "too long" in refusal(tmp_path / "packed.hea").reason
    signal_file.write_bytes(sound[:600] + bytes([sound[600] ^ 2]) + sound[601:])
    assert refusal(tmp_path / "packed.hea").field.startswith("checksum of lead")


@pytest.mark.parametrize("piece", [7, 2**20])
def test_first_differences(tmp_path: Path, counts: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    """Format 8 begins at the header's initial values, goes on from piece to piece, and has no count for a missing sample."""
    monkeypatch.setattr(wfdb_signal, "_PIECE_SAMPLES", 12 * piece)
    small = (counts // 16).astype(np.int64)
    small[6, 10:12] = small[6, 9] - 128, small[6, 9] - 1  # the largest differences
    write_packed(tmp_path, small, "8")
    header, signal_file = tmp_path / "packed.hea", tmp_path / "packed.dat"
    recording = read_wfdb(header)
    assert recording.flags == ()
    np.testing.assert_allclose(recording.signal, small / 60, rtol=1e-6, atol=1e-7)
    numbers = np.frombuffer(signal_file.read_bytes(), dtype=np.int8).copy()
    numbers[0] += 1
    signal_file.write_bytes(numbers.tobytes())
    assert refusal(header).field == "checksum of lead I"
    numbers[[12, -12]] -= 1  # the sum is as declared again
    signal_file.write_bytes(numbers.tobytes())
    assert refusal(header).field == "initial value of lead I"


@pytest.mark.parametrize("storage", ["310", "311"])
@pytest.mark.parametrize(("signals", "frames"), [(1, 331), (2, 331), (3, 331), (12, 7)])
def test_a_group_of_three_that_is_not_whole(tmp_path: Path, storage: str, signals: int, frames: int) -> None:
    """One, two or no samples left over, in as many bytes as the WFDB library writes, or filled up."""
    small = np.random.default_rng(0).integers(-511, 512, (signals, 331))
    write_packed(tmp_path, small, storage)
    header, signal_file = tmp_path / "packed.hea", tmp_path / "packed.dat"
    sound = signal_file.read_bytes()
    for data in (sound, sound + bytes(-len(sound) % 4)):
        signal_file.write_bytes(data)
        np.testing.assert_allclose(read_wfdb(header).signal[:signals], small / 60, rtol=1e-6, atol=1e-7)
    signal_file.write_bytes(sound[:-1])
    assert "truncated" in refusal(header).reason


def test_format_32_as_wrsamp_writes_it(tmp_path: Path, counts: NDArray[np.int16]) -> None:
    """Each lead is spread over all 32 bits: gains above 1e9, baselines near the lowest count (MIT-LCP/wfdb-python#515, #528)."""
    millivolts = counts.T / 4000 + np.linspace(-2, 2, 12)
    millivolts[:, 11] *= 1e-6
    wfdb.wrsamp("wide", 100, ["mV"] * 12, list(LEADS), p_signal=millivolts, fmt=["32"] * 12, write_dir=str(tmp_path))
    recording = read_wfdb(tmp_path / "wide.hea")
    assert recording.flags == ("flat:V6",)
    np.testing.assert_allclose(recording.signal[:11], millivolts.T[:11], atol=1e-6)


DECLARED = {
    "864e6 samples": ("made 12 100 1000", "made 12 10000 864000000", "truncated: 24000 bytes, the header declares 20736000000"),
    "15 digits": ("made 12 100 1000", f"made 12 100 {'9' * 15}", "truncated: 24000 bytes"),
    "offset": (".dat {storage} ", ".dat {storage}+999999999999 ", "truncated: 24000 bytes, the header declares 10000000"),
    "samples per frame": (".dat {storage} ", ".dat {storage}x80000 ", "truncated: 24000 bytes"),
}


@pytest.mark.parametrize("storage", [str(number) for number in FORMATS])
@pytest.mark.parametrize("case", DECLARED)
def test_what_is_declared_takes_no_memory(write_record, counts: NDArray[np.int16], storage: str, case: str) -> None:  # type: ignore[no-untyped-def]
    path = write_record(counts, storage=storage)
    old, new, said = DECLARED[case]
    path.write_text(path.read_text().replace(old.format(storage=storage), new.format(storage=storage)).replace("12 100 ", "12 0.1 "))
    tracemalloc.start()
    error = refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error.field == "signal file"
    assert error.reason.startswith(said if storage == "16" else "truncated: 24000 bytes")
    assert peak < 2**25


def test_a_frame_that_no_device_has_is_refused(header: Path) -> None:
    header.write_text(header.read_text().replace("12 100 ", "12 0.000001 ").replace(".dat 16 ", ".dat 16x999999999 "))
    assert refusal(header).reason == "11999999988 samples per frame"
    header.write_text(header.read_text().replace("12 0.000001 ", "12 100 "))
    assert refusal(header).field == "sampling rate"


@pytest.mark.parametrize("storage", ["16", "212"])
def test_a_long_recording_is_cut_and_takes_memory_for_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: str) -> None:
    """Three hours of 12 leads at 100 Hz, of which half an hour is kept; the checksums are those of the whole file."""
    monkeypatch.setattr(wfdb_record, "LONGEST_SECONDS", 30)
    monkeypatch.setattr("jaccardio.recording.recording.LONGEST_SECONDS", 30)
    monkeypatch.setattr(wfdb_signal, "_PIECE_SAMPLES", 5000)
    counts = np.random.default_rng(0).integers(-900, 900, (12, 100 * 3600))
    calibration = {"adc_gain": [1000.0] * 12, "baseline": [0] * 12}
    wfdb.wrsamp("long", 100, ["mV"] * 12, list(LEADS), d_signal=counts.T, fmt=[storage] * 12, write_dir=str(tmp_path), **calibration)
    tracemalloc.start()
    recording = read_wfdb(tmp_path / "long.hea")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**21
    assert recording.flags == ("cut: first 30 s of 3600 s",)
    np.testing.assert_allclose(recording.signal, counts[:, :3000] / 1000, rtol=1e-6)
    data = bytearray((tmp_path / "long.dat").read_bytes())
    data[-30] ^= 1
    (tmp_path / "long.dat").write_bytes(data)
    assert refusal(tmp_path / "long.hea").field.startswith("checksum of lead")


@pytest.mark.parametrize("piece", [24, 25, 36, 2**20])
@pytest.mark.parametrize("storage", ["24", "212", "310", "311"])
def test_pieces_of_any_size_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: str, piece: int) -> None:
    small = np.random.default_rng(0).integers(-511, 512, (5, 331))
    write_packed(tmp_path, small, storage)
    monkeypatch.setattr(wfdb_signal, "_PIECE_SAMPLES", piece)
    np.testing.assert_allclose(read_wfdb(tmp_path / "packed.hea").signal[:5], small / 60, rtol=1e-6, atol=1e-7)


def test_half_an_hour_is_kept() -> None:
    assert wfdb_record.LONGEST_SECONDS == 1800


@pytest.mark.parametrize("storage", ["16", "212"])
@pytest.mark.parametrize("per_frame", [(4, 1), (1, 4), (3, 5)])
def test_a_signal_at_another_rate_is_stepped_over(tmp_path: Path, storage: str, per_frame: tuple[int, int]) -> None:
    """Two leads around a respiration signal, as multi-parameter monitors write them; frames of 25 Hz."""
    random = np.random.default_rng(0)
    leads, breath = per_frame
    signals = [random.integers(-900, 900, (250, count)) for count in (leads, breath, leads)]
    data = pack(np.concatenate(signals, axis=1).ravel(), storage)
    (tmp_path / "mixed.dat").write_bytes(data)
    lines = ["mixed 3 25 250"]
    for name, values, count in zip(("II", "RESP", "V5"), signals, (leads, breath, leads), strict=True):
        unit = "2000(0)/l" if name == "RESP" else "1000(0)/mV"
        lines.append(f"mixed.dat {storage}x{count} {unit} 12 0 {values[0, 0]} {int(values.sum()) & 0xFFFF} 0 {name}")
    (tmp_path / "mixed.hea").write_text("\n".join(lines))
    recording = read_wfdb(tmp_path / "mixed.hea")
    assert (recording.sampling_rate, recording.signal.shape) == (25.0 * leads, (12, 250 * leads))
    assert (recording.flags[0], recording.unknown_signals) == ("unknown-signals: 1", ("RESP",))
    np.testing.assert_allclose(recording.signal[[1, 10]], [signals[0].ravel() / 1000, signals[2].ravel() / 1000], rtol=1e-6)
    text = (tmp_path / "mixed.hea").read_text()
    (tmp_path / "mixed.hea").write_text(text.replace("RESP", "V1").replace("/l", "/mV"))
    assert "samples per frame" in refusal(tmp_path / "mixed.hea").reason


def pack(counts: NDArray[np.int64], storage: str) -> bytes:
    """Counts, of an even number, as format 16 or 212."""
    if storage == "16":
        return counts.astype("<i2").tobytes()
    first, second = counts[::2] & 0xFFF, counts[1::2] & 0xFFF
    return np.stack([first & 0xFF, first >> 8 | second >> 8 << 4, second & 0xFF], axis=1).astype(np.uint8).tobytes()


def test_other_signals_are_counted_and_named_where_the_name_is_one(write_record, counts: NDArray[np.int16]) -> None:  # type: ignore[no-untyped-def]
    recording = read_wfdb(write_record(np.vstack([counts, counts[:3]]), (*LEADS, "RESP", "vx", "Erika Mustermann")))
    assert recording.flags == ("unknown-signals: 3",)
    assert recording.unknown_signals == ("RESP", "vx", "other")


def test_usual_names_of_other_houses(write_record, counts: NDArray[np.int16]) -> None:  # type: ignore[no-untyped-def]
    for names in (
        [*LEADS[:6], *(f"C{number}" for number in range(1, 7))],
        [f"Lead {lead}" for lead in LEADS],
        ["I", "MLII", *LEADS[2:]],
        [f"{lead}_ECG" for lead in LEADS],
    ):
        recording = read_wfdb(write_record(counts, names))
        assert (recording.flags, recording.lead_mask.all()) == ((), True)
        np.testing.assert_allclose(recording.signal, counts / 1000, rtol=1e-6)
    assert refusal(write_record(counts, ("I", "MLII", "II", *LEADS[3:]))).reason == "given twice"


def test_a_file_that_ends_while_it_is_read(header: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wfdb_signal, "_check_size", lambda *_: None)
    header.with_suffix(".dat").write_bytes(bytes(100))
    assert refusal(header).reason == "truncated while it was read"


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


def test_zeros_for_first_value_and_checksum_in_every_lead_stand_for_none(header: Path) -> None:
    sound = read_wfdb(header).signal
    lines = header.read_text().splitlines()
    lines[1:13] = [re.sub(r" \S+ \S+ 0 (\S+)$", r" 0 0 0 \1", line) for line in lines[1:13]]
    header.write_text("\n".join(lines) + "\n")
    np.testing.assert_array_equal(read_wfdb(header).signal, sound)
    lines[5] = lines[5].replace(" 0 0 0 ", " 0 7 0 ")
    header.write_text("\n".join(lines) + "\n")
    assert refusal(header).field.startswith("checksum of lead")  # where one is stated, all are


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
    for storage in ("508", "516", "524"):  # compressed by FLAC
        header.write_text(text.replace(".dat 16 ", f".dat {storage} "))
        error = refusal(header)
        assert (error.reason, error.remedy) == (f"format {storage} is not supported", "Convert the record to format 16.")
    assert refusal(write_record(counts[:2], ("resp", "pleth"))).field == "leads"
    assert refusal(write_record(np.zeros_like(counts))).field == "leads"
