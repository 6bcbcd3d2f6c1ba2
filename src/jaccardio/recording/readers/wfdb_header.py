"""Strict parser of WFDB headers (``.hea``), one segment, of every dialect that published 12-lead databases use.

Grammar: https://physionet.org/physiotools/wag/header-5.htm. Fields are parsed whole or refused; nothing is guessed. Dates and
times are ignored, never interpreted. Messages repeat numbers only: other text of a header may be patient data.
"""

import math
import re
import stat
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS, lead_row
from jaccardio.recording.recording import MAXIMUM_RATE_HZ

MAXIMUM_HEADER_BYTES = 262_144
MAXIMUM_SIGNALS = 64
MAXIMUM_SECONDS = 86_400

LFS_POINTER = b"version https://git-lfs"
LFS_REMEDY = "Run `git lfs pull` in the data set's repository."

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
class SignalLine:
    """One signal of a header.

    Attributes
    ----------
    file
        Name of the signal file, a plain name inside the header's folder.
    format
        WFDB storage format: 16, 212, ...
    offset
        Bytes before the first sample (24 for the MATLAB 4 files of the Challenges).
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
    name
        Lead name as written.
    """

    file: str
    format: int
    offset: int
    gain: float
    baseline: int
    units: str
    initial_value: int
    checksum: int
    name: str


@dataclass(frozen=True)
class WfdbHeader:
    """A parsed header.

    Attributes
    ----------
    record
        Stem of the header file (the name inside the file is not trusted).
    rate
        Hz, 0 < rate <= 10,000.
    samples
        Samples per signal, at most a day.
    signals
        1 to 64 signals.
    comments
        Text of the comment lines without ``#``; may hold patient data, so it is kept out of `repr`.
    """

    record: str
    rate: float
    samples: int
    signals: tuple[SignalLine, ...]
    comments: tuple[str, ...] = field(repr=False)


def parse_header(path: Path) -> WfdbHeader:
    """Reads and checks a header file.

    Raises
    ------
    ReadError
        The file is missing, a Git LFS pointer, too large, of several segments, or a field is absent, malformed or out of range.
    """
    record = path.stem
    lines: list[str] = []
    comments: list[str] = []
    for line in _LINE_END.split(_read_text(path, record)):
        line = line.strip()
        if line.startswith("#"):
            comments.append(line.lstrip("#").strip())
        elif line:
            lines.append(line)
    if not lines:
        raise ReadError(record, "header", "there is no record line, the file is empty", "Copy the header again.")
    signals, rate, samples = _parse_record_line(lines[0], record)
    if len(lines) - 1 != signals:
        raise ReadError(
            record,
            "number of signals",
            f"{signals} declared, {len(lines) - 1} signal lines follow",
            "Copy the header again; it is cut or edited.",
        )
    return WfdbHeader(
        record, rate, samples, tuple(_parse_signal_line(line, row, record) for row, line in enumerate(lines[1:], 1)), tuple(comments)
    )


def _read_text(path: Path, record: str) -> str:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ReadError(record, "header", "not a regular file", "Name the .hea file of a WFDB record.")
        if status.st_size > MAXIMUM_HEADER_BYTES:
            reason = f"{status.st_size} bytes, more than the {MAXIMUM_HEADER_BYTES} of any header"
            raise ReadError(record, "header", reason, "Name the .hea file of a WFDB record.")
        data = path.read_bytes()
    except FileNotFoundError:
        raise ReadError(record, "header", "does not exist", "Check the path; a record needs its .hea beside its signal file.") from None
    except (OSError, ValueError) as error:
        raise ReadError(record, "header", f"cannot be opened ({type(error).__name__})", "Check the path and its permissions.") from None
    if data.startswith(LFS_POINTER):
        raise ReadError(record, "header", "a Git LFS pointer instead of the file", LFS_REMEDY)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _parse_record_line(line: str, record: str) -> tuple[int, float, int]:
    """Number of signals, rate and samples; the record's name, time and date are passed over."""
    tokens = line.split()
    if "/" in tokens[0]:
        raise ReadError(record, "segments", "records of several segments are not supported", "Read its segments one by one.")
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
    samples = _integer(tokens[3], record, "number of samples")
    if not 1 <= samples <= MAXIMUM_SECONDS * rate:
        raise ReadError(record, "number of samples", f"{samples} at {rate:g} Hz is not between 1 and one day", "Correct the record line.")
    return signals, rate, samples


def _parse_signal_line(line: str, number: int, record: str) -> SignalLine:
    tokens = line.split(None, len(_FIELDS) - 1)
    if len(tokens) < len(_FIELDS):
        missing = _FIELDS[len(tokens)]
        reason = "not given, so the unit of the values is unknown" if missing == "gain" else "not given"
        raise ReadError(record, f"{missing} of signal {number}", reason, "Complete the signal line; jaccardio does not guess.")
    file, storage, gain_token, resolution, zero, initial_value, checksum, block_size, name = tokens
    row = lead_row(name)
    signal = f"signal {number}" if row is None else f"lead {LEADS[row]}"
    if not _PLAIN_NAME.fullmatch(file):
        raise ReadError(record, f"file name of {signal}", "not a plain file name", "Signal files must lie in the header's own folder.")
    format_, offset = _parse_format(storage, record, signal)
    zero_count = _integer(zero, record, f"ADC zero of {signal}")
    _integer(resolution, record, f"ADC resolution of {signal}")
    _integer(block_size, record, f"block size of {signal}")
    gain, baseline, units = _parse_gain(gain_token, record, signal)
    return SignalLine(
        file=file,
        format=format_,
        offset=offset,
        gain=gain,
        baseline=zero_count if baseline is None else baseline,
        units=units,
        initial_value=_integer(initial_value, record, f"initial value of {signal}"),
        checksum=_integer(checksum, record, f"checksum of {signal}"),
        name=name,
    )


@lru_cache(maxsize=1024)  # a database repeats few tokens: PTB-XL has one format and one gain
def _split_format(token: str) -> tuple[int, int, int, int] | None:
    match = _FORMAT.fullmatch(token)
    return None if match is None else (int(match[1]), int(match[2] or 1), int(match[3] or 0), int(match[4] or 0))


def _parse_format(token: str, record: str, signal: str) -> tuple[int, int]:
    """Storage format and offset, e.g. ``16x1+24``."""
    parts = _split_format(token)
    if parts is None:
        raise ReadError(record, f"storage format of {signal}", "not a WFDB format such as 16 or 212", "Correct the signal line.")
    format_, samples_per_frame, skew, offset = parts
    if samples_per_frame != 1:
        raise ReadError(
            record, f"storage format of {signal}", f"{samples_per_frame} samples per frame", "Convert all leads to one sampling rate."
        )
    if skew:
        raise ReadError(record, f"skew of {signal}", f"{skew} samples", "Align the leads and write the record without skew.")
    return format_, offset


@lru_cache(maxsize=4096)
def _split_gain(token: str) -> tuple[float, int | None, str] | None:
    match = _GAIN.fullmatch(token)
    if match is None or not _NUMBER.fullmatch(match[1]) or not math.isfinite(float(match[1])):
        return None
    if match[2] is not None and not _INTEGER.fullmatch(match[2]):
        return None
    return float(match[1]), None if match[2] is None else int(match[2]), match[3] or "mV"


def _parse_gain(token: str, record: str, signal: str) -> tuple[float, int | None, str]:
    """Gain, baseline and unit, e.g. ``1000.0(0)/mV``."""
    parts = _split_gain(token)
    if parts is not None:
        return parts
    match = _GAIN.fullmatch(token)
    if match and match[2] is not None and not _INTEGER.fullmatch(match[2]):
        raise ReadError(record, f"baseline of {signal}", f"{_shown(match[2])} is not an integer", "Correct the signal line.")
    value = _shown(match[1] if match else token)
    raise ReadError(record, f"gain of {signal}", f"{value} is not a finite number", "Correct the signal line.")


def _integer(token: str, record: str, name: str) -> int:
    if not _INTEGER.fullmatch(token):
        raise ReadError(record, name, f"{_shown(token)} is not an integer", "Correct the header.")
    return int(token)


def _shown(token: str) -> str:
    """The token if it is a number, else a word for it: text of a header may be a patient's name."""
    return token if _PRINTABLE_NUMBER.fullmatch(token) else "the text found"
