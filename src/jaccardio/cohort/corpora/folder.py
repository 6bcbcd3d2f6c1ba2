"""Any folder of ECG files, of whichever formats: signals without findings, to be scored or searched; every finding is unknown."""

from collections.abc import Iterator
from pathlib import Path

from jaccardio.cohort.corpora.corpus import DEFAULTS, Corpus, Rejection, Source, SourceOptions
from jaccardio.cohort.corpora.listing import Listing, ecg_files
from jaccardio.cohort.pseudonyms import Pseudonyms
from jaccardio.errors import UsageError, printable
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.readers.record_files import named_path

DATABASE = "folder"


def open_folder(source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary, options: SourceOptions = DEFAULTS) -> Corpus:
    """Lists the ECGs below a folder, or in one zip archive, under pseudonyms of their relative paths; each is its own patient.

    Raises
    ------
    UsageError
        No key, or `source` is neither a folder nor an archive.
    DataError
        No ECG there.
    """
    if key is None:
        raise UsageError("a folder of ECGs needs --patient-key FILE: its ids are pseudonyms under that key.")
    listing, pseudonyms = ecg_files(source), Pseudonyms(key)
    database = pseudonyms.site(options.site) if options.site else DATABASE
    return Corpus(_entries(source, listing, pseudonyms, options.site), {database: frozenset()}, listing.notes, pseudonymous=True)


def _entries(folder: Path, listing: Listing, pseudonyms: Pseudonyms, site: str) -> Iterator[Source | Rejection]:
    """What could not be looked into, then one source per ECG, sorted by path."""
    yield from listing.rejected
    code = pseudonyms.site(site) if site else None
    first: dict[str, Path] = {}
    for file in listing.ecgs:
        path = file.relative_to(folder)
        record = pseudonyms.record(site, "", printable(named_path(path).as_posix()))
        if first.setdefault(record, path) != path:
            yield Rejection(record, "record name: that of two files, and one is read. Remove one, or rename it.", str(path))
            continue
        yield Source(
            record,
            patient_key=record,
            path=file,
            present=(),
            absent=(),
            closed=False,
            database=code or DATABASE,
            site=code,
            site_name=site,
        )
