"""Runs joined to one: an ensemble, whose scores are the means of its members' and whose thresholds are its own.

An ensemble is a run like any other: it has a split, a model and a summary, and is evaluated, asked and compared as one.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from jaccardio.cohort.batches import full_batches
from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.locks import own_folder
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.ensemble import EcgEnsemble
from jaccardio.models.folder import Pretrained
from jaccardio.models.scoring import choose_device, finding_scores
from jaccardio.progress import Progress
from jaccardio.training.config import TrainConfig
from jaccardio.training.finish import finish_run
from jaccardio.training.leakage import seen_by
from jaccardio.training.loop import resume as train_on
from jaccardio.training.loop import train
from jaccardio.training.run_folder import EARLIER, MEMBERS, RunFolder
from jaccardio.training.selection import macro_ranking


def train_ensemble(
    store: Store,
    split: Split,
    config: TrainConfig,
    members: int,
    out: Path,
    *,
    resume: bool = False,
    device: str = "auto",
    progress: Progress | None = None,
    compiled: bool = False,
) -> dict[str, Any]:
    """Trains models of one configuration that differ in their seed, from its own on, in ``members/`` of a new run, and joins them.

    Parameters
    ----------
    resume
        Go on where an earlier call was interrupted; without it `out` must be new. The others, what is returned, and errors are those of
        `train` and `join_runs`.
    """
    runs = []
    for place in range(members):
        seeded = config.training.model_copy(update={"seed": config.training.seed + place})
        run = RunFolder(out / MEMBERS / f"seed-{seeded.seed}")
        wanted, told = config.model_copy(update={"training": seeded}), _told(progress, place, members)
        if not (resume and run.begun):
            train(store, split, wanted, run.path, device=device, progress=told, compiled=compiled)
        elif run.config == wanted:
            train_on(store, run.path, device=device, progress=told, compiled=compiled)
        else:
            raise UsageError(f"{run.path}: that run has another configuration (config.toml). Resume with its own, or choose another --out.")
        runs.append(RunFolder.open(run.path))
    return join_runs(store, runs, out, device=device)


def _told(progress: Progress | None, place: int, members: int) -> Progress | None:
    """The progress of one member as part of that of all."""
    if progress is None:
        return None

    def told(done: int, total: int, text: str = "", /) -> None:
        progress(place * total + done, members * total, f"member {place + 1} of {members}, {text}")

    return told


def join_runs(
    store: Store, runs: Sequence[RunFolder], out: Path, *, device: str = "auto", progress: Progress | None = None
) -> dict[str, Any]:
    """Makes one run of several, which were trained on one split of this store; an interrupted joining is taken up again.

    Parameters
    ----------
    runs
        At least two complete runs, in any form and of any seed. The joined run stands under the configuration of the first.
    out
        New run folder; that of an ensemble in the making may hold its members.
    progress
        Receives how much of the validation part is scored.

    Returns
    -------
    The summary that stands in ``training.json``.

    Raises
    ------
    UsageError
        Fewer than two runs, the runs differ in split, findings, statements or text encoder, one tunes its text encoder or is an ensemble,
        or `out` holds something else.
    DataError
        A run is not complete or is damaged, or was trained on another store.
    """
    if len({run.path.resolve() for run in runs}) < max(2, len(runs)):
        raise UsageError("an ensemble needs two different runs and more.")
    models = [run.pretrained() for run in runs]
    for run, model in zip(runs, models, strict=True):
        _check_alike(run, model, runs[0], models[0], store)
    first, config = runs[0], runs[0].config
    weights = [model.weights_sha256 for model in models]
    chosen = choose_device(device)
    ensemble = EcgEnsemble([model.model for model in models if isinstance(model.model, EcgModel)]).to(chosen)
    with own_folder(out):
        if RunFolder(out).begun:
            run = RunFolder.open(out)
            if list(run.members) != weights:
                raise UsageError(f"{out}: holds another run. Choose another --out.")
            if run.complete:
                return run.summary
        else:
            run = RunFolder.create(out, config, store, first.split, members=weights, earlier=seen_by(runs, (EARLIER,)))
        rows = np.sort(store.rows_of(first.split.parts["validation"]))
        columns = np.array([store.vocabulary.index(code) for code in models[0].vocabulary.codes])
        labels = store.labels[np.ix_(rows, columns)]
        scores = finding_scores(ensemble, full_batches(store, rows, progress=progress), chosen)
        auroc, _ = macro_ranking(labels, scores)
        summaries = [one.summary for one in runs]
        summary = {
            **{key: summaries[0][key] for key in ("preset", "seed", "training_records", "findings_left_out", "selected_by")},
            "members": len(runs),
            "epoch": ", ".join(str(one["epoch"]) for one in summaries),
            "validation_macro_auroc": auroc,
            "steps": sum(one["steps"] for one in summaries),
            "seconds": round(sum(one["seconds"] for one in summaries), 1),
            "store": store.fingerprint,
        }
        configs, partial_leads = tuple(model.config for model in models), all(model.partial_leads for model in models)
        joined = replace(models[0], model=ensemble, configs=configs, partial_leads=partial_leads, weights_sha256="")
        return finish_run(run, joined, store, rows, labels, scores, chosen, summary)


def _check_alike(run: RunFolder, model: Pretrained, first: RunFolder, other: Pretrained, store: Store) -> None:
    """Raises as `join_runs` does where a run does not fit the first, or the store."""
    if run.store_fingerprint != store.fingerprint:
        raise DataError(f"{run.path}: trained on another store than the one given. Join runs of one store.")
    if not isinstance(model.model, EcgModel) or model.config.lora_rank:
        raise UsageError(
            f"{run.path}: {'tunes its text encoder' if model.config.lora_rank else 'is an ensemble already'}. Name other runs."
        )
    pairs = {
        "the split": (run.split.fingerprint, first.split.fingerprint),
        "the findings": (model.vocabulary.codes, other.vocabulary.codes),
        "the measured statements": (model.statements, other.statements),
        "the text encoder": (model.model.text_fingerprint, other.model.text_fingerprint),
        "the language of the sentences": (model.config.language, other.config.language),
    }
    if differing := [name for name, (ours, theirs) in pairs.items() if ours != theirs]:
        raise UsageError(f"{run.path} and {first.path} differ in {' and '.join(differing)}: their answers cannot be averaged.")
