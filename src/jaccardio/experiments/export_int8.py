"""`export_int8`: a trained model as an ONNX file with its encoder in int8, and what that costs on the run's validation part."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.findings.labels import UNKNOWN
from jaccardio.measurement.evidence import evidence_inputs
from jaccardio.prediction.export_onnx import export_onnx
from jaccardio.prediction.predictor import BATCH, Predictor
from jaccardio.prediction.scoring_graph import ScoringGraph
from jaccardio.training.run_folder import RunFolder
from jaccardio.training.selection import macro_ranking

EXAMPLES = 64
"""Training ECGs in which maps are given their ranges."""


@dataclass(frozen=True)
class Int8Cost:
    """What int8 changes.

    Attributes
    ----------
    macro_auroc, macro_auroc_int8
        Of the validation part's first windows, shorter ECGs left out, in float32 and in int8; None where no finding has both kinds of
        ECGs.
    largest_difference
        Of a score, as `export_onnx` saw it.
    """

    macro_auroc: float | None
    macro_auroc_int8: float | None
    largest_difference: float


def export_int8(run: RunFolder, predictor: Predictor, store: Store, out: Path) -> Int8Cost:
    """Writes the file by the ranges of training ECGs and scores the validation part with it.

    Parameters
    ----------
    predictor
        The run's, on the CPU.
    store
        The one that the run was trained on.

    Raises
    ------
    DataError
        It is another store, or holds only short ECGs; else as `export_onnx`.
    """
    if run.store_fingerprint != store.fingerprint:
        raise DataError(f"{store.path}: not the store that {run.path} was trained on. Name its own.")
    training, validation = (_filled(store, store.rows_of(run.split.parts[name])) for name in ("train", "validation"))
    if not len(training) or not len(validation):
        raise DataError(f"{store.path}: no ECG of the run's training or validation part fills a window. Export in float32.")
    difference = export_onnx(predictor, out, _inputs(predictor, store, training[:EXAMPLES]))
    session: Any = importlib.import_module("onnxruntime").InferenceSession(out, providers=["CPUExecutionProvider"])
    graph, found = ScoringGraph(predictor).eval(), list[tuple[NDArray[np.float32], NDArray[np.float32]]]()
    for start in range(0, len(validation), BATCH):
        inputs = _inputs(predictor, store, validation[start : start + BATCH])
        with torch.inference_mode():
            scores = graph(*map(torch.from_numpy, inputs.values())).numpy()
        found.append((scores, session.run(["scores"], inputs)[0]))
    columns = [store.vocabulary.index(code) for code in predictor.vocabulary.codes]
    labels = store.labels[validation][:, columns]
    exact, small = (
        macro_ranking(np.where(np.isnan(scores), UNKNOWN, labels), scores)[0] for scores in map(np.concatenate, zip(*found, strict=True))
    )
    return Int8Cost(exact, small, difference)


def _filled(store: Store, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of some rows those that were recorded throughout the first window: the file takes what follows for recorded."""
    return np.asarray(rows[store.recorded[rows] == store.contract.samples], dtype=np.int64)


def _inputs(predictor: Predictor, store: Store, rows: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    """Of the file, for the first windows of some rows."""
    inputs = {"signal": store.signals(rows)}
    return inputs | ({"measured": evidence_inputs(store.measurements[rows], predictor.defined)} if predictor.measures else {})
