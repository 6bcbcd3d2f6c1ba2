"""Any folder of WFDB records: signals without findings, to be scored or searched; every finding is unknown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.corpora.listing import header_files
from jaccardio.cohort.pseudonyms import pseudonym
from jaccardio.errors import UsageError, printable
from jaccardio.findings.vocabulary import Vocabulary

DATABASE = "wfdb"


@dataclass(frozen=True)
class WfdbFolder:
    """The records below one folder, under pseudonyms of their relative paths; every record is its own patient."""

    folder: Path
    headers: tuple[Path, ...]
    unread: tuple[Rejection, ...]
    key: bytes

    @classmethod
    def open(cls, source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary) -> "WfdbFolder":
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
        return cls(source, *header_files(source), key)

    @property
    def annotated(self) -> Mapping[str, frozenset[str]]:
        """Nothing: no findings are read."""
        return {DATABASE: frozenset()}

    def sources(self) -> Iterator[Source | Rejection]:
        """One source per header, sorted by path, after what could not be looked into."""
        yield from self.unread
        first: dict[str, Path] = {}
        for header in self.headers:
            path = header.relative_to(self.folder)
            record = pseudonym(self.key, "record", printable(path.with_suffix("").as_posix()))
            if first.setdefault(record, path) != path:
                yield Rejection(record, "record name: that of two headers, and one is read. Remove one, or rename the record.", str(path))
            else:
                yield Source(record, patient_key=record, path=header, present=(), absent=(), closed=False, database=DATABASE)
