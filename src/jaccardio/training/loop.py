"""`train`, `resume`: a run from its start, or from where it stopped."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from jaccardio.cohort.split import Split, check_disjoint
from jaccardio.cohort.store import Store
from jaccardio.contrast.ranks import ALONE, Ranks
from jaccardio.errors import DataError, UsageError
from jaccardio.locks import own_folder
from jaccardio.models.scoring import choose_device
from jaccardio.progress import Progress
from jaccardio.training.config import TrainConfig
from jaccardio.training.leakage import check_untold, earlier_model, seen_by
from jaccardio.training.run_folder import RunFolder, looks_like_a_run
from jaccardio.training.selection import Best
from jaccardio.training.session import Session
from jaccardio.training.warm_start import load_source


def train(
    store: Store,
    split: Split,
    config: TrainConfig,
    out: Path,
    *,
    device: str = "auto",
    progress: Progress | None = None,
    ranks: Ranks = ALONE,
    compiled: bool = False,
) -> dict[str, Any]:
    """Trains a new model.

    Parameters
    ----------
    store, split
        The ECGs; the run keeps its own copy of the split.
    out
        New run folder.
    device
        ``auto``, ``cpu`` or ``cuda``.
    ranks
        The processes that train this model together; the first of them writes.
    compiled
        Whether steps compute the ECG encoder as torch compiles it; with one process.

    Returns
    -------
    The summary that stands in ``training.json``.

    Raises
    ------
    UsageError
        The store's sampling rate is not the configuration's, `out` exists, another process is writing it, or the model of
        ``training.init_from`` or ``training.teacher`` is not there or does not fit.
    DataError
        The split leaks between its parts, there is nothing to learn, or the model of ``training.init_from`` or ``training.teacher`` is
        damaged, has seen ECGs of the test part, was trained on some of the validation part, or on findings that are to be hidden.
    DivergenceError
        Loss, weights or validation scores are not finite: no model is written, and no checkpoint of what is not finite.
    """
    if store.contract.sampling_rate != config.data.sampling_rate:
        raise UsageError(
            f"the configuration is made for {config.data.sampling_rate:g} Hz and the store holds {store.contract.sampling_rate:g} Hz. "
            f"Ingest with --fs {config.data.sampling_rate:g}, or set data.sampling_rate={store.contract.sampling_rate:g}."
        )
    check_disjoint(store, split)
    initial, taught = (Path(name).expanduser() if name else None for name in (config.training.init_from, config.training.teacher))
    source = load_source(initial, store, split) if initial else None
    teacher = earlier_model(taught, store, split) if taught else None
    earlier = seen_by(RunFolder(path) for path in (initial, taught) if path and looks_like_a_run(path))
    for other in filter(None, (source, teacher)):
        check_untold(other.vocabulary, store, config.data.hidden_findings)
    if teacher and progress is not None:
        progress(0, 1, "the teacher scores the training ECGs")
    chosen = choose_device(device)
    # before the folder: a session that cannot start leaves none
    session = Session(store, split, config, chosen, source, teacher, ranks, compiled=compiled)
    with own_folder(out) if ranks.first else nullcontext():
        if ranks.first:
            run = RunFolder.create(
                out,
                config,
                store,
                split,
                started_from=session.started_from,
                together=session.together,
                taught=session.taught,
                earlier=earlier,
            )
            if source:
                session.save(run, 0, Best(), 0.0)  # resumed, the run does not need the other model
        ranks.wait()
        return session.run(run if ranks.first else RunFolder.open(out), progress)


def resume(
    store: Store,
    out: Path,
    *,
    device: str = "auto",
    progress: Progress | None = None,
    ranks: Ranks = ALONE,
    compiled: bool = False,
) -> dict[str, Any]:
    """Continues an interrupted run from its last checkpoint; a complete run is left as it is.

    Raises
    ------
    DataError
        The folder is no run or damaged, every checkpoint is damaged, or the store is not the one that the run began with; or there is no
        checkpoint yet and the model of ``training.init_from`` is another than it was.
    UsageError
        Another process is writing the run, or the model of ``training.init_from`` is needed and gone.
    """
    run = RunFolder.open(out)
    if run.complete:
        return run.summary
    if run.members:
        way = "`jaccardio train --resume --ensemble N`, or `jaccardio ensemble`"
        raise UsageError(f"{out}: an ensemble that was interrupted. Join its members again: {way}.")
    if store.fingerprint != run.store_fingerprint:
        raise DataError(f"{out}: this run began with another store. Resume with that store, or train into a new folder.")
    initial = run.config.training.init_from
    source = None
    if initial and not any(run.checkpoints.glob("step-*.json")):
        source = load_source(Path(initial).expanduser(), store, run.split)  # killed before the first checkpoint, which holds it
    session = Session(store, run.split, run.config, choose_device(device), source, run.taught, ranks, compiled=compiled)
    if source and session.started_from != run.environment["started_from"]:
        raise DataError(f"{initial}: not the weights that {out} began with, and no checkpoint holds those. Remove {out} and train again.")
    with own_folder(out) if ranks.first else nullcontext():
        ranks.wait()
        return session.run(run, progress)
