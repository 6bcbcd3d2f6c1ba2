"""Why a model calls findings of one ECG present: leads and seconds, leads taken away, statements, and labelled ECGs like it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.findings.labels import UNKNOWN
from jaccardio.measurement.definitions import Definition, defined_in, definitions_of
from jaccardio.prediction.ask import Answer, ask, definition_of
from jaccardio.prediction.attribution import Attribution, attribute, scores_without_lead
from jaccardio.prediction.contributions import Contribution, contributions
from jaccardio.prediction.decisions import FindingScore
from jaccardio.prediction.examine import examine_recording
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.search import Hit, Index
from jaccardio.recording.recording import Recording
from jaccardio.recording.waveform import waveform_hash
from jaccardio.recording.windows import Windows


@dataclass(frozen=True, eq=False)
class Reasons:
    """What speaks for one finding and against it.

    Attributes
    ----------
    score
        The model's answer.
    attribution
        By leads and time.
    without_lead
        (12,) the score as if that lead had not been recorded; NaN where that is not known.
    answer
        The textbook's definition of the finding asked of the same ECG; None where none is shipped.
    contributions
        What was measured and moved the score most; none of a model without evidence.
    """

    score: FindingScore
    attribution: Attribution
    without_lead: NDArray[np.float64]
    answer: Answer | None
    contributions: tuple[Contribution, ...]

    @property
    def lead_sums(self) -> NDArray[np.float64]:
        """(12,) what each lead adds to the logit."""
        sums: NDArray[np.float64] = self.attribution.values.sum(axis=(0, 2), dtype=np.float64)
        return sums

    @property
    def window(self) -> int:
        """The window with most attribution."""
        return int(np.abs(self.attribution.values).sum(axis=(1, 2)).argmax())


@dataclass(frozen=True, eq=False)
class Explanation:
    """One ECG as the model saw it, with the reasons for its findings, highest score first."""

    recording_id: str
    ecg: Windows
    flags: tuple[str, ...]
    findings: tuple[Reasons, ...]
    neighbours: tuple[Hit, ...]


def explain(
    predictor: Predictor,
    recording: Recording,
    codes: Sequence[str] = (),
    policy: str = "global",
    reference: Store | None = None,
    language: str = "en",
    progress: Callable[[int, int], None] | None = None,
) -> Explanation:
    """Explains findings of one ECG.

    Parameters
    ----------
    codes
        Findings; none stands for those predicted present.
    policy
        Thresholds that decide what is present.
    reference
        Store whose labelled ECGs are compared with this one.
    language
        Of the names and statements of definitions.
    progress
        Called with (records of the reference store embedded, records in all).

    Raises
    ------
    UsageError
        An unknown finding or policy.
    DataError
        The leads at hand cannot show a finding that was named.
    MissingError
        captum is not installed.
    ReadError
        As `SignalContract.apply`.
    """
    columns = list(dict.fromkeys(predictor.vocabulary.index(code) for code in codes))
    prepared = examine_recording(predictor.contract, recording)
    ecg = Windows.of([prepared])
    scores = predictor.predict([prepared], policy)[0]
    if refused := [scores[column] for column in columns if scores[column].withheld]:
        said = "; ".join(f"{score.finding} {score.withheld}" for score in refused)
        raise DataError(f"{recording.recording_id}: this ECG cannot answer: {said}. Name other findings.")
    if not columns:
        columns = [column for column, score in enumerate(scores) if score.present]
    columns.sort(key=lambda column: -(scores[column].score or 0.0))
    attributions = attribute(predictor, ecg, columns)
    questions = [_question(predictor, column, language) for column in columns]
    defined = [question for question in questions if question[1] is not None]
    answers = {answer.asked: answer for answer in ask(predictor, ecg, defined)}
    without_lead = scores_without_lead(predictor, ecg)
    findings = [
        Reasons(scores[column], attribution, without_lead[:, column], answers.get(words), contributions(predictor, ecg, column, language))
        for column, attribution, (words, _) in zip(columns, attributions, questions, strict=True)
    ]
    hits: list[Hit] = []
    if reference is not None:  # of the ECGs with a known label, without this one itself
        others = (reference.labels != UNKNOWN).any(axis=1) & (reference.records["waveform"].to_numpy() != waveform_hash(recording))
        hits = Index(predictor, reference, progress).similar(predictor.embed([ecg])[0], among=others)
    return Explanation(recording.recording_id, ecg, prepared.flags, tuple(findings), tuple(hits))


def _question(predictor: Predictor, column: int, language: str) -> tuple[str, Definition | None]:
    """A finding's name and its definition: by its code in a vocabulary that has them, else by what the name says."""
    finding = predictor.vocabulary.findings[column]
    if finding.code in defined_in(predictor.vocabulary):
        return finding.name_in(language), definitions_of([finding.code])[finding.code]
    return finding.name_in(language), definition_of(finding.name)
