"""Anybody's predictions under the ruler of `jaccardio evaluate`, and paired against a run or another file of predictions.

Command: ``jaccardio score``. The labels, patients and parts are the store's. Thresholds are fitted on the predictions for the store's
validation part, or given; where there are none, the metrics that need them are undefined and the reason is written beside them.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.checksums import read_as_written, refuse_other_folder
from jaccardio.cohort.split import check_disjoint, load_split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.calibration import are_probabilities
from jaccardio.evaluation.evaluate import Evaluation, evaluate
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Table
from jaccardio.evaluation.thresholds import FITTED, FIXED_THRESHOLD, Thresholds, fit_thresholds
from jaccardio.experiments.evaluate_run import score_part
from jaccardio.experiments.held_out import part_of
from jaccardio.experiments.prediction_table import WRITE_AGAIN, PredictionTable, read_predictions
from jaccardio.experiments.subgroups import subgroups_of
from jaccardio.files import parse_json, write_json
from jaccardio.findings.labels import PRESENT, UNKNOWN
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.report.evaluation_report import FORMAT, write_evaluation
from jaccardio.report.language import ENGLISH, check_language
from jaccardio.report.ranked import ranked_table
from jaccardio.report.results import write_study
from jaccardio.training.run_folder import RunFolder


@dataclass(frozen=True)
class Submission:
    """What is to be scored, and how.

    Attributes
    ----------
    predictions
        A run folder, or as `read_predictions` takes it, with `ids` and `columns` for an npy array.
    part
        ``test`` of the store's split, or ``all`` for the store of an external hospital.
    thresholds
        ``thresholds.json`` of an earlier scoring; without it they are fitted on the validation part where `part` is ``test``.
    findings
        Codes or names to score; none: every finding that the part knows.
    against
        The other side, a run folder or predictions; None for none.
    """

    predictions: Path
    part: str = "test"
    ids: Path | None = None
    columns: Path | None = None
    thresholds: Path | None = None
    findings: tuple[str, ...] = ()
    against: Path | None = None


@dataclass(frozen=True, eq=False)
class Score:
    """What `run_score` found; `paired` is None without an opponent."""

    evaluation: Evaluation
    records: int
    thresholds: str
    paired: Table | None


def run_score(
    store: Store,
    submission: Submission,
    out: Path,
    *,
    language: str = ENGLISH,
    replicates: int = 1000,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> Score:
    """Scores predictions and writes to `out` what `write_evaluation` writes, ``thresholds.json`` where they were fitted, and ``against/``.

    There is no model card: nothing is known of the model. ``policies_left_out`` of ``metrics.json`` says why a threshold policy has no
    metrics. Of scores outside [0, 1] the policy ``fixed`` is left out, and what `evaluate` leaves out.

    Raises
    ------
    UsageError
        An unknown part or finding, a file that is not there, the store has no split, or `out` is a store, a run or a model.
    DataError
        The predictions do not fit the store: unknown, missing or repeated recordings, missing findings, scores that are no numbers; the
        split leaks; or the opponent has nothing in common with them.
    """
    refuse_other_folder(out, FORMAT)
    check_language(language)
    members, validation = _parts(store, submission.part)
    rows = store.rows_of(members)
    vocabulary = _vocabulary(store, rows, submission.findings)
    sides = _Sides(store, submission, part_of(store, rows, vocabulary), validation, device, progress)
    part, scored = sides.ours()
    rows = store.rows_of(part.ids.tolist())
    evaluation = evaluate(part, scored, subgroups=subgroups_of(store.records.iloc[rows]), replicates=replicates)
    paired = None
    if submission.against is not None:
        paired = _paired(store, (part, scored), sides.theirs(part), out / "against", replicates)
    (out / "thresholds.json").unlink(missing_ok=True)  # an earlier scoring's
    [thresholds] = scored.thresholds
    if set(FITTED) <= set(thresholds.values):
        by_finding = {policy: dict(zip(part.codes, thresholds[policy].tolist(), strict=True)) for policy in FITTED}
        write_json(out / "thresholds.json", by_finding)
    write_evaluation(
        out,
        evaluation,
        part,
        scored,
        title=f"{scored.name} on {store.manifest['corpus']}, {submission.part}",
        facts=_facts(store, submission, part, scored),
        names={finding.code: finding.name_in(language) for finding in vocabulary.findings},
        language=language,
    )
    return Score(evaluation, len(rows), scored.note, paired)


def _parts(store: Store, part: str) -> tuple[Sequence[str], Sequence[str]]:
    """Recording ids to score, and those on which thresholds may be fitted."""
    if part == "all":
        return store.ids.tolist(), ()
    if part != "test":
        raise UsageError(f"unknown part {part!r}; use test or all.")
    split = load_split(store)
    if split is None:
        raise UsageError(f"{store.path}: no split. Run `jaccardio split`, or use --part all for an external hospital's store.")
    check_disjoint(store, split)
    if not split.parts["test"]:
        raise DataError(f"{store.path}: the test part of the split is empty.")
    return split.parts["test"], split.parts["validation"]


def _vocabulary(store: Store, rows: NDArray[np.int64], names: Sequence[str]) -> Vocabulary:
    """The findings to score, in vocabulary order: those named, or those that the part knows."""
    if names:
        return store.vocabulary.subset(sorted({store.vocabulary.index(name) for name in names}))
    known = np.flatnonzero((store.labels[rows] >= 0).any(axis=0))
    if not len(known):
        raise DataError(f"{store.path}: no finding is known in any ECG of the part; there is nothing to score against.")
    return store.vocabulary.subset(known.tolist())


def _scored(store: Store, table: PredictionTable, part: Part, validation: Sequence[str], given: Path | None) -> Scored:
    """Scores with thresholds: those given, or fitted on the rows of the validation part that the table has; the note says which."""
    codes, scores = part.codes, table.pick(part.ids.tolist(), part.codes)
    there = set(table.ids) - set(part.ids.tolist()) if given is None else set()  # a run is tested on its own split, not the store's
    fitting = [name for name in validation if name in there]
    tuned = table.pick(fitting, codes)
    columns = np.array([store.vocabulary.index(code) for code in codes])
    labels = store.labels[np.ix_(store.rows_of(fitting), columns)]
    values, left_out = {}, {}
    if are_probabilities(scores) and are_probabilities(tuned):
        values["fixed"] = np.full(len(codes), FIXED_THRESHOLD)
    else:
        left_out["fixed"] = f"scores lie outside [0, 1], where {FIXED_THRESHOLD} means nothing"
    if given is not None:
        values |= _given(given, codes)
        note = f"given in {given.name}; on what they were fitted is not known here"
    elif (labels == PRESENT).any():
        fitted = fit_thresholds(labels, tuned)
        values |= {policy: fitted[policy] for policy in FITTED}
        note = f"fitted on {len(fitting)} of {len(validation)} ECGs of the store's validation part"
    else:
        reason = "no ECG of the validation part among the predictions" if not fitting else "no finding present in the validation part"
        left_out |= dict.fromkeys(FITTED, f"{reason if validation else 'part all holds no validation part'}, and no thresholds given")
        note = f"none fitted: {left_out['global']}"
    return Scored(table.name, [scores], [Thresholds(values, left_out)], note=note)


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


@dataclass(frozen=True, eq=False)
class _Sides:
    """What both sides are scored on."""

    store: Store
    submission: Submission
    part: Part
    validation: Sequence[str]
    device: str
    progress: Callable[[int, int], None] | None

    def ours(self) -> tuple[Part, Scored]:
        """The predictions, on all of the part; those of a run on the findings that it knows."""
        source = self.submission.predictions
        if source.is_dir():
            if self.submission.thresholds is not None:
                raise UsageError("--thresholds: a run has its own, fitted on its validation part.")
            part, scored = self._of_run(source)
            asked = self.submission.findings and self.part.codes
            if lost := [code for code in asked if code not in part.codes]:
                raise DataError(f"{source}: the run does not know {', '.join(lost)}, which --findings names. Leave them out.")
            columns = [column for column, code in enumerate(part.codes) if code in self.part.codes]
            if not columns:
                raise DataError(f"{source}: of the findings that the run knows, none is known in any ECG of the part.")
            return part.of_findings(columns), scored.of_findings(columns)
        table = self._table(source)
        return self.part, _scored(self.store, table, self.part, self.validation, self.submission.thresholds)

    def theirs(self, part: Part) -> tuple[Part, Scored]:
        """The other side on what it shares with a part."""
        source = self.submission.against
        assert source is not None
        if source.is_dir():
            return self._of_run(source)
        table = self._table(source)
        shared = _shared(part, table.name, set(table.ids), set(table.codes))
        return shared, _scored(self.store, table, shared, self.validation, None)

    def _of_run(self, path: Path) -> tuple[Part, Scored]:
        look = score_part(RunFolder.open(path), self.store, self.submission.part, device=self.device, progress=self.progress)
        return look.part, replace(look.scored, note="fitted on the run's validation part")

    def _table(self, path: Path) -> PredictionTable:
        table = read_predictions(path, self.store.vocabulary.codes, self.submission.ids, self.submission.columns)
        self.store.rows_of(table.ids)
        return table


def _shared(part: Part, name: str, ids: Collection[str], codes: Collection[str]) -> Part:
    """The ECGs and findings of a part that the other side has too.

    Raises
    ------
    DataError
        There is none.
    """
    rows = np.flatnonzero([identifier in ids for identifier in part.ids.tolist()])
    columns = [column for column, code in enumerate(part.codes) if code in codes]
    if not len(rows) or not columns:
        raise DataError(f"{name}: no {'ECG of the part' if not len(rows) else 'finding'} in common with the predictions; nothing to pair.")
    return part.of_records(rows).of_findings(columns)


def _paired(store: Store, ours: tuple[Part, Scored], theirs: tuple[Part, Scored], out: Path, replicates: int) -> Table:
    """Both sides on their common recordings and findings, the opponent as reference; what either withholds is unknown for both."""
    (part, scored), (other, opponent) = ours, theirs
    shared = _shared(part, opponent.name, set(other.ids.tolist()), set(other.codes))
    rows, columns = _places(shared, other)
    asked = other.labels[rows][:, columns] >= 0
    shared = replace(shared, labels=np.where(asked, shared.labels, np.int8(UNKNOWN)))
    reference = opponent.name if opponent.name != scored.name else f"{opponent.name} (against)"
    models = [_on(shared, *ours, scored.name), _on(shared, *theirs, reference)]
    title = f"{scored.name} against {reference}"
    table = ranked_table(shared, models, reference, title, replicates)
    facts = {"Data": f"{len(shared)} ECGs and {len(shared.codes)} findings that both have, of {len(part)} and {len(part.codes)}"}
    facts |= {"Source": store.title, f"Thresholds of {scored.name}": scored.note, f"Thresholds of {reference}": opponent.note}
    write_study(out, {"against": table}, title=title, facts=facts)
    return table


def _on(shared: Part, part: Part, scored: Scored, name: str) -> Scored:
    """One side's scores of the shared ECGs and findings."""
    rows, columns = _places(shared, part)
    return replace(scored.of_records(rows).of_findings(columns), name=name, note="")


def _places(shared: Part, part: Part) -> tuple[NDArray[np.int64], list[int]]:
    """Where the ECGs and findings of `shared` stand in a part."""
    row_of = {identifier: row for row, identifier in enumerate(part.ids.tolist())}
    return np.array([row_of[identifier] for identifier in shared.ids.tolist()]), [part.codes.index(code) for code in shared.codes]


def _facts(store: Store, submission: Submission, part: Part, scored: Scored) -> dict[str, str]:
    facts = {
        "Predictions": scored.name
        if submission.predictions.is_dir()
        else f"{scored.name}; on what its model was trained is not known here",
        "ECGs": f"{len(part)} of part “{submission.part}”",
        "Source": store.title,
        "Thresholds": scored.note,
    }
    if "fixed" in scored.thresholds[0].left_out:
        facts["Scores"] = "outside [0, 1]: ranked as they are; the fixed threshold of 0.5 and what needs probabilities are left out"
    return facts
