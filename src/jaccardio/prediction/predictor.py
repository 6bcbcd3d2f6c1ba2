"""`Predictor`: a trained model behind three calls: predict, encode_ecg, encode_text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from jaccardio.errors import DataError, ReadError, UsageError
from jaccardio.evaluation.calibration import Calibration
from jaccardio.evaluation.reference import Reference
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.measurement.definitions import defined_in
from jaccardio.measurement.measure import measure_recording, measure_windows
from jaccardio.measurement.statements import measured_statements
from jaccardio.models.create import text_encoder_of
from jaccardio.models.ensemble import has_evidence
from jaccardio.models.folder import Pretrained, load_pretrained
from jaccardio.models.folding import folded
from jaccardio.models.scoring import choose_device, ecg_embeddings, embedding_scores, finding_scores, sentence_scores, statement_scores
from jaccardio.prediction.decisions import Decisions, FindingScore
from jaccardio.prediction.suspects import warn_of_suspects
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import Prepared
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.recording import Recording
from jaccardio.recording.windows import Windows
from jaccardio.text.encoder import TextEncoder
from jaccardio.text.packages import hub_folder, is_hub_id
from jaccardio.text.tuning import tuned_in
from jaccardio.training.run_folder import RunFolder, looks_like_a_run

BATCH = 64


class Predictor:
    """Predicts findings of ECGs in any format that `read_ecg` reads.

    Recordings are resampled, centred and cut into windows exactly as `jaccardio ingest` does it; a recording is scored as long as it is.
    Research software, not a medical device.

    Attributes
    ----------
    pretrained
        The model as it was trained, and what belongs to it.
    model
        The same for scoring alone: batch norms are part of the convolutions in front of them.
    vocabulary
        The findings that the model was trained on, in the order of its scores.
    statements
        Codes of the measured statements that it learned, in the order of `statement_degrees`.
    contract
        Rate and length that signals are brought to.
    config
        Shape of the model.
    language
        Of the prompts that the model keeps, which is that of the sentences it was trained on.
    partial_leads
        Whether training showed the model ECGs without some of their leads.
    defined
        The findings, by code, whose definitions are held against each ECG where the model `measures`.
    thresholds
        Threshold per finding for each policy, fitted on the validation part in training.
    calibration
        Recalibrations of the scores, fitted on the validation part in training.
    decisions
        What scores are held against.
    """

    def __init__(self, pretrained: Pretrained, device: str | torch.device = "auto") -> None:
        self.pretrained = pretrained
        self._device = choose_device(device)
        self.model = folded(pretrained.model).to(self._device)
        self._text_encoder: TextEncoder | None = None
        self.vocabulary, self.statements, self.contract = pretrained.vocabulary, pretrained.statements, pretrained.contract
        self.config, self.language = pretrained.config, pretrained.config.language
        self.partial_leads, self.defined = pretrained.partial_leads, defined_in(pretrained.vocabulary)
        self.thresholds, self.calibration = Thresholds.from_dict(pretrained.thresholds), Calibration.from_dict(pretrained.calibration)
        self.decisions = Decisions(self.vocabulary, self.partial_leads, self.thresholds, self.calibration)

    @classmethod
    def from_pretrained(cls, folder: str | Path, device: str | torch.device = "auto") -> "Predictor":
        """Loads a run folder or its ``model/``.

        Parameters
        ----------
        folder
            A string ``owner/name`` that is no folder here is an id of the Hugging Face hub; a `Path` is always a folder.

        Raises
        ------
        DataError
            The folder is incomplete or damaged (every file is checked against its SHA-256).
        MissingError
            The hub has no such model, or cannot be reached and the model was not fetched before.
        """
        if isinstance(folder, str) and is_hub_id(folder):
            reason = "no such folder here, no such model on the hub, or no network"
            folder = hub_folder("model", folder, f"({reason}) Name a folder, or fetch it where there is a network and give its folder.")
        folder = Path(folder)
        return cls(RunFolder.open(folder).pretrained() if looks_like_a_run(folder) else load_pretrained(folder), device)

    @cached_property
    def reference(self) -> Reference | None:
        """What is usual in the validation part; None where an earlier version trained the model."""
        document = self.pretrained.reference
        return None if document is None else Reference.from_dict(document)

    def measurements(self, batch: Windows) -> NDArray[np.float32]:
        """(n, measurements) of prepared ECGs: those of the recordings where they came with them, else of the windows."""
        return measure_windows(batch, self.contract.sampling_rate) if batch.measurements is None else batch.measurements

    @property
    def measures(self) -> bool:
        """Whether its scores rest on what is measured of an ECG too (`jaccardio.models.evidence`)."""
        return has_evidence(self.model)

    def prepare(self, ecg: Recording | Prepared | str | Path) -> Prepared:
        """A recording as the model expects it, which is what `jaccardio ingest` would store; one that is prepared already stays."""
        if isinstance(ecg, Prepared):
            if ecg.counts.shape[2] != self.contract.samples:
                raise UsageError(
                    f"prepared for windows of {ecg.counts.shape[2]} samples, the model has {self.contract.samples}: give the recording."
                )
            return replace(ecg, measurements=self.measurements(Windows.of([ecg]))[0]) if self.measures else ecg
        if not isinstance(ecg, Recording | str | Path):
            raise UsageError(f"{type(ecg).__name__}: no ECG. Give a Recording or a path; arrays go to predict_proba and encode.")
        recording = ecg if isinstance(ecg, Recording) else read_ecg(Path(ecg))
        prepared = self.contract.apply(recording)
        return replace(prepared, measurements=measure_recording(recording)) if self.measures else prepared

    def predict(self, ecgs: Iterable[Recording | Prepared | str | Path], policy: str = "global") -> list[list[FindingScore]]:
        """Scores and decisions for each ECG, findings in vocabulary order.

        Parameters
        ----------
        policy
            ``fixed``, ``global`` or ``per_finding`` thresholds.

        Raises
        ------
        ReadError
            An ECG cannot be read or mended.
        UsageError
            Unknown policy, a single path in place of a list, or an array.
        """
        self.thresholds[policy]  # an unknown one is said before any ECG is scored
        return [said for batch in self._batches(ecgs) for said in self.decisions.of(self.scores([batch]), batch.lead_mask, policy)]

    def withheld(self, lead_mask: NDArray[np.bool_]) -> tuple[str, ...]:
        """Why an ECG with these leads, (12,), cannot answer, per finding; empty where it can."""
        return self.decisions.withheld(lead_mask)

    def scores(self, batches: Iterable[Windows], language: str | None = None) -> NDArray[np.float64]:
        """Scores in [0, 1], (n, findings), of prepared ECGs, whether or not their leads can show the finding (`withheld`).

        Parameters
        ----------
        language
            Of the prompts. Another one than the model's own needs the text encoder, and names in that language; errors are those of
            `encode_text`. None: the model's own.
        """
        if language in (None, self.language):
            return finding_scores(self.model, self._checked(batches), self._device)
        return self.sentence_scores(batches, self.vocabulary.prompts(language))

    def statement_degrees(self, batches: Iterable[Windows]) -> dict[str, NDArray[np.float64]]:
        """Degree of truth (n,) of each measured statement by code, as the model sees prepared ECGs; empty where it learned none."""
        batches = list(self._checked(batches))
        degrees = statement_scores(self.model, batches, self._device)
        masks = np.concatenate([batch.lead_mask for batch in batches]) if batches else np.empty((0, len(LEADS)), dtype=np.bool_)
        return self._by_statement(degrees, masks)

    def embedded_degrees(self, embeddings: NDArray[np.float32], lead_masks: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
        """As `statement_degrees`, from what `embed` made of ECGs with these leads, (n, 12)."""
        return self._by_statement(embedding_scores(self.model, embeddings, self.model.statement_vectors), lead_masks)

    def _by_statement(self, degrees: NDArray[np.float64], lead_masks: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
        return {code: _of_recorded_lead(code, degrees[:, column], lead_masks) for column, code in enumerate(self.statements)}

    def embed(self, batches: Iterable[Windows]) -> NDArray[np.float32]:
        """Frozen ECG features (n, d) of prepared ECGs."""
        return ecg_embeddings(self.model, self._checked(batches), self._device)

    def encode_ecg(self, ecgs: Iterable[Recording | Prepared | str | Path]) -> NDArray[np.float32]:
        """Frozen ECG features, (n, d)."""
        return self.embed(self._batches(ecgs))

    def predict_proba(
        self, signals: ArrayLike, sampling_rate: float, *, leads: Sequence[str] = LEADS, unit: str = "mV"
    ) -> NDArray[np.float64]:
        """Scores (n, findings) of an array (n, leads, samples); NaN where the leads cannot answer.

        Parameters are those of `Recording.from_array`, which checks each ECG.

        Raises
        ------
        UsageError, ReadError
            As `Recording.from_array`; a `ReadError` names the row.

        Warns
        -----
        UserWarning
            Rate, unit or order of the leads do not look as declared (`warn_of_suspects`).
        """
        predictions = self.predict(self._read_all(signals, sampling_rate, leads, unit))
        scores = [[np.nan if finding.score is None else finding.score for finding in row] for row in predictions]
        return np.array(scores, dtype=np.float64).reshape(-1, len(self.vocabulary))

    def encode(self, signals: ArrayLike, sampling_rate: float, *, leads: Sequence[str] = LEADS, unit: str = "mV") -> NDArray[np.float32]:
        """Frozen ECG features (n, d) of an array (n, leads, samples); see `predict_proba`."""
        return self.encode_ecg(self._read_all(signals, sampling_rate, leads, unit))

    def encode_text(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Sentences in the space of `encode_ecg`, (m, d); their inner products rank ECGs against sentences.

        Raises
        ------
        UsageError
            A single string in place of a list, characters that are no text, or a sentence that the text encoder cannot read: that of a
        classifier knows the vocabulary's own sentences only.
        MissingError
            The text encoder that the model was trained with is not installed.
        """
        vectors = self.text_vectors(sentences)
        with torch.inference_mode():
            return np.asarray(self.model.encode_text(vectors).float().cpu().numpy())

    def sentence_scores(self, batches: Iterable[Windows], sentences: Sequence[str]) -> NDArray[np.float64]:
        """As `scores`, of any sentences instead of the findings: (n, m); errors are those of `encode_text`.

        Unlike inner products, they rank sentences for one ECG as the model does, whose bias depends on the sentence.
        """
        return self.vector_scores(batches, self.text_vectors(sentences))

    def zero_shot(self, ecgs: Iterable[Recording | Prepared | str | Path], sentences: Sequence[str]) -> NDArray[np.float64]:
        """As `sentence_scores`, of ECGs that need not be prepared: (n, m) in [0, 1]. Trained findings go through `predict`.

        NaN for ECGs that lack leads: which ones a sentence speaks of is not known.
        """
        batches = list(self._batches(ecgs))
        scores = self.sentence_scores(batches, sentences)
        complete = np.concatenate([batch.lead_mask.all(axis=1) for batch in batches]) if batches else np.empty(0, dtype=np.bool_)
        return np.where(complete[:, None], scores, np.nan)

    def vector_scores(self, batches: Iterable[Windows], vectors: Tensor) -> NDArray[np.float64]:
        """As `scores`, of statements by their raw text vectors (m, D): (n, m)."""
        return sentence_scores(self.model, self._checked(batches), vectors.to(self._device), self._device)

    def text_vectors(self, sentences: Sequence[str]) -> Tensor:
        """Raw text vectors (m, D) of sentences, as the text encoder makes them; errors are those of `encode_text`."""
        if isinstance(sentences, str):
            raise UsageError("one sentence where a list of sentences is expected: write [sentence].")
        sentences = list(sentences) if isinstance(sentences, Iterable) else [None]
        if not all(isinstance(sentence, str) for sentence in sentences):
            raise UsageError("sentences: give a list of texts.")
        if not all(sentence.isprintable() for sentence in sentences):
            raise UsageError("a sentence holds characters that are no text.")
        if self._text_encoder is None:
            # no cache on disk: what people search for may name a patient
            encoder = text_encoder_of(self.config, self.vocabulary)
            if encoder.fingerprint != self.model.text_fingerprint:
                raise DataError("the installed text encoder is not the one that the model was trained with (other weights).")
            if (tuned := tuned_in(encoder)) is not None:
                tuned.adapter = self.model.adapter
            self._text_encoder = encoder
        return torch.from_numpy(self._text_encoder.encode(sentences)).to(self._device)

    def _batches(self, ecgs: Iterable[Recording | Prepared | str | Path]) -> Iterator[Windows]:
        if isinstance(ecgs, str | Path | Recording) or not isinstance(ecgs, Iterable):
            raise UsageError("one ECG where a list of ECGs is expected: write [ecg].")
        rest = iter(ecgs)
        while batch := [self.prepare(ecg) for ecg in islice(rest, BATCH)]:
            yield Windows.of(batch)

    def _read_all(self, signals: ArrayLike, sampling_rate: float, leads: Sequence[str], unit: str) -> list[Recording]:
        from jaccardio.cohort.from_arrays import recordings_of  # brings pandas and all corpora, which files do not need

        recordings = []
        for recording in recordings_of(signals, sampling_rate, leads=leads, unit=unit):
            if isinstance(recording, ReadError):
                raise recording
            recordings.append(recording)
        warn_of_suspects(recordings, self.contract)
        return recordings

    def _checked(self, batches: object) -> Iterator[Windows]:
        """Batches that are what `prepare` makes: nothing else has been checked."""
        for batch in batches if isinstance(batches, Iterable) else [batches]:
            if not isinstance(batch, Windows):
                reason = "prepared ECGs are needed, batches of Windows"
                raise UsageError(
                    f"{type(batch).__name__}: {reason}. Arrays go to predict_proba and encode, files to predict and encode_ecg."
                )
            if fault := batch.fault(self.contract.samples):
                raise UsageError(f"Windows: {fault}. Let `prepare` make them, or `windows_for` of a store.")
            yield replace(batch, measurements=self.measurements(batch)) if self.measures else batch


def _of_recorded_lead(code: str, degree: NDArray[np.float64], lead_masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The degree of truth of a statement, NaN for ECGs without the lead that it speaks of."""
    lead = measured_statements()[code].lead
    return degree if lead is None else np.where(lead_masks[:, LEADS.index(lead)], degree, np.nan)
