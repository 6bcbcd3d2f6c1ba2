"""Strict parser of WFDB headers (``.hea``), of one segment or of several, of every dialect that published 12-lead databases use.

Grammar: https://physionet.org/physiotools/wag/header-5.htm. Fields are parsed whole or refused; nothing is guessed. Dates and
times are ignored, never interpreted. Messages repeat numbers only: other text of a header may be patient data. Of signals that are no
standard lead only what is needed to step over their samples is read.
"""

import math
import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from jaccardio.errors import ReadError, printable
from jaccardio.recording.leads import LEADS, lead_rows
from jaccardio.recording.readers.record_files import LFS_POINTER, LFS_REMEDY, open_regular, record_name
from jaccardio.recording.recording import MAXIMUM_RATE_HZ

MAXIMUM_HEADER_BYTES = 262_144
MAXIMUM_SIGNALS = 64

NOTHING = "~"
"""Name of a segment or of a signal file that stands for nothing: a gap, a signal that was not recorded."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,15}", re.ASCII)
_FLOAT = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER = re.compile(_FLOAT, re.ASCII)
_PRINTABLE_NUMBER = re.compile(r"[-+0-9.eE]{1,32}|[-+]?(?:nan|inf)", re.ASCII | re.IGNORECASE)
_RATE = re.compile(rf"({_FLOAT})(?:/{_FLOAT}(?:\({_FLOAT}\))?)?", re.ASCII)
_FORMAT = re.compile(r"([0-9]{1,4})(?:x([0-9]{1,9}))?(?::([0-9]{1,9}))?(?:\+([0-9]{1,12}))?", re.ASCII)
_GAIN = re.compile(r"([^(/]*)(?:\(([^()]*)\))?(?:/(\S+))?")
_PLAIN_NAME = re.compile(r"(?![~-])(?!.*\.\.)[^/\\:\0]+")
_LINE_END = re.compile(r"\r\n|\n|\r")  # str.splitlines would also cut at characters that stand in Latin-1 comments
_FIELDS = ("file name", "storage format", "gain", "ADC resolution", "ADC zero", "initial value", "checksum", "block size", "lead name")


@dataclass(frozen=True)
class Signal:
    """One signal of a header, as far as its place in the signal file goes.

    Attributes
    ----------
    name
        As written.
    file
        Name of the signal file; `NOTHING` with format 0 for a signal that was not recorded.
    format
        WFDB storage format: 16, 212, ...; 0 where the header's word for it cannot be read.
    samples_per_frame
        1 where all signals have one rate.
    offset
        Bytes before the first sample (24 for the MATLAB 4 files of the Challenges).
    """

    name: str
    file: str
    format: int
    samples_per_frame: int
    offset: int


@dataclass(frozen=True)
class LeadSignal(Signal):
    """The signal of a standard lead: its file is a plain name inside the header's folder, or `NOTHING`, and it has no skew.

    Attributes
    ----------
    row
        Of the lead in `LEADS`.
    gain
        Counts per unit; finite, its sign not yet checked.
    baseline
        Count of zero volt.
    units
        As written; ``mV`` where the header is silent, as the WFDB standard has it.
    initial_value
        First sample, in counts.
    checksum
        Sum of all samples modulo 65,536, signed or unsigned.
    """

    row: int
    gain: float
    baseline: int
    units: str
    initial_value: int
    checksum: int


@dataclass(frozen=True)
class Segment:
    """One segment of a record: a record of its own in the same folder.

    Attributes
    ----------
    name
        Of its record, plain; `NOTHING` for a gap.
    frames
        Its length; 0 for the layout segment alone, which comes first and lists all signals.
    """

    name: str
    frames: int


@dataclass(frozen=True)
class WfdbHeader:
    """A parsed header.

    Attributes
    ----------
    record
        Stem of the header file (the name inside the file is not trusted), printable.
    rate
        Frames per second, 0 < rate <= 10,000: the sampling rate of signals of one sample a frame.
    frames
        Samples per signal, where each has one a frame; at least 1, but for a layout segment; not yet compared with the file, but with
        the sum of the segments.
    signals
        1 to 64 signals; none where there are segments.
    comments
        Text of the comment lines without ``#``; may hold patient data, so it is kept out of `repr`.
    signal_count
        As declared.
    segments
        Of a record of several segments, in the order of time.
    """

    record: str
    rate: float
    frames: int
    signals: tuple[Signal, ...]
    comments: tuple[str, ...] = field(repr=False)
    signal_count: int
    segments: tuple[Segment, ...] = ()


def parse_header(path: Path, layout: bool = False) -> WfdbHeader:
    """Reads and checks a header file.

    Parameters
    ----------
    layout
        Whether it is that of a layout segment, which has no samples.

    Raises
    ------
    ReadError
        The file is missing, a Git LFS pointer, too large, or a field is absent, malformed or out of range.
    """
    record = printable(record_name(path))
    text, encoding = _read_text(path, record)
    lines: list[str] = []
    comments: list[str] = []
    for line in _LINE_END.split(text):
        line = line.strip()
        if line.startswith("#"):
            comments.append(line.lstrip("#").strip())
        elif line:
            lines.append(line)
    if not lines:
        raise ReadError(record, "header", "there is no record line, the file is empty", "Copy the header again.")
    segments, signals, rate, frames = _parse_record_line(lines[0], record, layout)
    count, kind = (signals, "signal") if segments is None else (segments, "segment")
    if len(lines) - 1 != count:
        raise ReadError(
            record,
            f"number of {kind}s",
            f"{count} declared, {len(lines) - 1} {kind} lines follow",
            "Copy the header again; it is cut or edited.",
        )
    if segments is not None:
        parts = tuple(_parse_segment(line, number, encoding, record) for number, line in enumerate(lines[1:], start=1))
        total = sum(part.frames for part in parts)
        if total != frames:
            raise ReadError(record, "number of samples", f"{frames} declared, the segments have {total}", "Copy the header again.")
        return WfdbHeader(record, rate, frames, (), tuple(comments), signals, parts)
    tokens = [_tokens(line, number, record) for number, line in enumerate(lines[1:], start=1)]
    rows = lead_rows([words[-1] for words in tokens])
    parsed = tuple(_parse_signal(words, row, encoding, record) for words, row in zip(tokens, rows, strict=True))
    return WfdbHeader(record, rate, frames, parsed, tuple(comments), signals)


def _read_text(path: Path, record: str) -> tuple[str, str]:
    """Text of a header and the encoding that it was read by.

    NUL, which devices leave behind fields, becomes a blank; Ctrl-Z, by which DOS ended files, is left out.
    """
    with open_regular(path, record, "header", "Check the path; a record needs its .hea beside its signal file.") as (file, size):
        if size > MAXIMUM_HEADER_BYTES:
            reason = f"{size} bytes, more than the {MAXIMUM_HEADER_BYTES} of any header"
            raise ReadError(record, "header", reason, "Name the .hea file of a WFDB record.")
        data = file.read(MAXIMUM_HEADER_BYTES)
    if data.startswith(LFS_POINTER):
        raise ReadError(record, "header", "a Git LFS pointer instead of the file", LFS_REMEDY)
    data = data.replace(b"\0", b" ").rstrip(b" \x1a")
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def _parse_record_line(line: str, record: str, layout: bool) -> tuple[int | None, int, float, int]:
    """Number of segments, None where it is no record of several; number of signals, frame rate and number of frames.

    The record's name, time and date are passed over.
    """
    tokens = line.split()
    _, several, number = tokens[0].partition("/")
    segments = _integer(number, record, "number of segments") if several else None
    for position, name in ((1, "number of signals"), (2, "sampling rate"), (3, "number of samples")):
        if len(tokens) <= position:
            raise ReadError(record, name, "not given", "Complete the record line: name, signals, rate, samples.")
    signals = _integer(tokens[1], record, "number of signals")
    if not 1 <= signals <= MAXIMUM_SIGNALS:
        raise ReadError(record, "number of signals", f"{signals} is not in 1..{MAXIMUM_SIGNALS}", "Use a 12-lead recording.")
    rate_token = _RATE.fullmatch(tokens[2])
    rate = float(rate_token[1]) if rate_token else math.nan
    if not 0 < rate <= MAXIMUM_RATE_HZ:
        raise ReadError(record, "sampling rate", f"{_shown(tokens[2])} is not in (0, {MAXIMUM_RATE_HZ:g}] Hz", "Correct the record line.")
    frames = _integer(tokens[3], record, "number of samples")
    if layout and frames:
        raise ReadError(record, "number of samples", f"{frames}, but a layout segment has none", "Correct the record line.")
    if frames < 1 and not layout:
        raise ReadError(record, "number of samples", f"{frames} is less than 1", "Correct the record line.")
    return segments, signals, rate, frames


def _parse_segment(line: str, number: int, encoding: str, record: str) -> Segment:
    words = line.split()
    if len(words) != 2:
        raise ReadError(record, f"segment {number}", "its line is no name and number of samples", "Correct the segment line.")
    name = os.fsdecode(words[0].encode(encoding))
    if name != NOTHING and not _PLAIN_NAME.fullmatch(name):
        raise ReadError(record, f"name of segment {number}", "not a plain record name", "Segments must lie in the header's own folder.")
    frames = _integer(words[1], record, f"number of samples of segment {number}")
    if frames < (0 if number == 1 and name != NOTHING else 1):
        reason = f"{frames} is less than 1, and only a layout segment, the first, has none"
        raise ReadError(record, f"number of samples of segment {number}", reason, "Correct the segment line.")
    return Segment(name, frames)


def _tokens(line: str, number: int, record: str) -> list[str]:
    """The nine fields of a signal line; the last, the name, may hold blanks."""
    tokens = line.split(None, len(_FIELDS) - 1)
    if len(tokens) < len(_FIELDS):
        missing = _FIELDS[len(tokens)]
        reason = "not given, so the unit of the values is unknown" if missing == "gain" else "not given"
        raise ReadError(record, f"{missing} of signal {number}", reason, "Complete the signal line; jaccardio does not guess.")
    return tokens


def _parse_signal(tokens: list[str], row: int | None, encoding: str, record: str) -> Signal:
    file, storage, gain_token, resolution, zero, initial_value, checksum, block_size, name = tokens
    file = os.fsdecode(file.encode(encoding))  # the system knows files by bytes, whatever the encoding of the header
    if row is None:
        format_, samples_per_frame, _, offset = _split_format(storage) or (0, 1, 0, 0)
        return Signal(name, file, format_, samples_per_frame, offset)
    lead = f"lead {LEADS[row]}"
    format_, samples_per_frame, offset = _parse_format(storage, record, lead)
    if not _PLAIN_NAME.fullmatch(file) and (file, format_) != (NOTHING, 0):
        raise ReadError(record, f"file name of {lead}", "not a plain file name", "Signal files must lie in the header's own folder.")
    zero_count = _integer(zero, record, f"ADC zero of {lead}")
    _integer(resolution, record, f"ADC resolution of {lead}")
    _integer(block_size, record, f"block size of {lead}")
    gain, baseline, units = _parse_gain(gain_token, record, lead)
    return LeadSignal(
        name=name,
        file=file,
        format=format_,
        samples_per_frame=samples_per_frame,
        offset=offset,
        row=row,
        gain=gain,
        baseline=zero_count if baseline is None else baseline,
        units=units,
        initial_value=_integer(initial_value, record, f"initial value of {lead}"),
        checksum=_integer(checksum, record, f"checksum of {lead}"),
    )


@lru_cache(maxsize=1024)  # a database repeats few tokens: PTB-XL has one format and one gain
def _split_format(token: str) -> tuple[int, int, int, int] | None:
    """Storage format, samples per frame, skew and offset, e.g. of ``16x4:0+24``."""
    match = _FORMAT.fullmatch(token)
    return None if match is None else (int(match[1]), int(match[2] or 1), int(match[3] or 0), int(match[4] or 0))


def _parse_format(token: str, record: str, lead: str) -> tuple[int, int, int]:
    """Storage format, samples per frame and offset of a standard lead."""
    parts = _split_format(token)
    if parts is None:
        raise ReadError(record, f"storage format of {lead}", "not a WFDB format such as 16 or 212", "Correct the signal line.")
    format_, samples_per_frame, skew, offset = parts
    if samples_per_frame < 1:
        raise ReadError(record, f"storage format of {lead}", "0 samples per frame", "Correct the signal line.")
    if skew:
        raise ReadError(record, f"skew of {lead}", f"{skew} samples", "Align the leads and write the record without skew.")
    return format_, samples_per_frame, offset


@lru_cache(maxsize=4096)
def _split_gain(token: str) -> tuple[float, int | None, str] | None:
    match = _GAIN.fullmatch(token)
    if match is None or not _NUMBER.fullmatch(match[1]) or not math.isfinite(float(match[1])):
        return None
    if match[2] is not None and not _INTEGER.fullmatch(match[2]):
        return None
    return float(match[1]), None if match[2] is None else int(match[2]), match[3] or "mV"


def _parse_gain(token: str, record: str, lead: str) -> tuple[float, int | None, str]:
    """Gain, baseline and unit, e.g. ``1000.0(0)/mV``."""
    parts = _split_gain(token)
    if parts is not None:
        return parts
    match = _GAIN.fullmatch(token)
    if match and match[2] is not None and not _INTEGER.fullmatch(match[2]):
        raise ReadError(record, f"baseline of {lead}", f"{_shown(match[2])} is not an integer", "Correct the signal line.")
    value = _shown(match[1] if match else token)
    raise ReadError(record, f"gain of {lead}", f"{value} is not a finite number", "Correct the signal line.")


def _integer(token: str, record: str, name: str) -> int:
    if not _INTEGER.fullmatch(token):
        raise ReadError(record, name, f"{_shown(token)} is not an integer", "Correct the header.")
    return int(token)


def _shown(token: str) -> str:
    """The token if it is a number, else a word for it: text of a header may be a patient's name."""
    return token if _PRINTABLE_NUMBER.fullmatch(token) else "the text found"
