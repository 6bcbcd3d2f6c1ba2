"""Anybody's predictions under the ruler of `jaccardio evaluate`, and paired against a run or another file of predictions.

Command: ``jaccardio score``. The labels, patients and parts are the store's. Thresholds are fitted on the predictions for the store's
validation part, or given; where there are none, the figures that need them are undefined and the reason is written beside them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.checksums import read_as_written, refuse_other_folder
from jaccardio.cohort.split import check_disjoint, load_split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.calibration import are_probabilities
from jaccardio.evaluation.contest import Contest, Contestant, rank
from jaccardio.evaluation.metrics import Evaluation, evaluate
from jaccardio.evaluation.thresholds import FIXED_THRESHOLD, Thresholds, fit_thresholds
from jaccardio.experiments.evaluate_run import score_part
from jaccardio.experiments.prediction_table import WRITE_AGAIN, PredictionTable, read_predictions
from jaccardio.experiments.subgroups import subgroups_of
from jaccardio.files import parse_json, write_json
from jaccardio.findings.labels import PRESENT
from jaccardio.report.evaluation_report import FORMAT, write_evaluation
from jaccardio.report.ranking_page import write_contest
from jaccardio.training.run_folder import RunFolder

FITTED = ("global", "per_finding")
"""The policies that need validation data."""


@dataclass(frozen=True)
class Submission:
    """What is to be scored, and how.

    Attributes
    ----------
    predictions
        As `read_predictions` takes it, with `ids` and `columns` for an npy array.
    part
        ``test`` of the store's split, or ``all`` for a store of another hospital.
    thresholds
        ``thresholds.json`` of an earlier scoring; without it they are fitted on the validation part where `part` is ``test``.
    findings
        Codes or names to score; none: every finding that the part knows.
    against
        A run folder, or predictions as above; None for none.
    """

    predictions: Path
    part: str = "test"
    ids: Path | None = None
    columns: Path | None = None
    thresholds: Path | None = None
    findings: tuple[str, ...] = ()
    against: Path | None = None


@dataclass(frozen=True, eq=False)
class Scored:
    """What `run_score` found; `contest` is None without an opponent."""

    evaluation: Evaluation
    records: int
    thresholds: str
    contest: Contest | None


@dataclass(frozen=True, eq=False)
class _Side:
    """Scores (n, k) of one side for the recordings `ids` and the findings `codes`.

    `said` tells where its thresholds come from, `left_out` why a policy has none.
    """

    name: str
    ids: Sequence[str]
    codes: Sequence[str]
    scores: NDArray[np.float64]
    thresholds: Thresholds
    said: str
    left_out: Mapping[str, str]
    probabilities: bool


def run_score(
    store: Store,
    submission: Submission,
    out: Path,
    *,
    replicates: int = 1000,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> Scored:
    """Scores predictions and writes to `out` what `write_evaluation` writes, ``thresholds.json`` where they were fitted, and ``against/``.

    There is no model card: nothing is known of the model. ``metrics.json`` has one key more: ``policies_left_out``, the threshold policies
    without figures, each with the reason. Of scores outside [0, 1] the policy ``fixed`` is left out, and what `evaluate` leaves out.

    Raises
    ------
    UsageError
        An unknown part or finding, a file that is not there, the store has no split, or `out` is a store, a run or a model.
    DataError
        The predictions do not fit the store: unknown, missing or repeated recordings, missing findings, scores that are no numbers; the
        split leaks; or the opponent has nothing in common with them.
    """
    refuse_other_folder(out, FORMAT)
    table = read_predictions(submission.predictions, store.vocabulary.codes, submission.ids, submission.columns)
    store.rows_of(table.ids)
    members, validation = _parts(store, submission.part)
    rows = store.rows_of(members)
    codes = _findings(store, rows, submission.findings)
    columns = _columns(store, codes)
    ours = _side(store, table, table.pick(members, codes), members, validation, codes, submission.thresholds)

    vocabulary = store.vocabulary.subset(columns.tolist())
    labels = store.labels[np.ix_(rows, columns)]
    found = evaluate(
        labels,
        ours.scores,
        store.records["patient_key"].to_numpy()[rows],
        codes,
        vocabulary.groups(),
        ours.thresholds,
        subgroups=subgroups_of(store.records.iloc[rows]),
        replicates=replicates,
    )
    evaluation = Evaluation({**found.metrics, "policies_left_out": dict(ours.left_out)}, found.per_finding)
    contest = None
    if submission.against is not None:
        theirs = _opponent(store, submission, members, validation, codes, device, progress)
        contest = _paired(store, ours, theirs, out / "against", replicates)
    (out / "thresholds.json").unlink(missing_ok=True)  # an earlier scoring's
    if set(FITTED) <= set(ours.thresholds.values):
        write_json(out / "thresholds.json", {policy: dict(zip(codes, ours.thresholds[policy].tolist(), strict=True)) for policy in FITTED})
    write_evaluation(
        out,
        evaluation,
        ids=store.ids[rows],
        labels=labels,
        scores=ours.scores,
        title=f"{table.name} on {store.manifest['corpus']}, {submission.part}",
        facts=_facts(store, submission.part, ours),
        names={finding.code: finding.name for finding in vocabulary.findings},
    )
    return Scored(evaluation, len(rows), ours.said, contest)


def _parts(store: Store, part: str) -> tuple[Sequence[str], Sequence[str]]:
    """Recording ids to score, and those on which thresholds may be fitted."""
    if part == "all":
        return store.ids.tolist(), ()
    if part != "test":
        raise UsageError(f"unknown part {part!r}; use test or all.")
    split = load_split(store)
    if split is None:
        raise UsageError(f"{store.path}: no split. Run `jaccardio split`, or use --part all for another hospital's store.")
    check_disjoint(store, split)
    if not split.parts["test"]:
        raise DataError(f"{store.path}: the test part of the split is empty.")
    return split.parts["test"], split.parts["validation"]


def _findings(store: Store, rows: NDArray[np.int64], names: Sequence[str]) -> list[str]:
    """Codes of the findings to score, in vocabulary order: those named, or those that the part knows."""
    if names:
        wanted = {store.vocabulary.index(name) for name in names}
    else:
        wanted = set(np.flatnonzero((store.labels[rows] >= 0).any(axis=0)).tolist())
    if not wanted:
        raise DataError(f"{store.path}: no finding is known in any ECG of the part; there is nothing to score against.")
    return [code for column, code in enumerate(store.vocabulary.codes) if column in wanted]


def _columns(store: Store, codes: Sequence[str]) -> NDArray[np.int64]:
    return np.array([store.vocabulary.index(code) for code in codes], np.int64)


def _side(
    store: Store,
    table: PredictionTable,
    scores: NDArray[np.float64],
    ids: Sequence[str],
    validation: Sequence[str],
    codes: Sequence[str],
    given: Path | None,
) -> _Side:
    """Scores with thresholds: those given, or fitted on the rows of the validation part that the table has."""
    there = set(table.ids) if given is None else set()
    fitting = [name for name in validation if name in there]
    tuned = table.pick(fitting, codes)
    probabilities = are_probabilities(scores) and are_probabilities(tuned)
    labels = store.labels[np.ix_(store.rows_of(fitting), _columns(store, codes))]
    values, left_out = {}, {}
    if probabilities:
        values["fixed"] = np.full(len(codes), FIXED_THRESHOLD)
    else:
        left_out["fixed"] = f"scores lie outside [0, 1], where {FIXED_THRESHOLD} means nothing"
    if given is not None:
        values |= _given(given, codes)
        said = f"given in {given.name}; on what they were fitted is not known here"
    elif (labels == PRESENT).any():
        fitted = fit_thresholds(labels, tuned)
        values |= {policy: fitted[policy] for policy in FITTED}
        said = f"fitted on {len(fitting)} of {len(validation)} ECGs of the store's validation part"
    else:
        reason = "no ECG of the validation part among the predictions" if not fitting else "no finding present in the validation part"
        left_out |= dict.fromkeys(FITTED, f"{reason if validation else 'part all holds no validation part'}, and no thresholds given")
        said = f"none fitted: {left_out['global']}"
    return _Side(table.name, ids, codes, scores, Thresholds(values), said, left_out, probabilities)


def _given(path: Path, codes: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """The fitted policies of a ``thresholds.json`` that an earlier scoring wrote."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file.")
    document = parse_json(read_as_written(path, WRITE_AGAIN), path)
    try:
        values = {policy: np.array([float(document[policy][code]) for code in codes]) for policy in FITTED}
    except (KeyError, TypeError, ValueError):
        raise DataError(f"{path.name}: expected {' and '.join(FITTED)}, each with one number for every finding that is scored.") from None
    if not all(np.isfinite(row).all() for row in values.values()):
        raise DataError(f"{path.name}: a threshold is not a finite number.")
    return values


def _opponent(
    store: Store,
    submission: Submission,
    members: Sequence[str],
    validation: Sequence[str],
    codes: Sequence[str],
    device: str,
    progress: Callable[[int, int], None] | None,
) -> _Side:
    """The other side on what it shares with `members` and `codes`."""
    assert submission.against is not None
    if submission.against.is_dir():
        run = RunFolder.open(submission.against)
        scored = score_part(run, store, submission.part, device=device, progress=progress)
        name = f"{run.path.name} ({run.config.preset}, seed {run.config.training.seed})"
        ids, thresholds = store.ids[scored.rows].tolist(), scored.thresholds
        return _Side(name, ids, scored.vocabulary.codes, scored.scores, thresholds, "fitted on the run's validation part", {}, True)
    table = read_predictions(submission.against, store.vocabulary.codes, submission.ids, submission.columns)
    store.rows_of(table.ids)
    there = set(table.ids)
    ids, shared = [name for name in members if name in there], [code for code in codes if code in table.codes]
    return _side(store, table, table.pick(ids, shared), ids, validation, shared, None)


def _paired(store: Store, ours: _Side, theirs: _Side, out: Path, replicates: int) -> Contest:
    """Both sides on their common recordings and findings, the opponent as reference."""
    common = set(theirs.ids)
    ids, codes = [name for name in ours.ids if name in common], [code for code in ours.codes if code in theirs.codes]
    if not ids or not codes:
        raise DataError(
            f"{theirs.name}: no {'ECG of the part' if not ids else 'finding'} in common with {ours.name}; nothing can be paired."
        )
    rows = store.rows_of(ids)
    opponent = theirs.name if theirs.name != ours.name else f"{theirs.name} (against)"
    contest = rank(
        store.labels[np.ix_(rows, _columns(store, codes))],
        store.records["patient_key"].to_numpy()[rows],
        codes,
        [_contestant(side, name, ids, codes) for side, name in ((ours, ours.name), (theirs, opponent))],
        reference=opponent,
        replicates=replicates,
    )
    facts = {"Data": f"{len(ids)} ECGs and {len(codes)} findings that both have, of {len(ours.ids)} and {len(ours.codes)}"}
    facts |= _databases(store) | {f"Thresholds of {ours.name}": ours.said, f"Thresholds of {opponent}": theirs.said}
    write_contest(out, contest, title=f"{ours.name} against {opponent}", facts=facts)
    return contest


def _contestant(side: _Side, name: str, ids: Sequence[str], codes: Sequence[str]) -> Contestant:
    place = {identifier: row for row, identifier in enumerate(side.ids)}
    columns = [list(side.codes).index(code) for code in codes]
    scores = side.scores[np.ix_([place[identifier] for identifier in ids], columns)]
    return Contestant(name, [scores], [side.thresholds.of(columns)], [float("nan")])


def _facts(store: Store, part: str, side: _Side) -> dict[str, str]:
    facts = {
        "Predictions": f"{side.name}; on what its model was trained is not known here",
        "ECGs": f"{len(side.ids)} of part “{part}”",
        **_databases(store),
        "Thresholds": side.said,
    }
    if not side.probabilities:
        facts["Scores"] = "outside [0, 1]: ranked as they are; the fixed threshold of 0.5 and what needs probabilities are left out"
    return facts


def _databases(store: Store) -> dict[str, str]:
    databases = ", ".join(sorted(store.records["database"].unique()))
    return {"Source": f"corpus {store.manifest['corpus']}; database {databases}"}
