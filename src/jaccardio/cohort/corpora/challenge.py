"""Folders of the PhysioNet/CinC Challenges 2020 and 2021: one header per record, diagnoses on its ``Dx`` comment line.

Records that are not named as the published ones are (``E00015``) may be a hospital's: their ids are pseudonyms. Of a ``Dx`` line only codes
of known tables are kept, because any other word or number may identify a patient.

Reyna MA, et al. Will Two Do? Varying Dimensions in Electrocardiography: the PhysioNet/CinC Challenge 2021, doi:10.13026/34va-7q14.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jaccardio.cohort.corpora.corpus import DEFAULTS, Corpus, Rejection, Source, SourceOptions, storable_age
from jaccardio.cohort.corpora.listing import header_files
from jaccardio.cohort.corpora.published import number_in
from jaccardio.cohort.pseudonyms import Pseudonyms
from jaccardio.errors import ReadError, UsageError, printable
from jaccardio.findings.abbreviations import challenge_abbreviations
from jaccardio.findings.coverage import annotated_codes
from jaccardio.findings.mapping import LabelMapper
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.readers.wfdb_header import parse_header

UNKNOWN_DATABASE = "challenge"
PREFIXES = {"A": "cpsc_2018", "Q": "cpsc_2018_extra", "I": "st_petersburg", "S": "ptb", "HR": "ptb_xl", "E": "georgia"}
LEFT_AXIS, LEFT_OPEN = "snomed:39732003", "axis:LAD-unstated"
"""PTB-XL's left axis deviation came from heart_axis LAD, mostly the milder German Linkstyp: its copy here leaves open which was meant."""
LAST_CHAPMAN_SHAOXING = 10646  # JS00001-JS10646; the numbers above are Ningbo's
NOT_STATED = {"", "unknown", "nan", "none"}
SNOMED = "snomed:"
_BETWEEN_CODES = re.compile(r"[,;|]|(?<=\d)\s+(?=\d)")
DATABASES = (*PREFIXES.values(), "chapman_shaoxing", "ningbo", UNKNOWN_DATABASE)
SEXES = {"f": "female", "female": "female", "m": "male", "male": "male"}


def open_challenge(
    source: Path,
    key: bytes | None,
    sampling_rate: float,
    vocabulary: Vocabulary,
    options: SourceOptions = DEFAULTS,
    listed: frozenset[str] = frozenset(),
) -> Corpus:
    """Lists the headers below a folder. Every record is its own patient, because the Challenge does not publish patients.

    Parameters
    ----------
    key
        For the pseudonyms of records that are not named as the published ones are.
    vocabulary
        Its mapping table adds codes that are kept.
    listed
        Further codes that are kept.

    Raises
    ------
    UsageError
        `source` is no folder, or there is no key though a record needs one.
    DataError
        No header there.
    """
    headers, unread = header_files(source)
    unknown = sum(database_of(header.stem) == UNKNOWN_DATABASE for header in headers)
    if unknown and key is None:
        raise UsageError("records that are not named as the Challenge's need --patient-key FILE: their ids are pseudonyms.")
    known = known_codes() | frozenset(LabelMapper.for_vocabulary(vocabulary).meanings) | listed
    records = _Records(source, headers, unread, known, None if key is None else Pseudonyms(key), options.site)
    said = f"{unknown} of {len(headers)} records are not named as the Challenge's; their ids are pseudonyms"
    annotated = {database: annotated_codes(database) for database in DATABASES}
    return Corpus(records.entries(), annotated, (said,) if unknown else (), unknown > 0)


@dataclass(frozen=True)
class _Records:
    """Reads headers; where a record name stands twice, the first by path is taken and the others are rejected."""

    folder: Path
    headers: tuple[Path, ...]
    unread: tuple[Rejection, ...]
    known: frozenset[str]
    pseudonyms: Pseudonyms | None
    site: str

    def entries(self) -> Iterator[Source | Rejection]:
        """One source per header, sorted by path, after what could not be looked into."""
        yield from self.unread
        first: dict[str, Path] = {}
        for header in self.headers:
            path = header.relative_to(self.folder)
            taken = first.setdefault(printable(header.stem), path)
            if taken == path:
                yield self._source(header, path)
            else:
                reason = "record name: already that of another file, and one file a name is read. Ingest one copy, or rename the record."
                yield Rejection(self._id(header.stem), reason, f"{path}, the name of {taken}")

    def _id(self, record: str) -> str:
        if self.pseudonyms is None or database_of(record) != UNKNOWN_DATABASE:
            return f"challenge:{record}"
        return self.pseudonyms.record(self.site, "", printable(record))

    def _source(self, header: Path, path: Path) -> Source | Rejection:
        identifier, database = self._id(header.stem), database_of(header.stem)
        try:
            fields = _fields(parse_header(header).comments)
        except ReadError as error:
            return Rejection.because(identifier, error, str(path))
        # A code outside the tables may mean any finding: what is not stated beside it is then unknown, not absent.
        present, closed = read_diagnoses(fields.get("dx", ""), self.known)
        if database == "ptb_xl":
            present = tuple(LEFT_OPEN if code == LEFT_AXIS else code for code in present)
        hospital = self.site if database == UNKNOWN_DATABASE else ""
        return Source(
            recording_id=identifier,
            patient_key=identifier,
            path=header,
            present=present,
            absent=(),
            closed=closed,
            database=database,
            site=self.pseudonyms.site(hospital) if self.pseudonyms is not None and hospital else None,
            age=storable_age(number_in(fields.get("age", ""))),
            sex=SEXES.get(fields.get("sex", "").casefold()),
            site_name=hospital,
        )


def database_of(record: str) -> str:
    """The Challenge's source database by record name, ``challenge`` where the name tells none."""
    match = re.fullmatch(r"([AQIS](?=\d{4}$)|(?:HR|E|JS)(?=\d{5}$))(\d+)", record)
    if match is None:
        return UNKNOWN_DATABASE
    prefix, number = match[1], int(match[2])
    if prefix == "JS":
        return "chapman_shaoxing" if number <= LAST_CHAPMAN_SHAOXING else "ningbo"
    return PREFIXES[prefix]


@cache
def known_codes() -> frozenset[str]:
    """Every SNOMED CT code, as ``snomed:<code>``, of the Challenges' tables, of their published counts and of the mappings that ship."""
    codes = {SNOMED + code for code in challenge_abbreviations().values()}
    codes = codes.union(*(annotated_codes(database) for database in DATABASES))
    return frozenset(codes.union(*(LabelMapper.for_vocabulary(Vocabulary.load(name)).meanings for name in Vocabulary.available())))


def read_diagnoses(cell: str, known: frozenset[str] | None = None) -> tuple[tuple[str, ...], bool]:
    """Codes of a ``Dx`` line, each once, and whether all of them are known.

    Parameters
    ----------
    cell
        SNOMED CT codes or abbreviations, separated by commas (``164889003,LBBB``), as the Challenges have it, or by semicolons, bars, or
        blanks between digits.
    known
        Codes that are kept, as ``snomed:<code>``; without it `known_codes`.

    Returns
    -------
    ``snomed:<code>`` in the order given. Other digits (they may be a date of birth) become ``snomed:other``, other words that could be an
    abbreviation ``abbreviation:other``, and other text ``abbreviation:free-text``: each may identify a patient.
    """
    kept, abbreviations = known_codes() if known is None else known, challenge_abbreviations()
    codes: dict[str, bool] = {}
    for word in (part.strip() for part in _BETWEEN_CODES.split(cell)):
        snomed = SNOMED + (word if word.isdigit() else abbreviations.get(word.casefold(), ""))
        if word.casefold() in NOT_STATED:
            continue
        if snomed in kept:
            codes[snomed] = True
        elif word.isdigit():
            codes[f"{SNOMED}other"] = False
        elif re.fullmatch(r"[A-Za-z0-9/_+-]{1,12}", word):
            codes["abbreviation:other"] = False
        else:
            codes["abbreviation:free-text"] = False
    return tuple(codes), bool(codes) and all(codes.values())


def _fields(comments: Sequence[str]) -> dict[str, str]:
    """``# Dx: 164889003`` as ``{"dx": "164889003"}``, with or without the blank, the colon and the hash; several Dx lines are one list."""
    fields: dict[str, str] = {}
    for comment in comments:
        match = re.match(r"[#\s]*(age|sex|dx)\b\s*:?\s*(.*)", comment, re.IGNORECASE)
        if match:
            name, value = match[1].casefold(), match[2].strip()
            fields[name] = f"{fields[name]},{value}" if name == "dx" and name in fields else value
    return fields
