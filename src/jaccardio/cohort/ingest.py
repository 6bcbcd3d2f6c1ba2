"""`ingest`: from a corpus on disk to a store, in several processes, with every refused record listed."""

import math
import multiprocessing
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from jaccardio.cohort.corpora import CORPORA, PSEUDONYMOUS
from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.lead_tally import LeadTally
from jaccardio.cohort.pseudonyms import load_or_create_key
from jaccardio.cohort.relabel import count_findings, label_records
from jaccardio.cohort.store_writer import StoreWriter
from jaccardio.errors import DataError, MissingError, ReadError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.processes import end_with_parent
from jaccardio.recording.preprocessing import MINIMUM_RATE_HZ, Prepared, SignalContract
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.recording import MAXIMUM_RATE_HZ
from jaccardio.recording.waveform import waveform_hash

CHUNK = 32
"""Records a worker takes at a time."""

WORKER_WORTH = 512
"""Records that one process reads while another would still start."""

LISTED = 20
"""Reasons that the error lists where no record could be read."""


@dataclass(frozen=True)
class Ingested:
    """One recording as read and prepared, the hash of its waveform, and the names of its signals that are no standard lead."""

    prepared: Prepared
    waveform: str
    unknown_signals: tuple[str, ...]


@dataclass(frozen=True)
class IngestReport:
    """What ingest did.

    Attributes
    ----------
    stored
        Number of records in the store.
    rejected
        Records that were refused, by id and file, each with its reason.
    unmapped
        Codes that the vocabulary has no place for, with the number of records, most frequent first.
    contradicted
        Records per finding that is stated and yet unknown, because it stands alone and another finding is present beside it.
    findings
        Records per finding and state (``present``, ``absent``, ``unknown``), in vocabulary order.
    leads
        Which leads the stored records hold.
    path
        The store.
    key_file
        The key of the pseudonyms; None where ids are public.
    """

    stored: int
    rejected: tuple[Rejection, ...]
    unmapped: dict[str, int]
    contradicted: dict[str, int]
    findings: dict[str, dict[str, int]]
    leads: LeadTally
    path: Path
    key_file: Path | None


def ingest(
    source: Path,
    store: Path,
    *,
    corpus: str,
    vocabulary: str | Path,
    sampling_rate: float,
    key_file: Path | None = None,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> IngestReport:
    """Reads a corpus and writes a store. The same source gives the same bytes, whatever `jobs` and however often it was killed before.

    Parameters
    ----------
    source
        Folder or file of the corpus.
    store
        Folder to make.
    corpus
        Name in `CORPORA`.
    vocabulary
        Name or file, as `Vocabulary.load` takes it.
    sampling_rate
        Hz of the stored signals, 50 to 10,000.
    key_file
        Secret key of the pseudonyms of corpora in `PSEUDONYMOUS`; made where absent. None: ``STORE.patient-key`` beside the store.
    jobs
        Largest number of worker processes; small corpora are read without.
    progress
        Called with (records done, records in all).

    Raises
    ------
    UsageError
        An unknown name, a rate out of range, or a store that exists already.
    DataError
        The corpus itself is refused, an id stands twice, or no record could be read.
    MissingError
        The disk is full, or a worker process was ended from outside.
    """
    if corpus not in CORPORA:
        raise UsageError(f"unknown corpus {corpus!r}; available: {', '.join(CORPORA)}.")
    if not MINIMUM_RATE_HZ <= sampling_rate <= MAXIMUM_RATE_HZ:
        raise UsageError(f"a sampling rate of {sampling_rate:g} Hz: give {MINIMUM_RATE_HZ:g} to {MAXIMUM_RATE_HZ:g} Hz.")
    if jobs < 1:
        raise UsageError(f"{jobs} jobs: at least 1 is needed.")
    if corpus not in PSEUDONYMOUS:
        key_file = None
    elif key_file is None:
        key_file = store.with_name(f"{store.name}.patient-key")
    if key_file is not None and store.resolve() in key_file.resolve().parents:
        raise UsageError(f"{key_file}: the key must not lie in the store, which others may be given. Name a place outside.")
    findings, contract = Vocabulary.load(vocabulary), SignalContract(sampling_rate=sampling_rate)
    key = load_or_create_key(key_file) if key_file is not None else None
    opened = CORPORA[corpus](source, key, sampling_rate, findings)
    folder = source if source.is_dir() else source.parent
    with StoreWriter(store, contract) as writer:
        entries = list(opened.sources())
        sources = [entry for entry in entries if isinstance(entry, Source)]
        refused = [entry for entry in entries if isinstance(entry, Rejection)]
        named = [entry.reported() for entry in refused]  # with file names, for the report only: a store keeps pseudonyms
        _refuse_duplicates(sources)
        stored: list[Source] = []
        leads = LeadTally()
        for done, (entry, result) in enumerate(zip(sources, _ingested(sources, contract, jobs), strict=True), start=1):
            if isinstance(result, Ingested):
                writer.add(entry, result.prepared, result.waveform)
                stored.append(entry)
                leads.add(int(result.prepared.lead_mask.sum()), result.prepared.flags, result.unknown_signals)
            else:
                refused.append(result)
                named.append(Rejection(result.record, result.reason, os.path.relpath(entry.path, folder)).reported())
            if progress is not None and (done % CHUNK == 0 or done == len(sources)):
                progress(done, len(sources))
        if not stored:
            listed = "".join(f"\n  rejected {rejection.record}: {rejection.reason}" for rejection in named[:LISTED])
            more = f"\n  and {len(named) - LISTED} more" if len(named) > LISTED else ""
            raise DataError(f"{source}: no record could be read, {len(named)} were refused; no store was written.{listed}{more}")
        labelled = label_records(stored, opened.annotated, findings)
        writer.finish(labelled.labels, findings, corpus=corpus, annotated=opened.annotated, rejected=refused, unmapped=labelled.unmapped)
    counts = count_findings(labelled.labels, findings)
    return IngestReport(len(stored), tuple(named), labelled.unmapped, labelled.contradicted, counts, leads, store, key_file)


def _refuse_duplicates(sources: Sequence[Source]) -> None:
    twice = [identifier for identifier, count in Counter(source.recording_id for source in sources).items() if count > 1]
    if twice:
        raise DataError(f"{len(twice)} recording ids stand more than once, the first is {twice[0]}. Every recording must be listed once.")


def _ingested(sources: Sequence[Source], contract: SignalContract, jobs: int) -> Iterator[Ingested | Rejection]:
    """What became of every source, in order."""
    workers = min(jobs, math.ceil(len(sources) / WORKER_WORTH))
    if workers <= 1:
        for source in sources:
            yield _read(source, contract)
        return
    chunks = [sources[start : start + CHUNK] for start in range(0, len(sources), CHUNK)]
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=end_with_parent)
    try:
        pending: deque[Future[list[Ingested | Rejection]]] = deque()
        for chunk in chunks:
            pending.append(pool.submit(_read_chunk, chunk, contract))
            if len(pending) > 2 * workers:  # bounds the memory of finished chunks that wait for a slow one
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    except BrokenProcessPool as error:
        raise MissingError("a worker process was ended from outside, most likely for lack of memory. Run again with --jobs 1.") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _read_chunk(sources: Sequence[Source], contract: SignalContract) -> list[Ingested | Rejection]:
    return [_read(source, contract) for source in sources]


def _read(source: Source, contract: SignalContract) -> Ingested | Rejection:
    try:
        recording = read_ecg(source.path, source.recording_id, source.patient_key)
        return Ingested(contract.apply(recording), waveform_hash(recording), recording.unknown_signals)
    except ReadError as error:
        return Rejection.because(source.recording_id, error)
    except MemoryError:
        return Rejection(source.recording_id, "length: needs more memory than there is. Cut the recording into shorter ones.")
    except Exception as error:  # one file must not stop the others; the class name alone cannot carry patient data
        return Rejection(source.recording_id, f"internal error: {type(error).__name__}.")
