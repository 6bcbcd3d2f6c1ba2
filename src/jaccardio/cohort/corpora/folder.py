"""Any folder of ECG files, of whichever formats: signals without findings, to be scored or searched; every finding is unknown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jaccardio.cohort.corpora.corpus import DEFAULTS, Rejection, Source, SourceOptions
from jaccardio.cohort.corpora.listing import Listing, ecg_files
from jaccardio.cohort.pseudonyms import Pseudonyms
from jaccardio.errors import UsageError, printable
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.readers.record_files import named_path

DATABASE = "folder"


@dataclass(frozen=True)
class Folder:
    """The ECGs below one folder, or in one zip archive, under pseudonyms of their relative paths; every recording is its own patient."""

    folder: Path
    listing: Listing
    pseudonyms: Pseudonyms
    site: str

    @classmethod
    def open(
        cls, source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary, options: SourceOptions = DEFAULTS
    ) -> "Folder":
        """Lists the ECGs; rate and vocabulary are not needed.

        Raises
        ------
        UsageError
            No key, or `source` is neither a folder nor an archive.
        DataError
            No ECG there.
        """
        if key is None:
            raise UsageError("a folder of ECGs needs --patient-key FILE: its ids are pseudonyms under that key.")
        return cls(source, ecg_files(source), Pseudonyms(key), options.site)

    @property
    def annotated(self) -> Mapping[str, frozenset[str]]:
        """Nothing: no findings are read."""
        return {self._database: frozenset()}

    @property
    def pseudonymous(self) -> bool:
        """Yes."""
        return True

    @property
    def notes(self) -> tuple[str, ...]:
        """Which files are no ECGs."""
        return self.listing.notes

    def sources(self) -> Iterator[Source | Rejection]:
        """One source per ECG, sorted by path, after what could not be looked into."""
        yield from self.listing.rejected
        code = self.pseudonyms.site(self.site) if self.site else None
        first: dict[str, Path] = {}
        for file in self.listing.ecgs:
            path = file.relative_to(self.folder)
            record = self.pseudonyms.record(self.site, "", printable(named_path(path).as_posix()))
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
                database=self._database,
                site=code,
                site_name=self.site,
            )

    @property
    def _database(self) -> str:
        return self.pseudonyms.site(self.site) if self.site else DATABASE
