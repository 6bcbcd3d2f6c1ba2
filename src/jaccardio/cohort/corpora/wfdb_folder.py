"""Any folder of WFDB records: signals without findings, to be scored or searched; every finding is unknown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jaccardio.cohort.corpora.corpus import DEFAULTS, Rejection, Source, SourceOptions
from jaccardio.cohort.corpora.listing import header_files
from jaccardio.cohort.pseudonyms import Pseudonyms
from jaccardio.errors import UsageError, printable
from jaccardio.findings.vocabulary import Vocabulary

DATABASE = "wfdb"


@dataclass(frozen=True)
class WfdbFolder:
    """The records below one folder, under pseudonyms of their relative paths; every record is its own patient."""

    folder: Path
    headers: tuple[Path, ...]
    unread: tuple[Rejection, ...]
    pseudonyms: Pseudonyms
    site: str

    @classmethod
    def open(
        cls, source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary, options: SourceOptions = DEFAULTS
    ) -> "WfdbFolder":
        """Lists the headers below a folder; rate and vocabulary are not needed.

        Raises
        ------
        UsageError
            No key, or `source` is no folder.
        DataError
            No header there.
        """
        if key is None:
            raise UsageError("a folder of WFDB records needs --patient-key FILE: its ids are pseudonyms under that key.")
        return cls(source, *header_files(source), Pseudonyms(key), options.site)

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
        """Nothing is open to interpretation."""
        return ()

    def sources(self) -> Iterator[Source | Rejection]:
        """One source per header, sorted by path, after what could not be looked into."""
        yield from self.unread
        code = self.pseudonyms.site(self.site) if self.site else None
        first: dict[str, Path] = {}
        for header in self.headers:
            path = header.relative_to(self.folder)
            record = self.pseudonyms.record(self.site, "", printable(path.with_suffix("").as_posix()))
            if first.setdefault(record, path) != path:
                yield Rejection(record, "record name: that of two headers, and one is read. Remove one, or rename the record.", str(path))
                continue
            yield Source(
                record,
                patient_key=record,
                path=header,
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
