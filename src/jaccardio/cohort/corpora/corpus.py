"""What every corpus yields: one `Source` per ECG with its findings as coded, or one `Rejection` with the reason.

A corpus reads tables and headers only; signals are read later, by ingest.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from jaccardio.errors import ReadError, printable
from jaccardio.recording.readers.array_part import ArrayPart

OLDEST_AGE = 90.0
"""Ages over 89 are stored as 90: beyond that, an age can identify a person."""


@dataclass(frozen=True)
class Source:
    """One ECG of a corpus before its signal is read.

    Attributes
    ----------
    recording_id
        Public id (``ptbxl:17``, ``challenge:E00015``) or pseudonym; unique in the corpus.
    patient_key
        Equal for one patient's recordings; a record whose patient is unknown is its own patient.
    path
        The recording, as `jaccardio.read_ecg` takes it.
    part
        Where the file is one of arrays: which part of it is this ECG.
    present, absent
        Codes stated as present or as absent, each ``ontology:code``, e.g. ``scp:AFIB``, ``snomed:164889003``, ``finding:af``.
    closed
        Whether findings that are not stated are absent, as far as the database annotates them.
    database
        Key of `Corpus.annotated`, e.g. ``ptbxl``, ``georgia``, a hospital's site.
    fold
        The corpus's own fold, where it has folds.
    age
        Years; over 89 is 90.
    sex
        ``female``, ``male`` or None.
    year
        Of the recording; the full date is not kept.
    scp_source
        PTB-XL only: how the statements of this row were obtained.
    report_phrases
        What the report says, in codes of `jaccardio.findings.report_phrases`; None without a report. Its text is never stored.
    measured
        Values by the name of a measurement, as the corpus states them; they stand in the place of our own.
    patient_id, site_name
        As the corpus writes them where the store has pseudonyms; for the table of ids (`jaccardio.cohort.id_table`), never stored.
    day
        Of the recording, ``2019-05-02``; empty where the whole date is not known. For the table of ids, never stored.
    """

    recording_id: str
    patient_key: str
    path: Path
    present: tuple[str, ...]
    absent: tuple[str, ...]
    closed: bool
    database: str
    fold: int | None = None
    site: str | None = None
    device: str | None = None
    age: float | None = None
    sex: str | None = None
    year: int | None = None
    scp_source: str | None = None
    report_phrases: tuple[str, ...] | None = None
    part: ArrayPart | None = None
    measured: Mapping[str, float] = field(default_factory=dict)
    patient_id: str = field(default="", compare=False, repr=False)
    site_name: str = field(default="", compare=False, repr=False)
    day: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Rejection:
    """One ECG that cannot enter a store; all text in its `printable` form.

    Attributes
    ----------
    record
        Recording id; stored.
    reason
        Why, without names of files and folders; stored.
    file
        Its path below the corpus, shown to the person who ingests; never stored, because hospitals name files and folders by patients.
    """

    record: str
    reason: str
    file: str = ""

    def __post_init__(self) -> None:
        for name in ("record", "reason", "file"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    @classmethod
    def because(cls, record: str, error: ReadError, file: str = "") -> "Rejection":
        """The rejection of a record that could not be read."""
        return cls(record, f"{error.field}: {error.reason}. {error.remedy}".rstrip(), file)

    @property
    def kind(self) -> str:
        """The reason without numbers, leads and remedy, to count by."""
        return re.sub(r"\d[\d.,]*", "#", re.sub(r"\blead (?:I{1,3}|aV[RLF]|V[1-6])\b", "a lead", self.reason.partition(". ")[0])).rstrip(
            "."
        )

    def reported(self) -> "Rejection":
        """As the report shows it, with the file beside the record."""
        return Rejection(f"{self.record} ({self.file})", self.reason) if self.file else self


@dataclass(frozen=True)
class SourceOptions:
    """What `ingest` is told beside the corpus.

    Attributes
    ----------
    site
        Hospital of all records that do not state another.
    drop
        Columns of a manifest to leave out.
    allow_outside
        Whether a manifest may name recordings outside of its folder, and links to files elsewhere.
    """

    site: str = ""
    drop: tuple[str, ...] = ()
    allow_outside: bool = False


DEFAULTS = SourceOptions()


@dataclass(frozen=True)
class Corpus:
    """A collection of ECGs with their findings as coded by whoever annotated them; its tables were read and checked.

    Attributes
    ----------
    entries
        Every ECG once, in an order that does not change between runs. To be read once.
    annotated
        Per database, the codes that its annotators used at all: what they never used is unknown, not absent.
    notes
        How the corpus was read where it could be read otherwise, for the person who ingests; never stored.
    pseudonymous
        Whether any id is a pseudonym under the secret key.
    """

    entries: Iterable[Source | Rejection]
    annotated: Mapping[str, frozenset[str]]
    notes: tuple[str, ...] = ()
    pseudonymous: bool = False


def storable_age(years: float) -> float | None:
    """Age in years as it may be stored: over 89 becomes 90, NaN and negative values (not stated) become None."""
    if not years >= 0:
        return None
    return OLDEST_AGE if years > OLDEST_AGE - 1 else years


def year_of(date: str) -> int | None:
    """The year of a date that begins with it (``2019``, ``2019-05-02``, ``2019/05/02 10:00``, ``20190502``), else None."""
    match = re.match(r"(1[89]|2[01])\d\d(?=\D|$|\d{4}\b)", date.strip())
    return int(match.group()) if match else None


def day_of(cell: str) -> date | None:
    """The day of ``2019-05-02``, ``2019/5/2``, ``20190502``, ``2.5.2019`` or ``2019年5月2日``, a time behind it and width aside.

    None for anything else: ``05/02/2019`` is February in one country and May in another, ``2019`` is no day.
    """
    text = unicodedata.normalize("NFKC", cell).strip()
    text = re.sub(r"(?<=[\d日])[T ]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?Z|[+-]\d{2}:?\d{2})?$", "", text)
    match = re.fullmatch(r"(\d{4})([-/.]|年)(\d{1,2})([-/.]|月)(\d{1,2})日?|(\d{4})(\d{2})(\d{2})|(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    if match is None:
        return None
    year, month, day = (match[1], match[3], match[5]) if match[1] else match.group(6, 7, 8) if match[6] else match.group(11, 10, 9)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
