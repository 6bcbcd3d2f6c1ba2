"""Evaluation of a run on a part of its own store, or on an external hospital's store."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.checksums import refuse_other_folder
from jaccardio.cohort.id_table import IdTable
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.evaluate import Evaluation, evaluate
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.scored import Scored
from jaccardio.experiments.card_facts import card_facts
from jaccardio.experiments.held_out import part_of
from jaccardio.experiments.subgroups import subgroups_of
from jaccardio.findings.contradictions import contradiction
from jaccardio.findings.labels import UNKNOWN
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.withheld import withheld_answers
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import shared_findings, windows_for
from jaccardio.recording.paper_plot import ecg_png
from jaccardio.recording.windows import Windows
from jaccardio.report.evaluation_report import FORMAT, Example, write_evaluation
from jaccardio.report.language import ENGLISH, check_language
from jaccardio.report.model_card import write_model_card
from jaccardio.training.leakage import check_unseen
from jaccardio.training.run_folder import RunFolder

EXAMPLES = 4


@dataclass(frozen=True)
class RunEvaluation:
    """What `evaluate_run` did: the metrics, how often this run has now looked at a test part, and the ECGs that the report shows."""

    evaluation: Evaluation
    records: int
    test_uses: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, eq=False)
class Look:
    """One look at a part: what a run's model says of it, on the findings that model and store share.

    Attributes
    ----------
    rows
        (n,) rows of the store.
    part, scored
        Labels are unknown where the model withholds its answer for want of leads; thresholds and calibration are as training fitted them
        on the validation part.
    withheld
        (n, k) True where it does.
    test_uses
        How often this run has now looked at a test part.
    """

    rows: NDArray[np.int64]
    vocabulary: Vocabulary
    part: Part
    scored: Scored
    withheld: NDArray[np.bool_]
    test_uses: int


@dataclass(frozen=True)
class Crop:
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
    crop: Crop | None = None,
    prompts: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Look:
    """Scores one part with the run's model; unless it is the validation part, the look is written into the run.

    Parameters
    ----------
    crop
        What of each ECG the model sees; None is all. The others, and errors, are those of `evaluate_run`.
    """
    rows = rows_of_part(run, store, part)
    if part != "validation":
        check_unseen(run, store, rows.tolist())
    predictor = Predictor.from_pretrained(run.path, device)
    vocabulary, columns, _ = shared_findings(predictor, store)
    batches = windows_for(predictor, store, rows, progress)
    seen = batches if crop is None else crop.cut(batches, predictor.contract.sampling_rate)
    scores = predictor.scores(seen, prompts)[:, columns]
    withheld = withheld_answers(predictor.vocabulary, predictor.partial_leads, store.lead_masks[rows])[:, columns]
    known = part_of(store, rows, vocabulary)
    judged = replace(known, labels=np.where(withheld, np.int8(UNKNOWN), known.labels))
    name = f"{run.path.name} ({run.title})"
    thresholds, calibration = predictor.thresholds.of(columns.tolist()), predictor.calibration.of_findings(columns)
    test_uses = run.record_test_use(store, part, len(rows)) if part != "validation" else 0
    return Look(rows, vocabulary, judged, Scored(name, [scores], [thresholds], calibration), withheld, test_uses)


def evaluate_run(
    run: RunFolder,
    store: Store,
    part: str,
    out: Path,
    *,
    id_table: IdTable | None = None,
    prompts: str | None = None,
    language: str = ENGLISH,
    device: str = "auto",
    replicates: int = 1000,
    progress: Callable[[int, int], None] | None = None,
) -> RunEvaluation:
    """Scores one part with the run's model and writes metrics, predictions, plots, report and model card to `out`.

    Parameters
    ----------
    part
        ``validation`` or ``test`` of the run's own split; ``all`` for a store that the run was not trained on.
    id_table
        Gives ``predictions.parquet`` a column ``path``.
    prompts
        Language in which the model is asked; None: that of its training. Thresholds and recalibration stay those of its training.
    language
        Of report, plots and model card.

    Raises
    ------
    MissingError
        The model's text encoder, which other prompts need, or a font for the language is not on this machine.
    DataError
        Overlap with what the model has seen (except for the validation part, which is seen by design and said to be so).
    UsageError
        A part of the run's split is asked of another store, or `out` is a store, a run or a model.
    """
    refuse_other_folder(out, FORMAT)
    check_language(language)
    look = score_part(run, store, part, device=device, prompts=prompts, progress=progress)
    title = f"{run.config.title} on {store.manifest['corpus']}, {part}"
    evaluation = evaluate(look.part, look.scored, subgroups=subgroups_of(store.records.iloc[look.rows]), replicates=replicates)
    examples = _examples(store, look)
    card = card_facts(run, store, part, look.rows, look.vocabulary, look.test_uses, title, language)
    asked = _asked(run, prompts)
    write_model_card(out, evaluation, replace(card, model={**card.model, **asked}), language)
    write_evaluation(
        out,
        evaluation,
        look.part,
        look.scored,
        title=title,
        facts=_facts(run, store, part, look) | asked,
        names=card.names,
        language=language,
        withheld=look.withheld,
        paths=None if id_table is None else id_table.paths_of(look.part.ids),
        examples=examples,
    )
    return RunEvaluation(evaluation, len(look.rows), look.test_uses, tuple(examples))


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
        raise UsageError(f"this store does not hold the ECGs of the run's {part} part. Use --part all for an external hospital's store.")
    return store.rows_of(members["recording_id"])


def _facts(run: RunFolder, store: Store, part: str, look: Look) -> dict[str, str]:
    facts = {
        "Model": f"preset {run.title}",
        "ECGs": f"{len(look.rows)} of part “{part}”; {store.title}",
        "Thresholds": "fitted on the run's validation part only",
    }
    if part == "validation":
        facts["Caution"] = "this part chose the epoch and the thresholds: its metrics are optimistic"
    else:
        facts["Looks at a test part"] = f"this is number {look.test_uses} of this run"
    short, long = (int(condition[look.rows].sum()) for condition in (store.recorded < store.contract.samples, store.windows_per_record > 1))
    if short or long:
        facts["Length"] = f"{short} ECGs are shorter than {store.contract.seconds:g} s, {long} longer; all that was recorded is scored"
    if look.withheld.any():
        facts["Withheld"] = f"{look.withheld.sum()} answers for which the ECG lacks leads; they are judged as unknown"
    return facts


def _asked(run: RunFolder, prompts: str | None) -> dict[str, str]:
    """The fact that a model was asked in another language than that of its training."""
    own = run.config.model.language
    if prompts in (None, own):
        return {}
    return {"Prompts": f"in {prompts}; the model was trained on sentences in {own}, its thresholds and recalibration fitted for those"}


def _examples(store: Store, look: Look) -> list[Example]:
    """A few ECGs with their predicted and annotated findings: those with the most annotated findings, and no two alike."""
    labels, findings = look.part.labels, look.vocabulary.findings
    [scores], [thresholds] = look.scored.scores, [fitted["global"] for fitted in look.scored.thresholds]
    states = {1: "present", 0: "absent", -1: "unknown"}
    richest = np.argsort(-(labels == 1).sum(axis=1), kind="stable")
    _, first = np.unique(labels[richest], axis=0, return_index=True)
    examples = []
    for position in richest[np.sort(first)[:EXAMPLES]]:
        row = int(look.rows[position])
        signal = store.signals(np.array([row]))[0][:, : store.recorded[row]]
        predicted = (scores[position] >= thresholds) & ~look.withheld[position]
        shown = [
            (findings[i].code, float(scores[position, i]), float(thresholds[i]), bool(predicted[i]), states[int(labels[position, i])])
            for i in np.flatnonzero((labels[position] == 1) | predicted)
        ]
        png = ecg_png(signal, store.contract.sampling_rate, store.lead_masks[row])
        contradictory = contradiction([findings[i] for i in np.flatnonzero(predicted)], look.vocabulary.alone)
        examples.append(Example(png, str(store.ids[row]), shown, contradictory))
    return examples
