"""`OnnxPredictor`: an exported model behind `predict`, in onnxruntime; it starts without torch and answers one ECG sooner."""

import hashlib
import importlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from jaccardio.errors import DataError, MissingError, UsageError
from jaccardio.evaluation.calibration import Calibration
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.evidence import evidence_fingerprint, evidence_inputs
from jaccardio.measurement.measure import measure_recording
from jaccardio.prediction.decisions import Decisions, FindingScore
from jaccardio.recording.preprocessing import SignalContract
from jaccardio.recording.recording import Recording

SUFFIX = ".onnx"
_SEAL = b"r\x4a\n\x06sha256\x12\x40"


def seal_onnx(data: bytes) -> bytes:
    """An ONNX file and behind it, as one more entry of its metadata, its SHA-256: parts of a protocol buffer may stand in any order."""
    return data + _SEAL + hashlib.sha256(data).hexdigest().encode()


class OnnxPredictor:
    """Predicts findings as `jaccardio.prediction.predictor.Predictor` does, from the one file that `jaccardio export --onnx` writes.

    Research software, not a medical device.

    Parameters
    ----------
    file
        Checked against the SHA-256 that it ends with.

    Attributes
    ----------
    vocabulary, thresholds, contract, decisions
        As of `Predictor`.

    Raises
    ------
    UsageError
        There is no such file.
    DataError
        It is damaged, or was not written by this version of jaccardio.
    MissingError
        onnxruntime is not installed.
    """

    def __init__(self, file: Path) -> None:
        if not file.is_file():
            raise UsageError(f"{file}: no such file.")
        sealed = file.read_bytes()
        length = len(_SEAL) + 2 * hashlib.sha256().digest_size
        if seal_onnx(sealed[:-length]) != sealed:
            raise DataError(f"{file}: damaged, or not written by this version of `jaccardio export`. Export the model again.")
        try:
            runtime = importlib.import_module("onnxruntime")
        except ImportError:
            raise MissingError("ONNX files are run with onnxruntime, which is not installed: pip install 'jaccardio[onnx]'") from None
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = runtime.InferenceSession(sealed, options, providers=["CPUExecutionProvider"])
        said = self._session.get_modelmeta().custom_metadata_map
        evidence, contract, vocabulary, partial_leads, thresholds, calibration = (
            json.loads(said[key]) for key in ("evidence", "contract", "vocabulary", "partial_leads", "thresholds", "calibration")
        )
        self._defined: tuple[str, ...] | None = None
        if evidence is not None:
            self._defined = tuple(evidence["defined"])
            if evidence["sha256"] != evidence_fingerprint(self._defined):
                raise DataError(f"{file}: made with measured statements or definitions of another version. Export the model again.")
        self.contract = SignalContract.from_dict(contract)
        self.vocabulary, self.thresholds = Vocabulary.from_dict(vocabulary), Thresholds.from_dict(thresholds)
        self.decisions = Decisions(self.vocabulary, partial_leads, self.thresholds, Calibration.from_dict(calibration))

    def predict(self, recordings: Iterable[Recording], policy: str = "global") -> list[list[FindingScore]]:
        """Scores and decisions for each recording, as `Predictor.predict`.

        Raises
        ------
        ReadError
            An ECG cannot be mended.
        UsageError
            Unknown policy.
        """
        predictions: list[list[FindingScore]] = []
        for recording in recordings:
            prepared = self.contract.apply(recording)
            signal = np.where(prepared.lead_mask[:, None], self.contract.resampled(recording), 0).astype(np.float32)
            inputs = {"signal": signal[np.newaxis]}
            if self._defined is not None:
                inputs["measured"] = evidence_inputs(measure_recording(recording)[np.newaxis], self._defined)
            scores = self._session.run(["scores"], inputs)[0].astype(np.float64)
            withheld = [bool(reason) for reason in self.decisions.withheld(prepared.lead_mask)]
            scores[:, withheld] = 0.5  # never shown; a recalibration takes no NaN
            predictions += self.decisions.of(scores, prepared.lead_mask[np.newaxis], policy)
        return predictions
