"""Tables of samples: one column a lead, one row a sample; unit and rate in comment lines above it, or in a JSON file beside it.

# unit: uV
# sampling_rate: 500
I,II,V1,V2,V3,V4,V5,V6
-35,10,...
"""

import csv
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from jaccardio.errors import ReadError
from jaccardio.recording.leads import lead_row, lead_rows
from jaccardio.recording.readers.declaration import KEYS, Declaration, sidecar
from jaccardio.recording.recording import Recording

_COMMENT = re.compile(r"#+\s*(unit|sampling_rate|leads|comment)\s*[:=]\s*(.*)", re.IGNORECASE)
_SEPARATORS = ";\t,"
_DECLARE = "Write a line `# {key}: {value}` above the table, or a JSON file of the same name beside it."
_MISSING = {"", "nan", "na", "n/a", "null"}
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?")


def is_csv(head: bytes) -> bool:
    """Whether a file is a table whose columns are leads, or that declares what they are, or that holds nothing but numbers."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # else a letter cut in two at the end
            return False
        text = head[: error.start].decode("utf-8-sig")
    if "\0" in text or text.lstrip().startswith(("<", "{")):
        return False
    declared, lines = _split(text.splitlines())
    first, second = [*(_cells(line, _separator(lines)) for line in islice(lines, 2)), [], []][:2]
    if not first:
        return False
    if len(first) > 1 and all(map(_is_number, first)):
        return True
    leads = [place for place, cell in enumerate(first) if lead_row(cell) is not None]
    return bool(KEYS[0] in declared or KEYS[1] in declared) or any(place < len(second) and _is_number(second[place]) for place in leads)


def read_csv(path: Path, record: str) -> Recording:
    """Reads a table of samples, separated by commas, semicolons or tabs; with semicolons, numbers may have decimal commas.

    Raises
    ------
    ReadError
        Unit, rate or lead names are not declared; the table is not UTF-8, ragged, or holds something else than numbers; its points may
        separate thousands.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ReadError(record, "file", "not UTF-8", "Save the table in UTF-8.") from None
    declared, lines = _split(text.splitlines())
    separator = _separator(lines)
    rows = list(csv.reader((line for line in lines if line.strip()), delimiter=separator, skipinitialspace=True))
    found: Mapping[str, Any] = {**sidecar(path, record), **declared}
    if rows and not all(map(_is_number, rows[0])):
        found = {**found, "leads": rows.pop(0)}
    declaration = Declaration.of(found, record, _DECLARE)
    places = [place for place, row in enumerate(lead_rows(declaration.leads)) if row is not None]
    places = places or list(range(len(declaration.leads)))
    if separator != ",":
        _refuse_thousands(rows, places, record)
    decimal = "," if separator == ";" else "."
    values = np.empty((len(declaration.leads), len(rows)))
    for number, cells in enumerate(rows, start=1):
        if len(cells) != len(declaration.leads):
            reason = f"{len(cells)} cells, {len(declaration.leads)} columns"
            raise ReadError(record, f"row {number} of the samples", reason, "Export the table again.")
        try:
            values[places, number - 1] = [float(cells[place].replace(decimal, ".")) for place in places]
        except ValueError:
            values[places, number - 1] = [_number(cells[place], decimal, record, number) for place in places]
    return declaration.recording(values, record)


def _split(lines: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Declarations of the comment lines at the beginning, and the lines of the table."""
    declared: dict[str, str] = {}
    for number, line in enumerate(lines):
        if line.strip() and not line.startswith("#"):
            return declared, list(lines[number:])
        match = _COMMENT.match(line.strip().rstrip(_SEPARATORS))
        if match:
            declared[match[1].lower()] = match[2].strip()
    return declared, []


def _separator(lines: Sequence[str]) -> str:
    return next((separator for separator in _SEPARATORS if lines and separator in lines[0]), ",")


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(separator)]


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _refuse_thousands(rows: Sequence[Sequence[str]], places: Sequence[int], record: str) -> None:
    """Refuses a table in which every point may separate thousands, as in ``1.234``: no other number shows that it begins decimals."""
    pointed = [
        (number, cells[place].strip())
        for number, cells in enumerate(rows, start=1)
        for place in places
        if place < len(cells) and "." in cells[place]
    ]
    if pointed and all(_THOUSANDS.fullmatch(cell) for _, cell in pointed):
        reason = "a point before three digits, which may separate thousands or begin decimals, and no other number tells"
        raise ReadError(record, f"row {pointed[0][0]} of the samples", reason, "Export the numbers without a separator of thousands.")


def _number(cell: str, decimal: str, record: str, row: int) -> float:
    if cell.strip().lower() in _MISSING:
        return float("nan")
    try:
        return float(cell.replace(decimal, "."))
    except ValueError:
        raise ReadError(record, f"row {row} of the samples", "not a number", "Leave missing samples empty, or write nan.") from None
