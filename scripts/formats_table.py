"""Writes the tables of docs/formats.md: the formats, and what became of every file of the collected recordings.

JACCARDIO_DATA=path/to/data python scripts/formats_table.py

Which values are exact is tested (tests/recording/readers); here each file is read or refused, with the reason.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from jaccardio.cohort.corpora.corpus import Rejection
from jaccardio.cohort.corpora.listing import Listing, ecg_files
from jaccardio.errors import ReadError
from jaccardio.markdown import renewed
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.readers.formats import FORMATS

PAGE = Path(__file__).parents[1] / "docs" / "formats.md"
FILE_BY_FILE = ("formats", "edge_cases")
COUNTED = ("ludb", "cinc2021", "ptbxl", "ptbxl_cinc")


def formats(results: Iterable[str]) -> Iterator[str]:
    """One row a format; the rows of `files` tell of which a collected file was read."""
    read = {row.partition(" | ")[2].partition(": ")[0] for row in results}
    yield "| format | package | tried on | how it is recognised |"
    yield "|---|---|---|---|"
    for format_ in FORMATS:
        packages = ", ".join(f"`{package}`" for package in format_.packages) or "none"
        tried = "published samples" if format_.name in read else "synthetic only"
        yield f"| {format_.name} | {packages} | {tried} | {_first_sentence(format_.recognises.__doc__ or '')} |"


def files(data: Path, listing: Listing) -> Iterator[str]:
    """One row a file of the folders of odd and of vendors' files."""
    yield "| file | result |"
    yield "|---|---|"
    for folder in FILE_BY_FILE:
        for name, result, _ in _results(data, listing, folder):
            yield f"| {name} | {result} |"


def counts(data: Path, listing: Listing) -> Iterator[str]:
    """One row a folder of many."""
    yield "| folder | files | read | refused |"
    yield "|---|---|---|---|"
    for folder in COUNTED:
        results = list(_results(data, listing, folder))
        refused = Counter(kind for *_, kind in results if kind)
        reasons = ", ".join(f"{count} {kind}" for kind, count in refused.most_common()) or "none"
        yield f"| {folder} | {len(results)} | {len(results) - sum(refused.values())} | {reasons} |"


def _results(data: Path, listing: Listing, folder: str) -> Iterator[tuple[str, str, str]]:
    """Name, result and kind of refusal (empty where read) of every ECG of a folder."""
    for rejection in listing.rejected:
        if rejection.file.startswith(f"{folder}/"):
            yield rejection.file, f"refused: {rejection.reason.partition('. ')[0]}", rejection.kind
    for path in (path for path in listing.ecgs if path.is_relative_to(data / folder)):
        name = path.relative_to(data).as_posix()
        try:
            recording = read_ecg(path)
        except ReadError as error:
            yield name, f"refused: {error.field}: {error.reason}", Rejection.because("", error).kind
            continue
        scale = "" if recording.millivolt_per_count is None else f", {1000 * recording.millivolt_per_count:.4g} µV a count"
        flags = f"; {', '.join(recording.flags)}" if recording.flags else ""
        yield name, f"{recording.format}: {recording.seconds:.4g} s at {recording.sampling_rate:g} Hz{scale}{flags}", ""


def _first_sentence(text: str) -> str:
    sentence = re.sub(r"\s+", " ", text.strip()).partition(". ")[0].rstrip(".")
    return sentence.removeprefix("Whether a file ")


if __name__ == "__main__":
    folder = Path(os.environ.get("JACCARDIO_DATA", ""))
    if not (folder / "formats").is_dir():
        sys.exit("JACCARDIO_DATA does not name the folder of collected recordings")
    listing = ecg_files(folder)
    results = list(files(folder, listing))
    made = {"formats": list(formats(results)), "files": results, "counts": list(counts(folder, listing))}
    PAGE.write_text(renewed(PAGE.read_text(), made))
