"""`Predictor`: a trained model behind three calls: predict, encode_ecg, encode_text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.calibration import Calibration
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.ecg_text import EcgTextModel
from jaccardio.models.folder import Pretrained, load_pretrained
from jaccardio.models.scoring import choose_device, ecg_embeddings, finding_scores, sentence_scores
from jaccardio.recording.preprocessing import SignalContract, dequantise, quantise
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.recording import Recording
from jaccardio.text.create import create_text_encoder
from jaccardio.text.encoder import TextEncoder

BATCH = 64


@dataclass(frozen=True)
class FindingScore:
    """One finding of one ECG.

    Attributes
    ----------
    finding, name
        Code and English name.
    score
        The model's score as it is, in [0, 1].
    probability
        The score recalibrated by Platt's pair of the model's validation part (``calibration.json``).
    threshold, present
        What the score is held against, and the decision: score >= threshold.
    """

    finding: str
    name: str
    score: float
    probability: float
    threshold: float
    present: bool


class Predictor:
    """Predicts findings of ECGs in any format that `read_ecg` reads.

    Recordings are resampled, cropped or padded exactly as `jaccardio ingest` does it. Research software, not a medical device.
    """

    def __init__(self, pretrained: Pretrained, device: str = "auto") -> None:
        self._pretrained = pretrained
        self._device = choose_device(device)
        self.model = pretrained.model.to(self._device)
        self._text_encoder: TextEncoder | None = None

    @classmethod
    def from_pretrained(cls, folder: str | Path, device: str = "auto") -> "Predictor":
        """Loads a run folder or its ``model/``.

        Raises
        ------
        DataError
            The folder is incomplete or damaged (every file is checked against its SHA-256).
        """
        folder = Path(folder)
        if (folder / "config.toml").is_file() and not (folder / "training.json").is_file():
            raise DataError(f"{folder}: this run is not complete. Continue it with `jaccardio train --resume`.")
        return cls(load_pretrained(folder / "model" if (folder / "model").is_dir() else folder), device)

    @property
    def vocabulary(self) -> Vocabulary:
        """The findings that the model was trained on, in the order of its scores."""
        return self._pretrained.vocabulary

    @property
    def contract(self) -> SignalContract:
        """Rate and length that signals are brought to."""
        return self._pretrained.contract

    @cached_property
    def thresholds(self) -> Thresholds:
        """Threshold per finding for each policy, fitted on the validation part in training."""
        return Thresholds.from_dict(self._pretrained.thresholds)

    @cached_property
    def calibration(self) -> Calibration:
        """Recalibrations of the scores, fitted on the validation part in training."""
        return Calibration.from_dict(self._pretrained.calibration)

    def prepare(self, ecg: Recording | str | Path) -> NDArray[np.float32]:
        """Signal (12, samples) in millivolt as the model expects it, to the microvolt what `jaccardio ingest` would store."""
        recording = ecg if isinstance(ecg, Recording) else read_ecg(Path(ecg))
        return dequantise(quantise(self.contract.apply(recording)))

    def predict(self, ecgs: Sequence[Recording | str | Path], policy: str = "global") -> list[list[FindingScore]]:
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
            Unknown policy.
        """
        thresholds = self.thresholds[policy]
        scores = self.scores(self._batches(ecgs)) if ecgs else np.empty((0, len(self.vocabulary)))
        return [
            [
                FindingScore(
                    finding.code, finding.names["en"], float(score), float(probability), float(threshold), bool(score >= threshold)
                )
                for finding, score, probability, threshold in zip(self.vocabulary.findings, row, calibrated, thresholds, strict=True)
            ]
            for row, calibrated in zip(scores, self.calibration.apply(scores, "platt"), strict=True)
        ]

    def scores(self, signals: Iterator[NDArray[np.float32]]) -> NDArray[np.float64]:
        """Scores in [0, 1], (n, findings), of prepared signals, given in batches (b, 12, samples)."""
        return finding_scores(self.model, signals, self._device)

    def embed(self, signals: Iterator[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Frozen ECG features (n, d) of prepared signals, given in batches."""
        return ecg_embeddings(self.model, signals, self._device)

    def encode_ecg(self, ecgs: Sequence[Recording | str | Path]) -> NDArray[np.float32]:
        """Frozen ECG features, (n, d)."""
        return self.embed(self._batches(ecgs))

    def encode_text(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Sentences in the space of `encode_ecg`, (m, d); their inner products rank ECGs against sentences.

        Raises
        ------
        UsageError
            The model is a classifier, which knows no sentences.
        MissingError
            The text encoder that the model was trained with is not installed.
        """
        model, vectors = self._told(sentences)
        with torch.inference_mode():
            return np.asarray(model.encode_text(vectors).float().cpu().numpy())

    def sentence_scores(self, signals: Iterator[NDArray[np.float32]], sentences: Sequence[str]) -> NDArray[np.float64]:
        """As `scores`, of any sentences instead of the findings: (n, m); errors are those of `encode_text`.

        Unlike inner products, they rank sentences for one ECG as the model does, whose bias depends on the sentence.
        """
        model, vectors = self._told(sentences)
        return sentence_scores(model, signals, vectors, self._device)

    def _told(self, sentences: Sequence[str]) -> tuple[EcgTextModel, Tensor]:
        """The text model and raw vectors (m, D) of sentences."""
        model = self.model
        if not isinstance(model, EcgTextModel):
            raise UsageError("this model is a supervised classifier: it has no text side. Train a text preset such as truth-small.")
        if self._text_encoder is None:
            # no cache on disk: what people search for may name a patient
            encoder = create_text_encoder(self._pretrained.config.text, self.vocabulary)
            if encoder.fingerprint != model.text_fingerprint:
                raise DataError("the installed text encoder is not the one that the model was trained with (other weights).")
            self._text_encoder = encoder
        return model, torch.from_numpy(self._text_encoder.encode(list(sentences))).to(self._device)

    def _batches(self, ecgs: Sequence[Recording | str | Path]) -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(ecgs), BATCH):
            yield np.stack([self.prepare(ecg) for ecg in ecgs[start : start + BATCH]])
