"""Labels of a store from the codes it keeps: at ingest, and again under another vocabulary without reading a signal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jaccardio.checksums import MANIFEST, seal
from jaccardio.cohort.corpora.corpus import Source
from jaccardio.cohort.store import Store
from jaccardio.cohort.store_writer import write_labels
from jaccardio.files import write_json
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.mapping import LabelMapper
from jaccardio.findings.vocabulary import Vocabulary

LINKED = "linked"
"""Key of a store's manifest: findings whose labels come from elsewhere than the codes. A store without any has no such key."""


class Coded(NamedTuple):
    """What a row of the records table says of one ECG's findings, as a `Source` does."""

    database: str
    present: Sequence[str]
    absent: Sequence[str]
    closed: bool


@dataclass(frozen=True)
class RelabelReport:
    """What relabelling did.

    Attributes
    ----------
    records
        Number of records in the store.
    vocabulary
        Name of the new vocabulary.
    unmapped
        Codes that the vocabulary has no place for, with the number of records, most frequent first.
    contradicted
        Records per finding that is stated and yet unknown, because it stands alone and another finding is present beside it.
    findings
        Records per finding and state (``present``, ``absent``, ``unknown``), in vocabulary order.
    unlinked
        Findings that came from echocardiography (`jaccardio.cohort.link`) and come from the codes again.
    """

    records: int
    vocabulary: str
    unmapped: dict[str, int]
    contradicted: dict[str, int]
    findings: dict[str, dict[str, int]]
    unlinked: tuple[str, ...]


@dataclass(frozen=True)
class Labelled:
    """Labels of some records.

    Attributes
    ----------
    labels
        (records, findings) int8 with the values of `LabelState`.
    unmapped, contradicted
        As in `RelabelReport`.
    """

    labels: NDArray[np.int8]
    unmapped: dict[str, int]
    contradicted: dict[str, int]


def label_records(
    records: Sequence[Source | Coded],
    annotated: Mapping[str, frozenset[str]],
    vocabulary: Vocabulary,
    elsewhere: Mapping[int, Sequence[int]] = MappingProxyType({}),
) -> Labelled:
    """Labels of some records, with what was lost on the way.

    Parameters
    ----------
    annotated
        Per database the codes that its annotators used at all.
    elsewhere
        State of each record by column of findings that the codes do not decide.
    """
    mapper = LabelMapper.for_vocabulary(vocabulary)
    labels = np.full((len(records), len(vocabulary)), UNKNOWN, dtype=np.int8)
    unmapped: Counter[str] = Counter()
    contradicted: Counter[str] = Counter()
    for row, record in enumerate(records):
        codes = annotated.get(record.database, frozenset())
        known = {column: states[row] for column, states in elsewhere.items()}
        labels[row] = mapper.label(record.present, record.absent, closed=record.closed, annotated=codes, elsewhere=known)
        unmapped.update(set(mapper.unmapped(record.present)))
        contradicted.update(mapper.contradicted(record.present, labels[row]))
    return Labelled(labels, dict(sorted(unmapped.items(), key=lambda item: (-item[1], item[0]))), dict(contradicted))


def count_findings(labels: NDArray[np.int8], vocabulary: Vocabulary) -> dict[str, dict[str, int]]:
    """Records per finding and state, in vocabulary order."""
    states = {"present": PRESENT, "absent": ABSENT, "unknown": UNKNOWN}
    counts = {state: (labels == value).sum(axis=0).tolist() for state, value in states.items()}
    return {code: {state: counts[state][column] for state in states} for column, code in enumerate(vocabulary.codes)}


def relabel(store: Path, vocabulary: str | Path) -> RelabelReport:
    """Gives a store the labels of another vocabulary, from the codes kept at ingest; signals and split stay as they are.

    Parameters
    ----------
    vocabulary
        Name or file, as `Vocabulary.load` takes it.

    Raises
    ------
    UsageError
        There is no such vocabulary.
    DataError
        The store is unfinished or damaged, or the vocabulary's file is none.
    """
    target, opened = Vocabulary.load(vocabulary), Store.open(store)
    labelled = labelled_again(opened, target)
    replace_labels(opened, labelled, target)
    counts = count_findings(labelled.labels, target)
    unlinked = tuple(opened.manifest.get(LINKED, {}))
    return RelabelReport(len(opened), target.name, labelled.unmapped, labelled.contradicted, counts, unlinked)


def labelled_again(store: Store, vocabulary: Vocabulary, elsewhere: Mapping[int, Sequence[int]] = MappingProxyType({})) -> Labelled:
    """Labels of a store's records from the codes that it keeps; `elsewhere` as `label_records` takes it."""
    return label_records(coded_rows(store), annotated_in(store), vocabulary, elsewhere)


def coded_rows(store: Store) -> list[Coded]:
    """What the rows of a store say of findings, in order."""
    return list(map(Coded._make, store.records[list(Coded._fields)].itertuples(index=False)))


def annotated_in(store: Store) -> dict[str, frozenset[str]]:
    """Per database, the codes that its annotators used."""
    return {database: frozenset(codes) for database, codes in store.manifest["annotated"].items()}


def replace_labels(store: Store, labelled: Labelled, vocabulary: Vocabulary, linked: Mapping[str, str] = MappingProxyType({})) -> None:
    """Writes new labels beside the old ones and replaces the manifest in one step: a crash leaves the old state.

    Parameters
    ----------
    linked
        Note by code of the findings that come from elsewhere than the codes; the manifest keeps it under `LINKED`.
    """
    name, entry = write_labels(store.path, labelled.labels, vocabulary)
    old = store.manifest["labels"]
    files = {file: known for file, known in store.manifest["files"].items() if file != old} | {name: entry}
    kept = {key: value for key, value in store.manifest.items() if key != LINKED}
    changed = {"labels": name, "vocabulary": vocabulary.to_dict(), "unmapped": labelled.unmapped, "files": files}
    write_json(store.path / MANIFEST, seal(kept | changed | ({LINKED: dict(linked)} if linked else {})))
    for left in set(store.path.glob("labels-*.parquet")) - {store.path / name}:
        left.unlink()
