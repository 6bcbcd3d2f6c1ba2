"""`ingest`: from a corpus on disk to a store, in several processes, with every refused record listed."""

import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.append import annotated_by_both, existing_store, rejected_by_both
from jaccardio.cohort.corpora import CORPORA, PUBLISHED
from jaccardio.cohort.corpora.corpus import DEFAULTS, Rejection, Source, SourceOptions
from jaccardio.cohort.id_table import refuse_place
from jaccardio.cohort.kept_outside import kept_outside, refuse_unwritable
from jaccardio.cohort.lead_tally import LeadTally
from jaccardio.cohort.pseudonyms import load_key, new_key
from jaccardio.cohort.relabel import Coded, coded_rows, count_findings, label_records
from jaccardio.cohort.store_writer import StoreWriter
from jaccardio.errors import DataError, MissingError, ReadError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.measure import MEASUREMENTS, measure_recording
from jaccardio.measurement.quality import Quality, check_recording
from jaccardio.on_ray import PROCESSES, RayPool, in_order, on_ray
from jaccardio.processes import WorkerPool
from jaccardio.recording.checks.table import CHECKS, Check
from jaccardio.recording.preprocessing import Prepared, SignalContract
from jaccardio.recording.readers import check_header, read_ecg
from jaccardio.recording.readers.array_part import RELATIVE
from jaccardio.recording.recording import Recording
from jaccardio.recording.waveform import waveform_hash

CHUNK = 32
"""Records a worker takes at a time."""

WORKER_WORTH = 512
"""Records that one process reads while another would still start."""

LISTED = 20
"""Reasons that the error lists where no record could be read."""


@dataclass(frozen=True)
class Ingested:
    """One recording as read and prepared, the hash of its waveform, its measurements, its quality, the names of its signals that are no
    standard lead, and its file format."""

    prepared: Prepared
    waveform: str
    measurements: NDArray[np.float32]
    quality: Quality
    unknown_signals: tuple[str, ...]
    format: str


@dataclass(frozen=True)
class IngestReport:
    """What ingest did, or with `dry_run` would do.

    Attributes
    ----------
    stored
        Number of records in the store; of a dry run, that would be added.
    skipped
        Of these, records that were in the store before: they are not read again.
    patients
        Number of patients in the store.
    rejected
        Records that were refused, by id and file, each with its reason.
    formats
        Stored records by file format, most frequent first.
    unmapped, contradicted, findings
        As in `RelabelReport`.
    leads
        Which leads the stored records hold.
    key_file
        The key of the pseudonyms; None where ids are public.
    id_table
        The table of ids, of the records that were added; None where none was asked for or none was added.
    notes
        How the corpus was read where it could be read otherwise, e.g. which label words mean present.
    """

    stored: int
    skipped: int
    patients: int
    rejected: tuple[Rejection, ...]
    formats: dict[str, int]
    unmapped: dict[str, int]
    contradicted: dict[str, int]
    findings: dict[str, dict[str, int]]
    leads: LeadTally
    key_file: Path | None
    id_table: Path | None
    notes: tuple[str, ...]


def ingest(
    source: Path,
    store: Path,
    *,
    corpus: str,
    vocabulary: str | Path,
    sampling_rate: float,
    key_file: Path | None = None,
    id_table: Path | None = None,
    options: SourceOptions = DEFAULTS,
    checks: Mapping[str, Check] = CHECKS,
    dry_run: bool = False,
    jobs: int = 1,
    on: str = PROCESSES,
    progress: Callable[[int, int], None] | None = None,
) -> IngestReport:
    """Reads a corpus and writes a store. The same source gives the same bytes, whatever `jobs` and however often it was killed before.

    A store that is there takes what it does not have yet, by recording id, into new shards; its own are not touched. What was refused
    before is tried again.

    Parameters
    ----------
    source
        Folder or file of the corpus.
    store
        Folder to make, or a store of the same corpus, rate and vocabulary.
    corpus
        Name in `CORPORA`.
    vocabulary
        Name or file, as `Vocabulary.load` takes it.
    sampling_rate
        Hz of the stored signals, 50 to 10,000.
    key_file
        Secret key of the pseudonyms, where the corpus has any; made where absent, together with the store. None: ``STORE.patient-key``
        beside the store.
    id_table
        CSV file to make outside the store, from ids back to files.
    options
        What the corpus needs to be told.
    checks
        Thresholds and actions of the checks of quality.
    dry_run
        Whether only tables and headers are read and nothing is written.
    jobs
        Largest number of worker processes; small corpora are read without.
    on
        ``processes`` of this machine, or ``ray``: the machines of a cluster, whatever `jobs`.
    progress
        Called with (records done, records in all).

    Raises
    ------
    UsageError
        An unknown name, a rate out of range, or a store of other settings.
    DataError
        The corpus itself is refused, an id stands twice, or no record could be read.
    MissingError
        The disk is full, a worker was ended from outside, or there is no Ray.
    """
    key_file = key_file or store.with_name(f"{store.name}.patient-key")
    _refuse_arguments(corpus, store, key_file, id_table, options, jobs)
    contract, ray = SignalContract.at(sampling_rate), on_ray(on)
    findings = Vocabulary.load(vocabulary)
    onto = existing_store(store, corpus, contract, findings, checks)
    kept_key = load_key(key_file)
    key = kept_key or new_key()
    opened = CORPORA[corpus](source, key, sampling_rate, findings, options)
    if onto is not None and opened.pseudonymous and kept_key is None:
        raise UsageError(f"{key_file}: no such key. Name that of the store's ids: --patient-key FILE.")
    if not dry_run:
        refuse_unwritable(key_file if kept_key is None and opened.pseudonymous else None, id_table)
    entries = list(opened.entries)
    sources = [entry for entry in entries if isinstance(entry, Source)]
    refused = [entry for entry in entries if isinstance(entry, Rejection)]
    _refuse_duplicates(sources)
    there = set() if onto is None else set(onto.ids.tolist())
    skipped = sum(entry.recording_id in there for entry in sources)
    sources = [entry for entry in sources if entry.recording_id not in there]
    folder = source if source.is_dir() else source.parent
    leads, formats = LeadTally(), Counter[str]()
    stored: list[Source] = []
    annotated = opened.annotated
    if dry_run:
        stored, unreadable = _with_header(sources, folder)
        refused += unreadable
        labelled = label_records(stored, annotated, findings)
    else:
        with StoreWriter(store, contract, checks, onto) as writer:
            for done, (entry, result) in enumerate(zip(sources, _ingested(sources, contract, checks, jobs, ray), strict=True), start=1):
                if isinstance(result, Ingested):
                    writer.add(entry, result.prepared, result.waveform, result.measurements, result.quality)
                    stored.append(entry)
                    formats[result.format] += 1
                    leads.add(int(result.prepared.lead_mask.sum()), result.prepared.flags, result.unknown_signals)
                else:
                    refused.append(replace(result, file=os.path.relpath(entry.path, folder)))
                if progress is not None and (done % CHUNK == 0 or done == len(sources)):
                    progress(done, len(sources))
            kept, rows = refused, list[Source | Coded](stored)
            if onto is not None:
                rows, annotated = [*coded_rows(onto), *stored], annotated_by_both(onto, annotated)
                kept = rejected_by_both(onto, (source.recording_id for source in stored), refused)
            elif not stored:
                raise _nothing_stored(source, refused)
            labelled = label_records(rows, annotated, findings)
            if stored:
                with kept_outside(key_file if kept_key is None and opened.pseudonymous else None, key, id_table, stored):
                    writer.finish(labelled.labels, findings, corpus=corpus, annotated=annotated, rejected=kept, unmapped=labelled.unmapped)
    before = set() if onto is None or dry_run else set(onto.records["patient_key"])
    return IngestReport(
        stored=len(labelled.labels),
        skipped=skipped,
        patients=len(before.union(source.patient_key for source in stored)),
        rejected=tuple(rejection.reported() for rejection in refused),
        formats=dict(formats.most_common()),
        unmapped=labelled.unmapped,
        contradicted=labelled.contradicted,
        findings=count_findings(labelled.labels, findings),
        leads=leads,
        key_file=key_file if opened.pseudonymous else None,
        id_table=id_table if stored else None,
        notes=opened.notes,
    )


def _refuse_arguments(corpus: str, store: Path, key_file: Path, id_table: Path | None, options: SourceOptions, jobs: int) -> None:
    """What cannot be meant is said before anything is read; raises as `ingest` does."""
    if corpus not in CORPORA:
        raise UsageError(f"unknown corpus {corpus!r}; available: {', '.join(CORPORA)}.")
    if jobs < 1:
        raise UsageError(f"{jobs} jobs: at least 1 is needed.")
    if corpus != "manifest" and (options.drop or options.allow_outside):
        raise UsageError(f"corpus {corpus} has no manifest: --drop and --allow-outside do not belong to it.")
    if corpus in PUBLISHED and options.site:
        raise UsageError(f"corpus {corpus} is a public database: --site does not belong to it.")
    if store.resolve() in key_file.resolve().parents:
        raise UsageError(f"{key_file}: the key must not lie in the store, which others may be given. Name a place outside.")
    if id_table is not None:
        refuse_place(id_table, store, key_file)


def _nothing_stored(source: Path, refused: Sequence[Rejection]) -> DataError:
    listed = "".join(f"\n  rejected {rejection.reported().record}: {rejection.reason}" for rejection in refused[:LISTED])
    more = f"\n  and {len(refused) - LISTED} more" if len(refused) > LISTED else ""
    return DataError(f"{source}: no record could be read, {len(refused)} were refused; no store was written.{listed}{more}")


def _with_header(sources: Sequence[Source], folder: Path) -> tuple[list[Source], list[Rejection]]:
    """The sources whose header can be read, and the others; signals are not read."""
    readable: list[Source] = []
    refused: list[Rejection] = []
    for source in sources:
        try:
            if source.part is None:
                check_header(source.path)
            else:
                source.part.check(source.path, source.recording_id)
            readable.append(source)
        except ReadError as error:
            refused.append(Rejection.because(source.recording_id, error, os.path.relpath(source.path, folder)))
    return readable, refused


def _refuse_duplicates(sources: Sequence[Source]) -> None:
    twice = [identifier for identifier, count in Counter(source.recording_id for source in sources).items() if count > 1]
    if twice:
        raise DataError(f"{len(twice)} recording ids stand more than once, the first is {twice[0]}. Every recording must be listed once.")


def _ingested(
    sources: Sequence[Source], contract: SignalContract, checks: Mapping[str, Check], jobs: int, ray: bool
) -> Iterator[Ingested | Rejection]:
    """What became of every source, in order."""
    workers = min(jobs, math.ceil(len(sources) / WORKER_WORTH))
    if not ray and workers <= 1:
        for source in sources:
            yield _read(source, contract, checks)
        return
    chunks = [sources[start : start + CHUNK] for start in range(0, len(sources), CHUNK)]
    with RayPool() if ray else WorkerPool(workers) as pool:
        if isinstance(pool, RayPool):
            workers = pool.workers
        for chunk in in_order(pool, workers, _read_chunk, chunks, contract, dict(checks)):
            yield from chunk


def _read_chunk(sources: Sequence[Source], contract: SignalContract, checks: Mapping[str, Check]) -> list[Ingested | Rejection]:
    return [_read(source, contract, checks) for source in sources]


def _read(source: Source, contract: SignalContract, checks: Mapping[str, Check]) -> Ingested | Rejection:
    try:
        if source.part is None:
            recording = read_ecg(source.path, source.recording_id, source.patient_key)
        else:
            recording = source.part.read(source.path, source.recording_id, source.patient_key)
        prepared, waveform, measured = contract.apply(recording), waveform_hash(recording), _measured(recording, source)
        quality = check_recording(recording, prepared, measured, checks)
        return Ingested(prepared, waveform, measured, quality, recording.unknown_signals, recording.format)
    except ReadError as error:
        return Rejection.because(source.recording_id, error)
    except MissingError as error:
        return Rejection(source.recording_id, str(error))
    except MemoryError:
        return Rejection(source.recording_id, "length: needs more memory than there is. Cut the recording into shorter ones.")
    except Exception as error:  # one file must not stop the others; the class name alone cannot carry patient data
        return Rejection(source.recording_id, f"internal error: {type(error).__name__}.")


def _measured(recording: Recording, source: Source) -> NDArray[np.float32]:
    """Our measurements, with what the corpus states in their place; of a relative amplitude no voltage and no axis."""
    values = measure_recording(recording)
    if RELATIVE in recording.flags:
        values[["mV" in unit or unit == "degrees" for unit, _ in MEASUREMENTS.values()]] = np.nan
    for name, value in source.measured.items():
        values[list(MEASUREMENTS).index(name)] = value
    return values
