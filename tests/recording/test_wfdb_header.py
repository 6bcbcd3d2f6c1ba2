"""Header dialects are understood; everything else is refused with the field named."""

from pathlib import Path

import pytest

from jaccardio.errors import ReadError
from jaccardio.recording.readers.wfdb_header import MAXIMUM_HEADER_BYTES, LeadSignal, parse_header

RECORD_LINE = "made 12 100 1000"


def edit(path: Path, old: str, new: str, count: int = 1) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")
    return path


def refusal(path: Path) -> ReadError:
    with pytest.raises(ReadError) as caught:
        parse_header(path)
    assert caught.value.record == path.stem
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    ("record_line", "signal", "expected"),
    [
        ("E00015.mat 1 500 5000 05-May-2020 14:50:55", "E00015.mat 16+24 1000/mV 16 0 -68 1250 0 I", (16, 24, 1000.0, 0, "mV", "I")),
        ("HR1 1 500 5000", "HR1.mat 16x1+24 1000.0(0)/mv 16 0 -35 -13900 0 aVR", (16, 24, 1000.0, 0, "mv", "aVR")),
        ("a 1 100 1000", "a.dat 16 1000.0(0)/mV 16 0 -119 1508 0 AVL", (16, 0, 1000.0, 0, "mV", "AVL")),
        ("132 1 500 5000", "132.dat 16 1760(-20)/mV 0 0 -80 -30547 0 i", (16, 0, 1760.0, -20, "mV", "i")),
        ("s 1 1000 38400", "s.dat 16 2000 16 0 -489 -8337 0 v6", (16, 0, 2000.0, 0, "mV", "v6")),
        (
            "s 1 360/360(0) 650000 0:0:0 1/1/1990",
            "s.dat 212 2e2/uV 11 1024 995 -22131 0 MLII lead",
            (212, 0, 200.0, 1024, "uV", "MLII lead"),
        ),
    ],
)
def test_dialects(tmp_path: Path, record_line: str, signal: str, expected: tuple[object, ...]) -> None:
    path = tmp_path / "any.hea"
    path.write_text(f"{record_line}\n{signal}\n")
    header = parse_header(path)
    line = header.signals[0]
    assert isinstance(line, LeadSignal)
    assert (line.format, line.offset, line.gain, line.baseline, line.units, line.name) == expected
    assert (header.record, header.rate, header.frames) == ("any", float(record_line.split()[2].split("/")[0]), int(record_line.split()[3]))


def test_encodings_line_ends_and_comments(header: Path) -> None:
    plain = parse_header(header).signals
    text = "# before\r\n" + header.read_text().replace("\n", "\r\n") + "#Dx: 426783006\r\n# Name: M\u00fcller\r\n"
    header.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert parse_header(header).comments == ("before", "Dx: 426783006", "Name: Müller")
    header.write_bytes(text.encode("latin-1") + b"# a\x85b\r\n\x1a\0\0")
    read = parse_header(header)
    assert read.comments == ("before", "Dx: 426783006", "Name: Müller", "a\x85b")
    assert read.signals == plain
    assert "Müller" not in repr(read)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("made", "number of signals"),
        ("made 12", "sampling rate"),
        ("made 12 100", "number of samples"),
        ("made/3 12 100 1000", "number of segments"),
        ("made/ 12 100 1000", "number of segments"),
        ("made/-3 12 100 1000", "number of segments"),
        ("made/12 12 100 1000", "segment 1"),
        ("made 0 100 1000", "number of signals"),
        ("made 11 100 1000", "number of signals"),
        ("made 13 100 1000", "number of signals"),
        ("made -12 100 1000", "number of signals"),
        ("made 12.0 100 1000", "number of signals"),
        ("made 99999999 100 1000", "number of signals"),
        ("made 12 0 1000", "sampling rate"),
        ("made 12 -100 1000", "sampling rate"),
        ("made 12 nan 1000", "sampling rate"),
        ("made 12 inf 1000", "sampling rate"),
        ("made 12 1e308 1000", "sampling rate"),
        ("made 12 1e999 1000", "sampling rate"),
        ("made 12 10001 1000", "sampling rate"),
        ("made 12 100Hz 1000", "sampling rate"),
        ("made 12 1_00 1000", "sampling rate"),
        ("made 12 100 0", "number of samples"),
        ("made 12 100 -1000", "number of samples"),
        ("made 12 100 1e3", "number of samples"),
        ("made 12 100 " + "9" * 5000, "number of samples"),
        ("made 12 100 １０００", "number of samples"),
    ],
)
def test_record_line_refused(header: Path, line: str, field: str) -> None:
    assert refusal(edit(header, RECORD_LINE, line)).field == field


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (" 1000.0(0)/mV", " nan/mV", "gain of lead I"),
        (" 1000.0(0)/mV", " inf/mV", "gain of lead I"),
        (" 1000.0(0)/mV", " 1e309/mV", "gain of lead I"),
        (" 1000.0(0)/mV", " /mV", "gain of lead I"),
        (" 1000.0(0)/mV", " 1000.0(0.5)/mV", "baseline of lead I"),
        (" 16 1000", " sixteen 1000", "storage format of lead I"),
        (" 16 1000", " 16x0 1000", "storage format of lead I"),
        (" 16 1000", " 16:5 1000", "skew of lead I"),
        (" 16 0 0 ", " 16.5 0 0 ", "ADC resolution of lead I"),
        (" 16 0 0 ", " 16 zero 0 ", "ADC zero of lead I"),
        (" 16 0 0 ", " 16 0 0x1 ", "initial value of lead I"),
        (" 0 I\n", " none I\n", "block size of lead I"),
        ("made.dat", "../made.dat", "file name of lead I"),
        ("made.dat", "..", "file name of lead I"),
        ("made.dat", "/etc/passwd", "file name of lead I"),
        ("made.dat", "sub\\made.dat", "file name of lead I"),
        ("made.dat", "C:made.dat", "file name of lead I"),
        ("made.dat", "~", "file name of lead I"),
        ("made.dat 16", "~x 0", "file name of lead I"),
        ("made.dat", "-", "file name of lead I"),
        (" I\n", "\n", "lead name of signal 1"),
    ],
)
def test_signal_line_refused(header: Path, old: str, new: str, field: str) -> None:
    assert refusal(edit(header, old, new)).field == field


def test_missing_gain_says_that_the_unit_is_unknown(header: Path) -> None:
    lines = header.read_text().splitlines()
    lines[2] = "made.dat 16"
    header.write_text("\n".join(lines))
    error = refusal(header)
    assert (error.field, "unit" in error.reason) == ("gain of signal 2", True)


def test_header_file_refused(tmp_path: Path, header: Path) -> None:
    assert refusal(tmp_path / "absent.hea").reason == "does not exist"
    (tmp_path / "folder.hea").mkdir()
    assert "regular" in refusal(tmp_path / "folder.hea").reason
    header.write_bytes(b"")
    assert "empty" in refusal(header).reason
    header.write_bytes(b"#" * (MAXIMUM_HEADER_BYTES + 1))
    assert refusal(header).field == "header"
    header.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 605\n")
    assert "git lfs pull" in refusal(header).remedy


def test_text_of_a_header_is_never_repeated(header: Path) -> None:
    for line in ("John Canary 12 100 1000", "made 12 Canary 1000", "made 12 100 Canary"):
        path = edit(header, RECORD_LINE, line)
        assert "Canary" not in str(refusal(path))
        edit(header, line, RECORD_LINE)
    for old in ("1000.0(0)/mV", "1000.0(0", " 16 1000", " 0 I\n", "made.dat"):
        text = header.read_text()
        new = {"1000.0(0": "1000.0(Canary", "made.dat": "../Canary"}.get(old, " Canary ")
        assert "Canary" not in str(refusal(edit(header, old, new)))
        header.write_text(text)


def test_other_signals_need_no_field_but_their_place(tmp_path: Path) -> None:
    path = tmp_path / "any.hea"
    path.write_text("any 3 100 1000\n~ ? ? ? ? ? ? ? RESP\na.dat 16x4+24 1000 16 0 0 0 0 I\nb.dat 16x2:9+8 x y z 0 0 0 vx\n")
    resp, lead, frank = parse_header(path).signals
    assert isinstance(lead, LeadSignal)
    assert (lead.samples_per_frame, lead.offset) == (4, 24)
    assert not isinstance(resp, LeadSignal)
    assert (resp.name, resp.format, resp.samples_per_frame) == ("RESP", 0, 1)
    assert (frank.format, frank.samples_per_frame, frank.offset) == (16, 2, 8)


def test_nul_characters_are_blanks(header: Path) -> None:
    plain = parse_header(header)
    header.write_bytes(header.read_bytes().replace(b" V1\n", b" V1\0\0\n") + b"\0\0\0\n\0")
    assert parse_header(header) == plain


def test_a_signal_file_is_named_by_bytes(header: Path) -> None:
    """The header is Latin-1, as is the file's name; the system's names are UTF-8."""
    header.write_bytes(header.read_bytes().replace(b"made.dat", b"caf\xe9.dat") + "# Müller\n".encode("latin-1"))
    assert {signal.file for signal in parse_header(header).signals} == {"caf\udce9.dat"}


def test_a_file_name_is_shown_in_printable_form(header: Path) -> None:
    name = header.with_name("a\x1b[2J\udce9.hea")
    header.rename(name)
    assert parse_header(name).record == "a\\x1b[2J\\udce9"
    name.write_bytes(b"")
    with pytest.raises(ReadError) as caught:
        parse_header(name)
    assert str(caught.value).isprintable()
    assert caught.value.record == "a\\x1b[2J\\udce9"
