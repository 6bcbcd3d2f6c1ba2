"""What should not be in a folder that others are given: names and ids by a list, paths, e-mail addresses, dates of a day, device serials.

Every file is read by its kind; a finding is a place and a kind, never the value. What this cannot see: names that no list holds, letters in
pictures, compressed text in PDF, numbers (a weight, a sample) that spell something.
"""

import csv
import io
import json
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np

from jaccardio.cohort.id_table import COLUMNS
from jaccardio.errors import UsageError
from jaccardio.files import no_such_folder

LISTED, PATH, MAIL, DATE, SERIAL, NAME = (
    "listed word",
    "path",
    "e-mail address",
    "date of a day",
    "device serial",
    "name as devices write it",
)

SHORTEST_TOKEN, SHORTEST_NUMBER = 4, 6
"""Listed words of fewer letters, or numbers of fewer digits, stand everywhere by chance and are passed over."""

_YEAR, _MONTH, _DAY = r"(?:1[89]|20)\d\d", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_PATTERNS = {
    PATH: r"""(?<![\w/.:<&]) / (?: home|Users|root|mnt|media|data|srv|var|tmp|opt|work|private|Volumes|export|scratch|nas ) / [^\s"'<>]
        | (?<![A-Za-z0-9]) [A-Za-z]:\\{1,2}[^\s"'<>] | (?<!\S)\\\\[\w.-]+\\ | file:// """,
    MAIL: r"[\w.+-]+ @ [\w-]+ (?: \.[\w-]+ )* \. [A-Za-z]{2,}",
    DATE: rf"""(?<![\w.-]) (?: {_YEAR} ([-/.]) {_MONTH} \1 {_DAY} | {_DAY} ([./-]) {_MONTH} \2 {_YEAR} ) (?![\w-]|\.\d)
        | (?<![\w.-]) {_YEAR}-{_MONTH}-{_DAY}T\d | {_YEAR}\s*年\s*{_MONTH}\s*月\s*{_DAY}\s*日""",
    SERIAL: r"\b (?: serial (?: \W* (?: no | nr | num | number ) )? | s/n | seriennummer ) \W{0,4} (?= [A-Z0-9-]* \d ) [A-Z0-9-]{4,}",
    NAME: r"(?<![\w^]) [^\W\d_][\w'-]+ \^ [^\W\d_][\w'-]* ",
}
_MARKS = {kind: re.compile(pattern, re.VERBOSE | re.IGNORECASE) for kind, pattern in _PATTERNS.items()}
_BORN = re.compile(r"birth|dob\b|geburt|geboren|生年月日|recording.?date|acquisition", re.IGNORECASE)
_OWN_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)")  # a run's beginning, under the key ``time``
_WORD = re.compile(r"[^\W_]+")
_PICTURE = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=\s]+")
_PRINTED = re.compile(rb"[\x20-\x7e]{4,}|(?:[\x20-\x7e]\x00){4,}")
_TEXT = {".html", ".htm", ".md", ".txt", ".log", ".csv", ".tsv", ".svg", ".xml", ".hea"}


@dataclass(frozen=True)
class Hit:
    """Something that should not be there.

    Attributes
    ----------
    file
        Relative to the folder; ``file 3`` where the name itself is a finding.
    place
        Column, key or line; ``key 2`` where the key itself is a finding.
    kind
        One of the kinds above.
    count
        How often.
    """

    file: str
    place: str
    kind: str
    count: int


class Tokens:
    """Listed words, found as whole words whatever their case and the signs between them."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.passed_over = 0
        self._by_first: dict[str, set[tuple[str, ...]]] = {}
        for token in {token.strip() for token in tokens} - {""}:
            words = tuple(_words(token))
            letters = "".join(words)
            if len(letters) < (SHORTEST_NUMBER if letters.isdigit() else SHORTEST_TOKEN):
                self.passed_over += 1
            else:
                self._by_first.setdefault(words[0], set()).add(words)

    @classmethod
    def load(cls, path: Path | None) -> "Tokens":
        """One word or name a line; of a table of ids what is no pseudonym: patients' ids, and names of files.

        Raises
        ------
        UsageError
            There is no such file, or it is no text.
        """
        if path is None:
            return cls(())
        try:
            text = path.read_text(encoding="utf-8-sig", errors="strict")
        except (OSError, UnicodeDecodeError):
            raise UsageError(f"{path}: no text file in UTF-8. Give one name or id a line, or a table of ids.") from None
        if not text.startswith(",".join(COLUMNS[:5])):  # tables of before have no date
            return cls(text.splitlines())
        rows = list(csv.DictReader(io.StringIO(text)))
        return cls([word for row in rows for word in (row["patient_id"], row["path"], PureWindowsPath(row["path"]).stem)])

    def count(self, text: str) -> int:
        """How many listed words a text holds."""
        if not self._by_first:
            return 0
        words = _words(text)
        return sum(tuple(words[i : i + len(token)]) == token for i, word in enumerate(words) for token in self._by_first.get(word, ()))


def scan(folder: Path, tokens: Tokens) -> tuple[int, list[Hit]]:
    """Looks through every file in and below a folder.

    Returns
    -------
    The number of files, and what was found, in order of files.

    Raises
    ------
    UsageError
        There is no such folder.
    """
    if not folder.exists():
        raise no_such_folder(folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else [folder]
    hits = []
    for number, path in enumerate(files, start=1):
        relative = path.relative_to(folder).as_posix() if folder.is_dir() else path.name
        named = _kinds(relative, tokens)
        name = f"file {number}" if named else relative
        found: Counter[tuple[str, str]] = Counter({("name of the file", kind): count for kind, count in named.items()})
        for place, text, marked in _read(path):
            found.update({(_shown(place, tokens), kind): count for kind, count in _kinds(text, tokens, marked).items()})
        hits += [Hit(name, place, kind, count) for (place, kind), count in found.items()]
    return len(files), hits


_Texts = Iterator[tuple[tuple[str, ...], str, bool]]
"""Place, text, and whether the text is written as such, so that paths and dates in it count: not so in the bytes of numbers."""


def _read(path: Path) -> list[tuple[tuple[str, ...], str, bool]]:
    try:
        return list(_texts(path))
    except (ValueError, OSError, KeyError, SyntaxError):  # damaged, or not what its suffix says
        return list(_opaque(path))


def _texts(path: Path) -> _Texts:
    match path.suffix.lower():
        case ".parquet":
            yield from _parquet(path)
        case ".json":
            yield from _document(json.loads(path.read_text(encoding="utf-8")), ())
        case ".jsonl":
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                yield from _document(json.loads(line), (f"line {number}",))
        case ".toml":
            yield from _document(tomllib.loads(path.read_text(encoding="utf-8")), ())
        case ".png" | ".jpg" | ".jpeg" | ".gif":
            from PIL import Image

            with Image.open(path) as image:
                image.load()  # text may stand after the picture
                yield from _document({key: _decoded(value) for key, value in image.info.items()}, ())
                yield from _document({str(key): _decoded(value) for key, value in image.getexif().items()}, ("exif",))
        case ".safetensors":
            with path.open("rb") as file:
                size = int.from_bytes(file.read(8), "little")
                yield from _document(json.loads(file.read(min(size, 2**27))), ("header",))
        case ".npz" | ".npy":
            loaded = np.load(path, allow_pickle=False)
            for name, array in loaded.items() if path.suffix.lower() == ".npz" else [("array", loaded)]:
                yield (name,), name, True
                if array.dtype.kind in "SUM":
                    for value in np.unique(array.astype(str)):
                        yield (name,), str(value), True
        case suffix if suffix in _TEXT:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                yield (f"line {number}",), line, True
        case _:
            yield from _opaque(path)


def _parquet(path: Path) -> _Texts:
    import pyarrow as pa

    from jaccardio.parquet import read_parquet

    table = read_parquet(path)
    yield from _document(
        {key.decode(): value.decode("utf-8", "replace") for key, value in (table.schema.metadata or {}).items()}, ("metadata",)
    )
    for name, column in zip(table.column_names, table.columns, strict=True):
        yield ("column names",), name, True
        while pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            column = pa.chunked_array([chunk.flatten() for chunk in column.chunks], type=column.type.value_type)
        if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
            column = column.cast(pa.string())
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            for value in column.unique().drop_null().to_pylist():
                yield (name,), f"{name}: {value}" if _BORN.search(name) else value, True
        elif pa.types.is_struct(column.type) or pa.types.is_map(column.type) or pa.types.is_dictionary(column.type):
            for value in column.to_pylist():
                yield from _document(value, (name,))


def _document(value: Any, place: tuple[str, ...]) -> _Texts:
    """Keys and texts of a JSON or TOML document."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield (*place, "keys"), str(key), True
            yield from _document(inner, (*place, str(key)))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _document(inner, place)
    elif value is not None and not isinstance(value, bool | float) and not (place[-1:] == ("time",) and _OWN_TIME.fullmatch(str(value))):
        text = str(value)
        yield place, f"{place[-1]}: {text}" if place and (_BORN.search(place[-1]) or "serial" in place[-1].lower()) else text, True


def _opaque(path: Path) -> _Texts:
    """Printed stretches of a file of bytes, in which only listed words count."""
    for printed in _PRINTED.findall(path.read_bytes()):
        yield ("bytes",), printed.replace(b"\0", b"").decode("ascii"), False


def _kinds(text: str, tokens: Tokens, marked: bool = True) -> dict[str, int]:
    found = {LISTED: tokens.count(text)}
    if marked:
        text = _PICTURE.sub("", text)
        found |= {kind: len(mark.findall(text)) for kind, mark in _MARKS.items() if kind != MAIL or "@" in text}
        if not found[PATH] and re.fullmatch(r"/[^/\s]+(/[^/]+)+", text):
            found[PATH] = 1
        if not found[DATE] and _BORN.search(text) and re.search(rf"(?<!\d){_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)", text):
            found[DATE] = 1
    return {kind: count for kind, count in found.items() if count}


def _shown(place: tuple[str, ...], tokens: Tokens) -> str:
    parts = [f"key {number}" if _kinds(part, tokens) else part for number, part in enumerate(place, start=1)]
    return ".".join(parts) or "value"


def _decoded(value: object) -> object:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
