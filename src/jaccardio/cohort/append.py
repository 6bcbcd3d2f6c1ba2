"""`existing_store`: whether a store may take more ECGs, and what it holds already."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jaccardio.checksums import MANIFEST
from jaccardio.cohort.corpora.corpus import Rejection
from jaccardio.cohort.relabel import LINKED, annotated_in
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.checks.table import Check, settings_of
from jaccardio.recording.preprocessing import SignalContract


def existing_store(path: Path, corpus: str, contract: SignalContract, vocabulary: Vocabulary, checks: Mapping[str, Check]) -> Store | None:
    """The finished store at a place, None where there is none.

    Raises
    ------
    UsageError
        It was made with other settings, or has labels from echocardiography.
    DataError
        It is damaged.
    """
    if not (path / MANIFEST).is_file():
        return None
    store = Store.open(path)
    if linked := store.manifest.get(LINKED):
        remedy = "Run `jaccardio relabel` to go back to the codes, append, and link again"
        raise UsageError(f"{path}: its labels of {', '.join(linked)} are from echocardiography, which what is appended has not. {remedy}.")
    settings: Sequence[tuple[str, Any, Any]] = (
        ("--corpus", store.manifest["corpus"], corpus),
        ("--fs", store.contract.sampling_rate, contract.sampling_rate),
        ("--vocabulary", store.vocabulary.to_dict(), vocabulary.to_dict()),
        ("--check", store.manifest.get("checks"), settings_of(checks)),
    )
    for option, kept, asked in settings:
        if kept != asked:
            said = f"{option}: {store.vocabulary.name if option == '--vocabulary' else kept}"
            raise UsageError(f"{path}: there is a store already, made with another {said}. Append with that, or choose another folder.")
    return store


def annotated_by_both(store: Store, annotated: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Per database, the codes that its annotators used in the store or in what is appended."""
    kept = annotated_in(store)
    return {database: kept.get(database, frozenset()) | annotated.get(database, frozenset()) for database in {**kept, **annotated}}


def rejected_by_both(store: Store, stored: Iterable[str], rejected: Sequence[Rejection]) -> list[Rejection]:
    """The store's rejections that still stand, and the new ones: a recording that was mended is refused no longer."""
    settled = {*stored, *(rejection.record for rejection in rejected)}
    kept = [Rejection(entry["record"], entry["reason"]) for entry in store.manifest["rejected"]]
    return [*(rejection for rejection in kept if rejection.record not in settled), *rejected]
