"""Chapman-Shaoxing and Ningbo in their own layout (PhysioNet ecg-arrhythmia 1.0.0, doi:10.13026/wgex-er52).

Zheng J, et al. A 12-lead electrocardiogram database for arrhythmia research covering more than 10,000 patients. Sci Data 7:48 (2020).
Headers ``WFDBRecords/01/010/JS00001.hea`` are as the Challenge has them (``#Dx: 426177001,164934002``) and are read as its; beside
them ``ConditionNames_SNOMED-CT.csv`` (``Acronym Name``, ``Full Name``, ``Snomed_CT``) lists every code that was annotated. The
first release of 2019 (``Diagnostics.xlsx`` and CSV files) holds the ECGs JS00001 to JS10646 and is not read: take this one.

Every record is its own patient, as published.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from jaccardio.cohort.corpora.challenge import SNOMED, open_challenge
from jaccardio.cohort.corpora.corpus import DEFAULTS, Corpus, Rejection, Source, SourceOptions
from jaccardio.cohort.corpora.published import published_rows
from jaccardio.errors import UsageError, printable
from jaccardio.findings.vocabulary import Vocabulary

FOLDER, CONDITIONS = "WFDBRecords", "ConditionNames_SNOMED-CT.csv"
DATABASES = ("chapman_shaoxing", "ningbo")
OTHER = "chapman:other"
"""Stands for a record of another name, which may be anybody's."""


_NO_KEY = bytes(32)
"""What the Challenge would make pseudonyms with; none is kept."""


def open_chapman(
    source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary, options: SourceOptions = DEFAULTS
) -> Corpus:
    """Lists the headers and reads the table of conditions.

    Raises
    ------
    UsageError
        No folder WFDBRecords or no table there.
    DataError
        No header, or a table without the column Snomed_CT.
    """
    if not (source / FOLDER).is_dir():
        raise UsageError(f"{printable(str(source))}: no folder {FOLDER} in it; name the folder of the database.")
    listed = frozenset(SNOMED + row["Snomed_CT"].strip() for row in published_rows(source / CONDITIONS, ("Snomed_CT",), "Chapman-Shaoxing"))
    opened = open_challenge(source / FOLDER, _NO_KEY, sampling_rate, vocabulary, options, listed)
    annotated = {database: codes for database, codes in opened.annotated.items() if database in DATABASES}
    return Corpus(_named(opened.entries), annotated, opened.notes)


def _named(entries: Iterable[Source | Rejection]) -> Iterator[Source | Rejection]:
    """Records that are named as published; the others are refused."""
    for entry in entries:
        if isinstance(entry, Source) and entry.database not in DATABASES:
            yield Rejection(OTHER, "record name: not one of this database. Use corpus challenge or wfdb.", entry.path.name)
        elif isinstance(entry, Rejection) and not entry.record.startswith("challenge:JS"):
            yield replace(entry, record=OTHER)
        else:
            yield entry
