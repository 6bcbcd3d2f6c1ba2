"""Any folder of WFDB records: signals without findings, to be scored or searched; every finding is unknown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jaccardio.cohort.corpora.corpus import Rejection, Source, header_files
from jaccardio.cohort.pseudonyms import pseudonym
from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary

DATABASE = "wfdb"


@dataclass(frozen=True)
class WfdbFolder:
    """The records below one folder, under pseudonyms of their relative paths; every record is its own patient."""

    folder: Path
    headers: tuple[Path, ...]
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
        return cls(source, header_files(source), key)

    @property
    def annotated(self) -> Mapping[str, frozenset[str]]:
        """Nothing: no findings are read."""
        return {DATABASE: frozenset()}

    def sources(self) -> Iterator[Source | Rejection]:
        """One source per header, sorted by path."""
        for header in self.headers:
            path = header.relative_to(self.folder).with_suffix("").as_posix()
            record = pseudonym(self.key, "record", path)
            yield Source(record, patient_key=record, path=header, present=(), absent=(), closed=False, database=DATABASE)
