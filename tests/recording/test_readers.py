"""`read_ecg` on any spelling of a path, on real recordings with `wfdb` as oracle, and on the collected odd inputs."""

import contextlib
import warnings
from pathlib import Path

import numpy as np
import pytest
import wfdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS, lead_row
from jaccardio.recording.readers import read_ecg


@pytest.mark.parametrize("suffix", ["", ".hea", ".dat", ".mat"])
def test_path_of_a_record(header: Path, suffix: str) -> None:
    recording = read_ecg(str(header.with_suffix("")) + suffix)
    assert (recording.recording_id, recording.signal.shape) == ("made", (12, 1000))


def test_record_name_with_a_dot(header: Path) -> None:
    header.rename(header.with_name("visit.2.hea"))
    assert read_ecg(header.with_name("visit.2")).recording_id == "visit.2"


def test_other_files(tmp_path: Path) -> None:
    (tmp_path / "scan.xml").write_text("<ecg/>")
    for path, field in (
        (tmp_path / "scan.xml", "file"),
        (tmp_path / "absent", "header"),
        (tmp_path, "path"),
        (Path("s3://bucket/a"), "header"),
        (Path(), "path"),
        (Path(".."), "path"),
        (Path("/"), "path"),
        (tmp_path / ("x" * 300), "header"),
        (tmp_path / ("x" * 300 + ".hea"), "header"),
        (tmp_path / "a\0b", "header"),
        (tmp_path / "a\0b.dat", "header"),
        (tmp_path / "\ud800.hea", "header"),
        (tmp_path / "scan.xml" / "below.hea", "header"),
    ):
        with pytest.raises(ReadError) as caught:
            read_ecg(path)
        assert caught.value.field == field
        assert str(caught.value).isprintable()


def test_a_record_beside_a_folder_of_its_name(header: Path) -> None:
    header.with_suffix("").mkdir()
    assert read_ecg(header.with_suffix("")).recording_id == "made"


@pytest.mark.parametrize("written", ["A1.HEA", "A1.hea", "A1.DAT", "A1.dat", "A1"])
def test_suffixes_in_capitals(header: Path, written: str) -> None:
    header.with_suffix(".dat").rename(header.with_name("A1.DAT"))
    header.rename(header.with_name("A1.HEA"))
    header.with_name("A1.HEA").write_text(header.with_name("A1.HEA").read_text().replace("made.dat", "a1.dat"))
    assert read_ecg(header.with_name(written)).recording_id == "A1"


def test_more_than_memory_is_the_fault_of_one_record(header: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "empty", exhausted)
    with pytest.raises(ReadError, match=r"^made: length: needs more memory than there is\."):
        read_ecg(header)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_only_read_error_escapes_from_a_damaged_header(header: Path, data: st.DataObject) -> None:
    damaged = bytearray(header.read_bytes())
    tokens = st.sampled_from(
        [b"nan", b"1e999", b"-", b"/", b"\n", b" ", b"(", b"9" * 20, b"\x00", b"\xff", b"\xe2\x80\xa8", b"212", b"24", b"x4", b"+8"]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(damaged)))
        damaged[start : start + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=6) | tokens)
    path = header.with_name("fuzz.hea")
    path.write_bytes(damaged)
    with contextlib.suppress(ReadError):
        assert read_ecg(path).signal.shape[0] == 12


def real_headers(real_data: Path) -> list[Path]:
    return sorted(path for folder in ("cinc2021", "ludb", "ptbxl", "ptbxl_cinc") for path in (real_data / folder).rglob("*.hea"))


def test_agreement_with_wfdb(real_data: Path) -> None:
    refused_by_wfdb, compared = [], 0
    for path in real_headers(real_data):
        recording = read_ecg(path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                other = wfdb.rdrecord(str(path.with_suffix("")))
        except wfdb.io.header.HeaderSyntaxError:
            refused_by_wfdb.append(path)
            continue
        compared += 1
        assert recording.sampling_rate == other.fs
        for name, values in zip(other.sig_name, other.p_signal.T, strict=True):
            row = lead_row(name)
            assert row is not None
            if recording.lead_mask[row]:
                np.testing.assert_allclose(recording.signal[row], values, rtol=1e-6, atol=1e-7)
            else:
                assert f"flat:{LEADS[row]}" in recording.flags
    assert compared > 200
    assert len(refused_by_wfdb) == 16, "the Georgia headers named E00015.mat and the like"


def test_lengths_of_real_recordings(real_data: Path) -> None:
    seconds = [read_ecg(path).seconds for path in sorted((real_data / "cinc2021").rglob("*.hea"))]
    assert (min(seconds), max(seconds)) == (10.0, 38.4)


@pytest.mark.parametrize(
    ("record", "field", "words"),
    [
        ("git_lfs_pointer/00001_hr", "header", "git lfs pull"),
        ("truncated_dat/00001_lr", "signal file", "truncated: 14405 bytes"),
        ("bad_checksum/00001_lr", "checksum of lead I", "1508 declared"),
        ("missing_dat/00001_lr", "signal file", "does not exist"),
        ("empty_dat/00001_lr", "signal file", "empty"),
        ("stale_header/HR00003", "signal file", "MATLAB 5"),
        ("no_dx/A0001", "signal file", "does not exist"),
        ("header_dialects/E07500_early", "signal file", "does not exist"),
        ("fifteen_leads/s0010_re", "signal file", "does not exist"),
    ],
)
def test_odd_inputs_refused(real_data: Path, record: str, field: str, words: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_ecg(real_data / "edge_cases" / record)
    assert (caught.value.record, caught.value.field) == (Path(record).name, field)
    assert words in str(caught.value)


def test_odd_inputs_read(real_data: Path) -> None:
    def flags(record: str, kind: str) -> list[str]:
        recording = read_ecg(real_data / record)
        return [flag.split(":")[1] for flag in recording.flags if flag.startswith(kind)]

    assert flags("edge_cases/two_leads/E07500", "derived") == ["III", "aVR", "aVL", "aVF"]
    assert flags("edge_cases/three_leads/E07500", "missing") == ["V1", "V3", "V4", "V5", "V6"]
    assert flags("edge_cases/four_leads/E07500", "derived") == ["aVR", "aVL", "aVF"]
    assert flags("edge_cases/six_leads/E07500", "derived") == []
    assert flags("cinc2021/ningbo/JS45551", "flat") == ["V4", "V5", "V6"]
    assert read_ecg(real_data / "edge_cases/rate_400hz/1000001").sampling_rate == 400.0
    two, six = (read_ecg(real_data / f"edge_cases/{leads}_leads/E07500").signal[:6] for leads in ("two", "six"))
    assert np.abs(two - six).max() < 0.01, "derived limb leads are the recorded ones"
