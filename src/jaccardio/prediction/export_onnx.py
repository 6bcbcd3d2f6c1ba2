"""`export_onnx`: a trained model as one ONNX file that is scored without torch; without jaccardio too, where nothing need be measured."""

import contextlib
import importlib.util
import io
import json
import logging
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import DataError, MissingError, UsageError
from jaccardio.files import write_atomic
from jaccardio.measurement.evidence import evidence_fingerprint, evidence_inputs
from jaccardio.measurement.measure import MEASUREMENTS, measure_recording
from jaccardio.prediction.int8 import in_int8
from jaccardio.prediction.onnx_predictor import SUFFIX, seal_onnx
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.scoring_graph import ScoringGraph
from jaccardio.recording.leads import INDEPENDENT_LEADS, LEADS
from jaccardio.recording.recording import Recording

TOLERANCE = 1e-5
TRIED = ((1, 10.0), (3, 4.2), (2, 23.0))
"""ECGs and seconds that the file is tried with. It is made with two ECGs of one window: a size that was frozen is met by another one."""


def export_onnx(predictor: Predictor, out: Path, examples: Mapping[str, NDArray[np.float32]] | None = None) -> float:
    """Writes a model as ONNX and tries the file in onnxruntime at three numbers and lengths of ECGs before it takes its name.

    ``signal`` (n, 12, samples) float32 to ``scores`` (n, findings) float32, as `ScoringGraph` has them; both n and samples are dynamic. A
    model with `Evidence` also takes ``measured``, the `evidence_inputs` of the recordings, NaN throughout where nothing was measured.
    What the numbers mean stands in the file's metadata: findings, thresholds, language, rate, leads, what it is not for.

    Parameters
    ----------
    predictor
        On the CPU.
    examples
        Inputs of some ECGs by name: the file computes the encoder in int8 over the ranges that they have there (`in_int8`), and is refused
        only where it gives a number and the `Predictor` does not, or the other way round.

    Returns
    -------
    The largest difference between onnxruntime and the `Predictor` that was seen.

    Raises
    ------
    MissingError
        Extra ``onnx`` is not installed, or the disk is full.
    UsageError
        `out` is a folder or has another suffix, or torch cannot export this encoder.
    DataError
        onnxruntime and the `Predictor` differ, in float32 by more than 1e-5.
    """
    if out.suffix != SUFFIX or out.is_dir():
        raise UsageError(f"{out}: name a file that ends in .onnx.")
    for module in ("onnx", "onnxscript", "onnxruntime"):
        if importlib.util.find_spec(module) is None:
            raise MissingError(f"ONNX files are written with {module}, which is not installed: pip install 'jaccardio[onnx]'")
    graph = _graph_bytes(predictor)
    data = seal_onnx(graph if examples is None else in_int8(graph, examples))
    difference = _largest_difference(data, predictor)
    if not difference <= (TOLERANCE if examples is None else 1.0):
        raise DataError(f"{out}: onnxruntime and the predictor differ by {difference:.1e}; nothing was written. Please report it.")
    write_atomic(out, data)
    return difference


def _graph_bytes(predictor: Predictor) -> bytes:
    dynamic = torch.export.Dim.DYNAMIC  # a named dimension would be frozen where torch believes that it has to be
    example = {"signal": torch.zeros(3, len(LEADS), 5 * predictor.contract.samples // 2)}  # no size of 1 anywhere, which would be frozen
    shapes = {"signal": {0: dynamic, 2: dynamic}}
    if predictor.measures:
        example["measured"] = torch.from_numpy(evidence_inputs(np.zeros((3, len(MEASUREMENTS)), np.float32), predictor.defined))
        shapes["measured"] = {0: dynamic}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # torch's own, about its own parts
        try:
            program: Any = torch.onnx.export(
                ScoringGraph(predictor).eval(),
                tuple(example.values()),
                input_names=list(example),
                output_names=["scores"],
                dynamic_shapes=tuple(shapes.values()),
                dynamo=True,
                verbose=False,
            )
        except torch.onnx.OnnxExporterError as error:
            raise UsageError(f"this torch cannot export encoder {predictor.config.encoder} for ECGs of any length.") from error
    program.model.metadata_props.update(_metadata(predictor))
    model = program.model_proto
    _forget_source(model.graph)
    for function in model.functions:
        _forget_source(function)
    data: bytes = model.SerializeToString()
    return data


def _forget_source(graph: Any) -> None:
    """Removes what torch notes of each operation: the lines of code and the paths that they stand in on this machine."""
    for part in (graph, *graph.node, *graph.value_info, *getattr(graph, "initializer", ())):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                if inner.node:
                    _forget_source(inner)


def _metadata(predictor: Predictor) -> dict[str, str]:
    document = {
        "findings": list(predictor.vocabulary.codes),
        "names": [finding.name for finding in predictor.vocabulary.findings],
        "thresholds": predictor.thresholds.to_dict(),
        "calibration": predictor.calibration.to_dict(),
        "leads": list(LEADS),
        "sampling_rate": predictor.contract.sampling_rate,
        "contract": predictor.contract.to_dict(),
        "vocabulary": predictor.vocabulary.to_dict(),
        "partial_leads": predictor.partial_leads,
        "evidence": {"defined": predictor.defined, "sha256": evidence_fingerprint(predictor.defined)} if predictor.measures else None,
    }
    words = {"disclaimer": DISCLAIMER, "language": predictor.language, "unit": "mV", "jaccardio": version("jaccardio")}
    return {key: json.dumps(value) for key, value in document.items()} | words


def _largest_difference(data: bytes, predictor: Predictor) -> float:
    """Between onnxruntime and the predictor; infinite where only one gives a number, or a size is frozen. The first ECG lacks a lead."""
    session = importlib.import_module("onnxruntime").InferenceSession(data, providers=["CPUExecutionProvider"])
    largest = 0.0
    for number, seconds in TRIED:
        ecgs = [_ecg(seed, seconds, predictor.contract.sampling_rate) for seed in range(number)]
        scores = [[one.score for one in row] for row in predictor.predict(ecgs)]
        wanted = np.array(scores, np.float64)
        try:
            inputs = {"signal": np.stack([ecg.signal for ecg in ecgs])}
            if predictor.measures:
                inputs["measured"] = evidence_inputs(np.stack([measure_recording(ecg) for ecg in ecgs]), predictor.defined)
            found = session.run(["scores"], inputs)[0]
        except Exception:  # onnxruntime's own errors have no common class
            return float("inf")
        if found.shape != wanted.shape or (np.isnan(found) != np.isnan(wanted)).any():
            return float("inf")
        largest = max(largest, float(np.nanmax(np.abs(found - wanted), initial=0.0)))
    return largest


def _ecg(seed: int, seconds: float, rate: float) -> Recording:
    """Beats in noise, whose limb leads agree; the one of seed 0 lacks V6 and has no beats, so that nothing of it is measured."""
    leads = [lead for lead in INDEPENDENT_LEADS if seed or lead != "V6"]
    random, time = np.random.default_rng(seed), np.arange(round(seconds * rate)) / rate
    heights = random.normal(0, 1, (len(leads), 1)) * bool(seed)  # mV
    beats = heights * np.exp(-(((time % 0.8 - 0.4) / 0.02) ** 2))
    return Recording.from_array(random.normal(0, 0.05, (len(leads), len(time))) + beats, rate, leads=leads)
