"""Evaluation of a run on a part of its own store, or on another hospital's store."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.checksums import refuse_other_folder
from jaccardio.cohort.id_table import IdTable
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.calibration import Calibration
from jaccardio.evaluation.metrics import Evaluation, evaluate
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.experiments.card_facts import card_facts
from jaccardio.experiments.subgroups import subgroups_of
from jaccardio.findings.contradictions import contradiction
from jaccardio.findings.labels import UNKNOWN
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_scores import shared_findings, windows_for, withheld_answers
from jaccardio.recording.paper_plot import ecg_png
from jaccardio.recording.windows import Windows
from jaccardio.report.evaluation_report import FORMAT, Example, write_evaluation
from jaccardio.report.model_card import write_model_card
from jaccardio.training.leakage import check_unseen
from jaccardio.training.run_folder import RunFolder

EXAMPLES = 4


@dataclass(frozen=True)
class RunEvaluation:
    """What `evaluate_run` did: the figures, how often this run has now looked at a test part, and the ECGs that the report shows."""

    evaluation: Evaluation
    part: str
    records: int
    test_uses: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, eq=False)
class ScoredPart:
    """One part as a run's model scores it, on the findings that model and store share.

    Attributes
    ----------
    rows
        (n,) rows of the store.
    labels, scores
        (n, k) of the findings of `vocabulary`; labels are unknown where the model withholds its answer for want of leads.
    withheld
        (n, k) True there.
    thresholds, calibration
        Of those findings, as training fitted them on the validation part.
    test_uses
        How often this run has now looked at a test part.
    """

    rows: NDArray[np.int64]
    vocabulary: Vocabulary
    labels: NDArray[np.int8]
    scores: NDArray[np.float64]
    withheld: NDArray[np.bool_]
    thresholds: Thresholds
    calibration: Calibration
    test_uses: int


@dataclass(frozen=True)
class Window:
    """A stretch of an ECG, cut out and scored alone: `seconds` from `start` on."""

    start: float
    seconds: float

    def cut(self, batches: Iterable[Windows], sampling_rate: float) -> Iterator[Windows]:
        """The stretch of every ECG of the batches."""
        return (batch.cut(round(self.start * sampling_rate), round(self.seconds * sampling_rate)) for batch in batches)


def score_part(
    run: RunFolder,
    store: Store,
    part: str,
    *,
    device: str = "auto",
    window: Window | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ScoredPart:
    """Scores one part with the run's model; unless it is the validation part, the look is written into the run.

    Parameters
    ----------
    window
        What of each ECG the model sees; None is all. The others, and errors, are those of `evaluate_run`.
    """
    rows = rows_of_part(run, store, part)
    if part != "validation":
        check_unseen(run, store, rows.tolist())
    predictor = Predictor.from_pretrained(run.path, device)
    vocabulary, ours, theirs = shared_findings(predictor, store)
    batches = windows_for(predictor, store, rows, progress)
    scores = predictor.scores(batches if window is None else window.cut(batches, predictor.contract.sampling_rate))[:, ours]
    labels = store.labels[np.ix_(rows, theirs)]
    withheld = withheld_answers(predictor, store.lead_masks[rows])[:, ours]
    labels[withheld] = UNKNOWN
    thresholds = predictor.thresholds.of(ours.tolist())
    test_uses = run.record_test_use(store, part, len(rows)) if part != "validation" else 0
    calibration = predictor.calibration.of_findings(ours)
    return ScoredPart(rows, vocabulary, labels, scores, withheld, thresholds, calibration, test_uses)


def evaluate_run(
    run: RunFolder,
    store: Store,
    part: str,
    out: Path,
    *,
    id_table: IdTable | None = None,
    device: str = "auto",
    replicates: int = 1000,
    progress: Callable[[int, int], None] | None = None,
) -> RunEvaluation:
    """Scores one part with the run's model and writes metrics, predictions, figures, report and model card to `out`.

    Parameters
    ----------
    part
        ``validation`` or ``test`` of the run's own split; ``all`` for a store that the run was not trained on.
    id_table
        Gives ``predictions.parquet`` a column ``path``.

    Raises
    ------
    DataError
        Overlap with what the model has seen (except for the validation part, which is seen by design and said to be so).
    UsageError
        A part of the run's split is asked of another store, or `out` is a store, a run or a model.
    """
    refuse_other_folder(out, FORMAT)
    scored = score_part(run, store, part, device=device, progress=progress)
    rows, vocabulary, labels, scores, thresholds = scored.rows, scored.vocabulary, scored.labels, scored.scores, scored.thresholds
    title = f"{run.config.preset} on {store.manifest['corpus']}, {part}"
    result = evaluate(
        labels,
        scores,
        store.records["patient_key"].to_numpy()[rows],
        vocabulary.codes,
        vocabulary.groups(),
        thresholds,
        calibration=scored.calibration,
        subgroups=subgroups_of(store.records.iloc[rows]),
        replicates=replicates,
    )
    examples = _examples(store, scored)
    write_model_card(out, result, card_facts(run, store, part, rows, vocabulary, scored.test_uses, title))
    write_evaluation(
        out,
        result,
        ids=store.ids[rows],
        labels=labels,
        scores=scores,
        title=title,
        facts=_facts(run, store, part, scored),
        names={finding.code: finding.name for finding in vocabulary.findings},
        withheld=scored.withheld,
        paths=None if id_table is None else id_table.paths_of(store.ids[rows]),
        examples=examples,
    )
    return RunEvaluation(result, part, len(rows), scored.test_uses, tuple(examples))


def rows_of_part(run: RunFolder, store: Store, part: str) -> NDArray[np.int64]:
    """Rows of the store that are a part of the run's split, or ``all``; raises as `evaluate_run` does."""
    if part == "all":
        return np.arange(len(store))
    if part not in run.split.parts:
        raise UsageError(f"unknown part {part!r}; use validation, test or all.")
    members = run.part(part)
    if not members["recording_id"]:
        raise DataError(f"the {part} part of the run's split is empty.")
    waveforms = dict(zip(store.ids.tolist(), store.records["waveform"], strict=True))  # labels may differ: a store can be relabelled
    if any(waveforms.get(name) != waveform for name, waveform in zip(members["recording_id"], members["waveform"], strict=True)):
        raise UsageError(f"this store does not hold the ECGs of the run's {part} part. Use --part all for another hospital's store.")
    return store.rows_of(members["recording_id"])


def _facts(run: RunFolder, store: Store, part: str, scored: ScoredPart) -> dict[str, str]:
    databases = ", ".join(sorted(store.records["database"].unique()))
    facts = {
        "Model": f"preset {run.config.preset}, seed {run.config.training.seed}",
        "ECGs": f"{len(scored.rows)} of part “{part}”; corpus {store.manifest['corpus']}; database {databases}",
        "Thresholds": "fitted on the run's validation part only",
    }
    if part == "validation":
        facts["Caution"] = "this part chose the epoch and the thresholds: its figures are optimistic"
    else:
        facts["Looks at a test part"] = f"this is number {scored.test_uses} of this run"
    short, long = (int(found[scored.rows].sum()) for found in (store.recorded < store.contract.samples, store.windows_per_record > 1))
    if short or long:
        facts["Length"] = f"{short} ECGs are shorter than {store.contract.seconds:g} s, {long} longer; all that was recorded is scored"
    if scored.withheld.any():
        facts["Withheld"] = f"{scored.withheld.sum()} answers for which the ECG lacks leads; they are judged as unknown"
    return facts


def _examples(store: Store, scored: ScoredPart) -> list[Example]:
    """A few ECGs with their predicted and annotated findings: those with the most annotated findings, and no two alike."""
    labels, findings, thresholds = scored.labels, scored.vocabulary.findings, scored.thresholds["global"]
    states = {1: "present", 0: "absent", -1: "unknown"}
    richest = np.argsort(-(labels == 1).sum(axis=1), kind="stable")
    _, first = np.unique(labels[richest], axis=0, return_index=True)
    examples = []
    for position in richest[np.sort(first)[:EXAMPLES]]:
        row = int(scored.rows[position])
        signal = store.signals(np.array([row]))[0][:, : store.recorded[row]]
        called = (scored.scores[position] >= thresholds) & ~scored.withheld[position]
        shown = [
            (findings[i].code, float(scored.scores[position, i]), float(thresholds[i]), bool(called[i]), states[int(labels[position, i])])
            for i in np.flatnonzero((labels[position] == 1) | called)
        ]
        png = ecg_png(signal, store.contract.sampling_rate, store.lead_masks[row])
        contradictory = contradiction([findings[i] for i in np.flatnonzero(called)], scored.vocabulary.alone)
        examples.append(Example(png, str(store.ids[row]), shown, contradictory))
    return examples
