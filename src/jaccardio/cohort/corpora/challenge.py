"""Folders of the PhysioNet/CinC Challenges 2020 and 2021: one header per record, diagnoses on its ``Dx`` comment line.

Reyna MA, et al. Will Two Do? Varying Dimensions in Electrocardiography: the PhysioNet/CinC Challenge 2021, doi:10.13026/34va-7q14.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jaccardio.cohort.corpora.corpus import Rejection, Source, storable_age
from jaccardio.cohort.corpora.listing import header_files
from jaccardio.errors import ReadError, printable
from jaccardio.findings.abbreviations import challenge_abbreviations
from jaccardio.findings.coverage import annotated_codes
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.readers.wfdb_header import parse_header

UNKNOWN_DATABASE = "challenge"
PREFIXES = {"A": "cpsc_2018", "Q": "cpsc_2018_extra", "I": "st_petersburg", "S": "ptb", "HR": "ptb_xl", "E": "georgia"}
LEFT_AXIS, LEFT_OPEN = "snomed:39732003", "axis:LAD-unstated"
"""PTB-XL's left axis deviation came from heart_axis LAD, mostly the milder German Linkstyp: its copy here leaves open which was meant."""
LAST_CHAPMAN_SHAOXING = 10646  # JS00001-JS10646; the numbers above are Ningbo's
NOT_STATED = {"", "unknown", "nan", "none"}
SEXES = {"f": "female", "female": "female", "m": "male", "male": "male"}


@dataclass(frozen=True)
class Challenge:
    """The records below one folder; every record is its own patient, because the Challenge does not publish patients.

    Where a record name stands twice, the first by path is taken and the others are rejected.
    """

    folder: Path
    headers: tuple[Path, ...]
    unread: tuple[Rejection, ...]

    @classmethod
    def open(cls, source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary) -> "Challenge":
        """Lists the headers below a folder; key, rate and vocabulary are not needed.

        Raises
        ------
        UsageError
            `source` is no folder.
        DataError
            No header there.
        """
        return cls(source, *header_files(source))

    @property
    def annotated(self) -> Mapping[str, frozenset[str]]:
        """Per source of the Challenge, the diagnoses with at least one record in the published counts."""
        databases = (*PREFIXES.values(), "chapman_shaoxing", "ningbo", UNKNOWN_DATABASE)
        return {database: annotated_codes(database) for database in databases}

    def sources(self) -> Iterator[Source | Rejection]:
        """One source per header, sorted by path, after what could not be looked into."""
        yield from self.unread
        first: dict[str, Path] = {}
        for header in self.headers:
            path = header.relative_to(self.folder)
            taken = first.setdefault(printable(header.stem), path)
            if taken == path:
                yield _source(header, path)
            else:
                reason = f"record name: already that of {taken}, and one file a name is read. Ingest one copy, or rename the record."
                yield Rejection(_named(path), reason)


def database_of(record: str) -> str:
    """The Challenge's source database by record name, ``challenge`` where the name tells none."""
    match = re.fullmatch(r"([AQIS](?=\d{4}$)|(?:HR|E|JS)(?=\d{5}$))(\d+)", record)
    if match is None:
        return UNKNOWN_DATABASE
    prefix, number = match[1], int(match[2])
    if prefix == "JS":
        return "chapman_shaoxing" if number <= LAST_CHAPMAN_SHAOXING else "ningbo"
    return PREFIXES[prefix]


def read_diagnoses(cell: str) -> tuple[tuple[str, ...], bool]:
    """Codes of a ``Dx`` line, each once, and whether all of them are codes of the Challenge's tables.

    Parameters
    ----------
    cell
        SNOMED CT codes or abbreviations, separated by commas: ``164889003,LBBB``.

    Returns
    -------
    ``snomed:<code>`` in the order given; what is neither code nor known abbreviation stays as ``abbreviation:<text>``, and text that
    cannot be an abbreviation as ``abbreviation:free-text``, because it may hold a name.
    """
    known = challenge_abbreviations()
    tables = frozenset(known.values())
    codes: dict[str, bool] = {}
    for word in (part.strip() for part in cell.split(",")):
        snomed = word if word.isdigit() else known.get(word.casefold())
        if word.casefold() in NOT_STATED:
            continue
        if snomed is not None:
            codes[f"snomed:{snomed}"] = snomed in tables
        elif re.fullmatch(r"[A-Za-z0-9/_+-]{1,12}", word):
            codes[f"abbreviation:{word}"] = False
        else:
            codes["abbreviation:free-text"] = False
    return tuple(codes), bool(codes) and all(codes.values())


def _named(path: Path) -> str:
    """A record by its id and its header's path below the corpus."""
    return f"challenge:{path.stem} ({path})"


def _source(header: Path, path: Path) -> Source | Rejection:
    record = printable(header.stem)
    try:
        fields = _fields(parse_header(header).comments)
    except ReadError as error:
        return Rejection.because(_named(path), error)
    # A code outside the tables may mean any finding: what is not stated beside it is then unknown, not absent.
    present, closed = read_diagnoses(fields.get("dx", ""))
    database = database_of(record)
    if database == "ptb_xl":
        present = tuple(LEFT_OPEN if code == LEFT_AXIS else code for code in present)
    return Source(
        recording_id=f"challenge:{record}",
        patient_key=f"challenge:{record}",
        path=header,
        present=present,
        absent=(),
        closed=closed,
        database=database,
        age=_age(fields.get("age", "")),
        sex=SEXES.get(fields.get("sex", "").casefold()),
    )


def _fields(comments: Sequence[str]) -> dict[str, str]:
    """``# Dx: 164889003`` as ``{"dx": "164889003"}``, with or without the blank, the colon and the hash; several Dx lines are one list."""
    fields: dict[str, str] = {}
    for comment in comments:
        match = re.match(r"[#\s]*(age|sex|dx)\b\s*:?\s*(.*)", comment, re.IGNORECASE)
        if match:
            name, value = match[1].casefold(), match[2].strip()
            fields[name] = f"{fields[name]},{value}" if name == "dx" and name in fields else value
    return fields


def _age(cell: str) -> float | None:
    try:
        return storable_age(float(cell))
    except ValueError:
        return None
