"""The objectives of the field on one footing: screen all, tune some, test each once.

Command: ``jaccardio compare``. Every choice (who becomes a finalist, which setting is best, thresholds) is made on the validation part;
the test part is looked at once by each final run. Run again after an interruption, or with more objectives or seeds, the command takes
what is there and goes on.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from jaccardio.cohort.split import load_or_make_split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Table
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.objectives import ALWAYS_FINALISTS, CONTROLS, FOOTING, NETWORK_ALONE, REFERENCE, Entry, choose
from jaccardio.experiments.run_cache import RunCache
from jaccardio.experiments.score_cache import scored_runs
from jaccardio.experiments.tuning import Trial, best, load_optuna, tune
from jaccardio.files import write_json
from jaccardio.progress import Say, Watch, unwatched
from jaccardio.report.ranked import ranked_table
from jaccardio.report.results import PAGE, write_study
from jaccardio.training.run_folder import RunFolder


@dataclass(frozen=True)
class Protocol:
    """How much is done, the same for every objective.

    Attributes
    ----------
    seeds
        Runs of each finalist and control that are tested.
    finalists
        Objectives that are tuned and tested; those of `ALWAYS_FINALISTS` are, whatever their number.
    trials
        Settings tried for each finalist, its default among them.
    settings
        ``section.key=value`` on top of the footing, for every objective.
    replicates
        Of the bootstrap.
    jobs
        Runs side by side.
    """

    seeds: int = 3
    finalists: int = 8
    trials: int = 6
    settings: tuple[str, ...] = ()
    replicates: int = 1000
    jobs: int = 1
    device: str = "auto"


@dataclass(frozen=True)
class Screened:
    """One objective's first run: seed 0, default settings."""

    entry: Entry
    validation_macro_auroc: float | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `run_compare` found.

    Attributes
    ----------
    left_out
        Objective -> why it was not trained.
    failures
        Run -> why it has no model; it is missing from the ranking.
    """

    page: Path
    table: Table
    trials: tuple[Trial, ...]
    left_out: dict[str, str]
    failures: dict[str, str]


def run_compare(store: Store, objectives: str, out: Path, protocol: Protocol, say: Say, watch: Watch = unwatched) -> Comparison:
    """Runs the whole protocol into `out` and writes ``screening.json``, ``trials.json`` and what `write_study` writes.

    Parameters
    ----------
    objectives
        ``all``, or names of `OBJECTIVES` with commas between them.

    Raises
    ------
    UsageError
        An unknown objective or setting.
    DataError
        `out` holds runs of another store or split, the test part is empty, or no objective could be trained.
    MissingError
        optuna is not installed.
    """
    load_optuna()  # said before hours of training, not after
    footing = _footing(store, protocol)
    split = load_or_make_split(store, say)
    held_out = HeldOut.of(store, split)
    entries, left_out = choose(objectives, held_out.vocabulary)
    for entry in (*entries, *CONTROLS):
        entry.configure(footing)  # a setting that does not fit is refused before any training
    runs = RunCache(out / "runs", store, split, jobs=protocol.jobs, device=protocol.device, say=say, watch=watch)

    screening = _screen(runs, footing, entries, say)
    finalists = _finalists(screening, protocol.finalists)
    _write_screening(out, screening, finalists, left_out)
    trials = _tune(runs, footing, finalists, protocol.trials, say)
    write_json(out / "trials.json", [asdict(trial) for trial in trials])
    models = _test(runs, footing, finalists, trials, protocol, held_out, out / "scores", say)

    say(f"ranking {len(models)} on {len(held_out.part)} test ECGs")
    title = "Objectives on one footing"
    table = ranked_table(held_out.part, models, _reference(models), title, protocol.replicates)
    facts = _facts(store, protocol, screening, left_out, runs.failures)
    write_study(out, {"ranking": table}, title=title, facts=facts)
    return Comparison(out / PAGE, table, tuple(trials), left_out, runs.failures)


def _footing(store: Store, protocol: Protocol) -> tuple[str, ...]:
    for setting in protocol.settings:
        if setting.strip().startswith(("method", "objective.", "training.seed", "training.frozen_encoder", "model.kind")):
            raise UsageError(
                f"--set {setting}: this is what the objectives, seeds and controls of a comparison differ in; leave it to them."
            )
    return (f"data.sampling_rate={store.contract.sampling_rate}", *protocol.settings)


def _screen(runs: RunCache, footing: Sequence[str], entries: Sequence[Entry], say: Say) -> tuple[Screened, ...]:
    """Every objective once; best first, those without a macro-AUROC last."""
    say(f"screening {len(entries)} objectives")
    aurocs = runs.side_by_side(lambda entry: _validation(runs, footing, entry), entries)
    if all(auroc is None for auroc in aurocs):
        reasons = "; ".join(runs.failures.values()) or "no finding has both a positive and a negative in the validation part"
        raise DataError(f"no objective could be trained and validated: {reasons}")
    screened = [Screened(entry, auroc) for entry, auroc in zip(entries, aurocs, strict=True)]
    return tuple(sorted(screened, key=lambda one: -1.0 if one.validation_macro_auroc is None else one.validation_macro_auroc, reverse=True))


def _finalists(screening: Sequence[Screened], number: int) -> list[Entry]:
    """The fixed ones and the best of the others, best first; an objective without a macro-AUROC is none."""
    usable = [one.entry for one in screening if one.validation_macro_auroc is not None]
    fixed = [entry for entry in usable if entry.name in ALWAYS_FINALISTS]
    others = [entry for entry in usable if entry.name not in ALWAYS_FINALISTS]
    chosen = [*fixed, *others[: max(0, number - len(fixed))]]
    return [entry for entry in usable if entry in chosen]


def _tune(runs: RunCache, footing: Sequence[str], finalists: Sequence[Entry], trials: int, say: Say) -> list[Trial]:
    """The same number of trials for each finalist: one after the other within an objective, objectives side by side."""
    say(f"tuning {len(finalists)} finalists, {trials} trials each")

    def search(entry: Entry) -> list[Trial]:
        return tune(entry.name, entry.configure(footing), trials, partial(_validation, runs, footing, entry))

    return [trial for tried in runs.side_by_side(search, finalists) for trial in tried]


def _test(
    runs: RunCache,
    footing: Sequence[str],
    finalists: Sequence[Entry],
    trials: Sequence[Trial],
    protocol: Protocol,
    held_out: HeldOut,
    cache: Path,
    say: Say,
) -> list[Scored]:
    """Finalists at their best settings and controls at default ones, all seeds; those without any run are missing."""
    chosen = {entry: best([trial for trial in trials if trial.objective == entry.name]).settings for entry in finalists}
    chosen |= dict.fromkeys(CONTROLS, ())
    say(f"training {len(finalists)} finalists and {len(CONTROLS)} controls with {protocol.seeds} seeds")

    def train(pair: tuple[Entry, int]) -> RunFolder | None:
        entry, seed = pair
        return runs.train(entry.name, entry.configure(footing, (*chosen[entry], f"training.seed={seed}")))

    pairs = list(product(chosen, range(protocol.seeds)))
    trained = dict(zip(pairs, runs.side_by_side(train, pairs), strict=True))
    models = []
    for entry, settings in chosen.items():
        finished = [run for seed in range(protocol.seeds) if (run := trained[entry, seed]) is not None]
        if finished:
            say(f"scoring {entry.name}")
            note = "; ".join((entry.description, *settings))
            models.append(scored_runs(entry.name, note, finished, held_out, cache, protocol.device))
    return [*models, held_out.always_normal()]


def _validation(runs: RunCache, footing: Sequence[str], entry: Entry, tuned: tuple[str, ...] = ()) -> float | None:
    """Validation macro-AUROC of an objective with seed 0, trained if it is not there."""
    run = runs.train(entry.name, entry.configure(footing, tuned))
    auroc: float | None = None if run is None else run.summary["validation_macro_auroc"]
    return auroc


def _reference(models: Sequence[Scored]) -> str:
    """The classifier, or the first finalist where it is missing."""
    names = [scored.name for scored in models]
    return REFERENCE if REFERENCE in names else names[0]


def _write_screening(out: Path, screening: Sequence[Screened], finalists: Sequence[Entry], left_out: dict[str, str]) -> None:
    rows = [
        {
            "objective": one.entry.name,
            "description": one.entry.description,
            "source": one.entry.source,
            "settings": one.entry.settings,
            "validation_macro_auroc": one.validation_macro_auroc,
            "finalist": one.entry in finalists,
        }
        for one in screening
    ]
    write_json(out / "screening.json", {"rows": rows, "left_out": left_out})


def _facts(
    store: Store, protocol: Protocol, screening: Sequence[Screened], left_out: dict[str, str], failures: dict[str, str]
) -> dict[str, Any]:
    screened = ", ".join(
        f"{one.entry.name} {'undefined' if one.validation_macro_auroc is None else f'{one.validation_macro_auroc:.4f}'}"
        for one in screening
    )
    facts = {
        "Data": f"test part; {store.title}",
        "Footing": "; ".join((f"preset {FOOTING}", NETWORK_ALONE, *protocol.settings, "then what an objective sets itself")),
        "Text": "one treatment of sentence vectors for all",
        "Not equal": "the form of the model: objectives on captions take the paper's (a trained layer on either side to unit vectors, one "
        "bias, a trained scale), those on single findings the preset's; between the two kinds a difference is one of objective and form",
        "Choices": f"on the validation part only: {protocol.trials} trials a finalist (trials.json), epoch, thresholds",
        "Screening": f"validation macro-AUROC, seed 0, default settings: {screened}",
    }
    if protocol.jobs > 1:
        facts["Training time"] = f"as it ran, {protocol.jobs} runs side by side with one thread each"
    if left_out:
        facts["Left out"] = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
    if failures:
        facts["Failed"] = "these runs are missing: " + "; ".join(f"{name}: {reason}" for name, reason in failures.items())
    return facts
