"""Records of several segments: exact against `wfdb`, what was not recorded is never zero, and whatever does not fit is refused."""

import os
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import wfdb
from numpy.typing import NDArray

from jaccardio.cohort.corpora.listing import ecg_files
from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.readers import read_ecg, wfdb_record
from jaccardio.recording.readers.wfdb_record import read_wfdb

RATE = 100
SOME = ("II", "V1", "V5")


def write_segment(
    folder: Path,
    name: str,
    leads: Sequence[str],
    frames: int,
    *,
    gain: float = 1000.0,
    zero: int = 0,
    unit: str = "mV",
    storage: str = "16",
) -> NDArray[np.float64]:
    """Writes a record of random counts; returns (leads, frames) millivolt."""
    counts = np.random.default_rng(len(name) + frames).integers(-900, 900, (frames, len(leads)))
    calibration = {"adc_gain": [gain] * len(leads), "baseline": [zero] * len(leads), "fmt": [storage] * len(leads)}
    wfdb.wrsamp(name, RATE, [unit] * len(leads), list(leads), d_signal=counts, write_dir=str(folder), **calibration)
    millivolts: NDArray[np.float64] = (counts.T - zero) / gain / (1000 if unit == "uV" else 1)
    return millivolts


def write_layout(folder: Path, leads: Sequence[str]) -> None:
    lines = [f"made_layout {len(leads)} {RATE} 0", *(f"~ 0 1000(0)/mV 16 0 0 0 0 {lead}" for lead in leads)]
    (folder / "made_layout.hea").write_text("\n".join(lines) + "\n")


def write_master(folder: Path, signals: int, *segments: tuple[str, int], frames: int | None = None) -> Path:
    total = sum(length for _, length in segments) if frames is None else frames
    lines = [f"made/{len(segments)} {signals} {RATE} {total} 12:00:00", *(f"{name} {length}" for name, length in segments)]
    (folder / "made.hea").write_text("\n".join(lines) + "\n")
    return folder / "made.hea"


def fixed(folder: Path) -> Path:
    write_segment(folder, "made_1", SOME, 700)
    write_segment(folder, "made_2", SOME, 500, gain=500.0, zero=-7)
    return write_master(folder, 3, ("made_1", 700), ("made_2", 500))


def variable(folder: Path) -> Path:
    """A layout; II and V1; a gap of 1 s; V1, II and V5 at another gain, in another order and storage format; a pulse alone."""
    write_layout(folder, (*SOME, "PLETH"))
    write_segment(folder, "made_1", ("II", "V1"), 700)
    write_segment(folder, "made_2", ("V1", "PLETH", "II", "V5"), 600, gain=500.0, zero=-7, storage="212")
    write_segment(folder, "made_3", ("PLETH",), 50)
    return write_master(folder, 4, ("made_layout", 0), ("made_1", 700), ("~", 100), ("made_2", 600), ("made_3", 50))


def refusal(path: Path) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read_wfdb(path)
    assert caught.value.remedy
    assert caught.value.record.split("/")[0] == "made"
    return caught.value


@pytest.mark.parametrize("write", [fixed, variable])
def test_as_wfdb_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], Path]) -> None:
    path = write(tmp_path)
    seen = {}

    def keep(signal: NDArray[np.float32], present: NDArray[np.bool_], rate: float, _: str) -> object:
        seen.update(signal=signal.copy(), present=present, rate=rate)
        return signal, present, ()

    monkeypatch.setattr(wfdb_record, "check_signal", keep)
    monkeypatch.setattr(wfdb_record, "Recording", lambda *_: None)
    read_wfdb(path)
    theirs = wfdb.rdrecord(str(path.with_suffix("")), m2s=True, return_res=64)
    columns = [theirs.sig_name.index(lead) for lead in SOME]
    np.testing.assert_allclose(seen["signal"][[1, 6, 10]], theirs.p_signal[:, columns].T, rtol=1e-6)
    assert [LEADS[row] for row in np.flatnonzero(seen["present"])] == list(SOME)
    assert np.isnan(seen["signal"][~seen["present"]]).all()
    if write is variable:
        assert np.isnan(seen["signal"][10, :800]).all(), "V5 is in the second segment alone"
        assert np.isnan(seen["signal"][:, 700:800]).all(), "a gap"
        assert np.isnan(seen["signal"][:, 1400:]).all(), "a segment without leads"
        assert not np.isnan(seen["signal"][10, 800:1400]).any()


def test_fixed_layout(tmp_path: Path) -> None:
    recording = read_wfdb(fixed(tmp_path))
    one, two = write_segment(tmp_path, "made_1", SOME, 700), write_segment(tmp_path, "made_2", SOME, 500, gain=500.0, zero=-7)
    np.testing.assert_allclose(recording.signal[[1, 6, 10]], np.hstack([one, two]), rtol=1e-6)
    assert (recording.recording_id, recording.sampling_rate, recording.millivolt_per_count) == ("made", RATE, None)
    assert not any(flag.startswith(("trimmed", "nan", "cut")) for flag in recording.flags)


def test_variable_layout(tmp_path: Path) -> None:
    """The gap and the end are bridged or cut off as in any recording; a lead of which half is missing is masked, not zero-filled."""
    recording = read_wfdb(variable(tmp_path))
    assert [lead for lead, there in zip(LEADS, recording.lead_mask, strict=True) if there] == ["II", "V1"]
    assert recording.unknown_signals == ("PLETH",)
    assert {"nan:V5", "nan-filled:II", "nan-filled:V1"} <= set(recording.flags)
    assert "missing:V5" not in recording.flags
    assert "missing:I" in recording.flags


def test_units_of_segments(tmp_path: Path) -> None:
    one, two = write_segment(tmp_path, "a", SOME, 300), write_segment(tmp_path, "bb", SOME, 300, gain=2.0, unit="uV")
    recording = read_wfdb(write_master(tmp_path, 3, ("a", 300), ("bb", 300)))
    np.testing.assert_allclose(recording.signal[[1, 6, 10]], np.hstack([one, two]), rtol=1e-6)


def test_a_segment_twice_and_a_record_of_nothing(tmp_path: Path) -> None:
    """The example of the WFDB manual: signals of format 0 have no file; a lead without samples is missing in an ordinary record, too."""
    one = write_segment(tmp_path, "a", SOME, 700)
    (tmp_path / "null.hea").write_text("null 3 100 50\n" + "".join(f"~ 0 200 12 0 0 0 0 {lead}\n" for lead in SOME))
    recording = read_wfdb(write_master(tmp_path, 3, ("a", 700), ("null", 50), ("a", 700)))
    np.testing.assert_allclose(recording.signal[[1, 6, 10]][:, np.r_[0:700, 750:1450]], np.hstack([one, one]), rtol=1e-6)
    assert recording.millivolt_per_count == 1e-3
    with pytest.raises(ReadError, match="none of the 3 signals is a standard lead"):
        read_wfdb(tmp_path / "null.hea")
    header = (tmp_path / "a.hea").read_text().replace("a 3 ", "a 4 ")
    (tmp_path / "a.hea").write_text(header + "~ 0 1000/mV 16 0 0 0 0 V2\n")
    assert "missing:V2" in read_wfdb(tmp_path / "a.hea").flags


def test_a_gap_at_the_beginning_is_no_part_of_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wfdb_record, "LONGEST_SECONDS", 10)
    write_layout(tmp_path, (*SOME, "PLETH"))
    write_segment(tmp_path, "a", ("PLETH",), 500)
    two = write_segment(tmp_path, "bb", SOME, 700)
    recording = read_wfdb(write_master(tmp_path, 4, ("made_layout", 0), ("~", 8_640_000), ("a", 500), ("bb", 700)))
    np.testing.assert_allclose(recording.signal[[1, 6, 10]], two, rtol=1e-6)
    assert recording.flags[:2] == ("trimmed: 86405.0 s", "unknown-signals: 1")


def test_of_a_long_record_the_segments_beyond_what_is_kept_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day in segments of an hour, of which two are there."""
    monkeypatch.setattr(wfdb_record, "LONGEST_SECONDS", 5000)
    monkeypatch.setattr("jaccardio.recording.recording.LONGEST_SECONDS", 5000)
    hour = 3600 * RATE
    one, two = write_segment(tmp_path, "h1", ("II",), hour), write_segment(tmp_path, "h02", ("II",), hour)
    path = write_master(tmp_path, 1, ("h1", hour), ("h02", hour), *((f"absent_{number}", hour) for number in range(22)))
    recording = read_wfdb(path)
    assert recording.flags[0] == "cut: first 5000 s of 86400 s"
    np.testing.assert_allclose(recording.signal[1], np.hstack([one, two])[0, : 5000 * RATE], rtol=1e-6)
    monkeypatch.setattr(wfdb_record, "LONGEST_SECONDS", 7201)
    assert refusal(path).record == "made/absent_0"


def test_a_gap_takes_no_memory_that_no_file_vouches_for(tmp_path: Path) -> None:
    write_layout(tmp_path, SOME)
    write_segment(tmp_path, "a", SOME, 300)
    path = write_master(tmp_path, 3, ("made_layout", 0), ("a", 300), ("~", 10**12), ("a", 300))
    path.write_text(path.read_text().replace(f" {RATE} ", " 10000 "))
    for name in ("made_layout", "a"):
        header = tmp_path / f"{name}.hea"
        header.write_text(header.read_text().replace(f" {RATE} ", " 10000 "))
    tracemalloc.start()
    error = refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (error.field, peak < 2**24) == ("length of segment 3", True)
    assert error.reason.startswith("17999700 samples without a lead")


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("made/2 3", "made/3 3", "number of segments", "3 declared, 2 segment lines follow"),
        ("100 1200", "100 1201", "number of samples", "1201 declared, the segments have 1200"),
        ("made/2 3", "made/2 4", "number of signals of segment 1", "3, the record has 4"),
        (
            "made_2 500",
            "made_2 -500",
            "number of samples of segment 2",
            "-500 is less than 1, and only a layout segment, the first, has none",
        ),
        ("made_2 500", "made_2 0", "number of samples of segment 2", "0 is less than 1, and only a layout segment, the first, has none"),
        ("made_2 500", "made_2 five", "number of samples of segment 2", "the text found is not an integer"),
        ("made_2 500", "made_2", "segment 2", "its line is no name and number of samples"),
        ("made_2 500", "../made_2 500", "name of segment 2", "not a plain record name"),
        ("made_2 500", "/etc/passwd 500", "name of segment 2", "not a plain record name"),
        ("made_2 500", ".. 500", "name of segment 2", "not a plain record name"),
        ("made_2 500", "made_9 500", "header of segment 2", "does not exist"),
        ("made_2 500", "made 500", "header of segment 2", "has segments of its own"),
        (
            "1200 12:00:00\nmade_1 700",
            "1201\nmade_1 701",
            "number of samples of segment 1",
            "700 in its own header, 701 in that of the record",
        ),
        (" 100 1200", " 200 1200", "sampling rate of segment 1", "100 Hz, the record has 200"),
    ],
)
def test_master_header_refused(tmp_path: Path, old: str, new: str, field: str, reason: str) -> None:
    path = fixed(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    error = refusal(path)
    assert (error.field, error.reason) == (field, reason)


def test_a_segment_refused_is_named(tmp_path: Path) -> None:
    path = fixed(tmp_path)
    signals, header = tmp_path / "made_2.dat", tmp_path / "made_2.hea"
    sound, text = signals.read_bytes(), header.read_text()
    signals.write_bytes(sound[:-2] + b"\0\1")
    assert refusal(path).field == "checksum of lead V5 of segment 2"
    signals.write_bytes(sound[:-2])
    assert (refusal(path).record, refusal(path).field) == ("made/made_2", "signal file of segment 2")
    signals.unlink()
    assert refusal(path).reason == "does not exist"
    os.mkfifo(signals)
    assert refusal(path).reason == "not a regular file"
    header.write_text(text.replace("500.0(-7)", "0(-7)"))
    assert refusal(path).field == "gain of lead II of segment 2"
    header.write_text(text.replace(" V5", " V6"))
    assert (refusal(path).field, refusal(path).reason) == ("signals of segment 2", "are not those of the first segment")
    header.write_text(text.replace(".dat 16 ", ".dat 16x2 "))
    assert refusal(path).field == "sampling rate of segment 2"
    header.unlink()
    assert str(refusal(path)).startswith("made/made_2: header of segment 2: does not exist.")


def test_a_link_out_of_the_folder(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = fixed(tmp_path)
    outside = tmp_path_factory.mktemp("outside") / "made_2.hea"
    (tmp_path / "made_2.hea").rename(outside)
    (tmp_path / "made_2.hea").symlink_to(outside)
    assert (refusal(path).field, refusal(path).reason) == ("header of segment 2", "a link that leaves the record's folder")


def test_layout_refused(tmp_path: Path) -> None:
    path = variable(tmp_path)
    layout = tmp_path / "made_layout.hea"
    text = layout.read_text()
    layout.write_text(text.replace(" 100 0", " 100 10"))
    assert (refusal(path).field, refusal(path).reason) == ("number of samples of segment 1", "10, but a layout segment has none")
    layout.write_text(text.replace(" V5", " V6"))
    assert (refusal(path).record, refusal(path).field) == ("made/made_2", "signals of segment 4")
    path.write_text(path.read_text().replace("made_layout 0", "~ 0"))
    assert refusal(path).field == "number of samples of segment 1"


def test_no_lead_in_any_segment(tmp_path: Path) -> None:
    write_segment(tmp_path, "a", ("PLETH",), 500)
    error = refusal(write_master(tmp_path, 1, ("a", 500), ("~", 100)))
    assert (error.field, error.reason) == ("leads", "none of the 1 signals in 2 segments is a standard lead")


def test_segments_are_no_ecgs_of_their_own(tmp_path: Path) -> None:
    """In a folder and in an archive, also where a header is longer than what other files are recognised by."""
    path = variable(tmp_path)
    write_segment(tmp_path, "alone", SOME, 300)
    segments = [("made_layout", 0), ("made_1", 700), *[("~", 1)] * 2000, ("made_2", 600), ("made_3", 50)]
    write_master(tmp_path, 4, *segments)
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for file in sorted(tmp_path.glob("*.*a*")):
            archive.write(file, file.name)
    listing = ecg_files(tmp_path)
    listed = [file.relative_to(tmp_path).as_posix() for file in listing.ecgs]
    assert (listed, listing.rejected) == (["alone.hea", "export.zip/alone.hea", "export.zip/made.hea", "made.hea"], ())
    packed, plain = read_ecg(tmp_path / "export.zip" / "made.hea"), read_ecg(path)
    np.testing.assert_array_equal(packed.signal, plain.signal)
    (tmp_path / "scan").write_text(path.read_text())
    assert read_ecg(tmp_path / "scan").format == "WFDB"
