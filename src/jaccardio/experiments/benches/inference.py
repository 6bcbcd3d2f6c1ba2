"""Ways to score ECGs with one model: time of one ECG, ECGs per second in batches, and what each way costs in AUROC.

All take millivolt and give scores of findings: the network as it was trained; with batch norms folded, which `predict` computes; that in
bfloat16 where the CPU computes in it; and the file of `jaccardio export` in onnxruntime, in float32 and with its encoder in int8. All have
one thread and are timed by turns, the least of some, in seconds of CPU: those of the clock, but for other work on the machine.
"""

import importlib
import importlib.util
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.evaluation.auroc import auroc
from jaccardio.evaluation.thresholds import POLICIES
from jaccardio.experiments.benches.figure import Figure, least_seconds
from jaccardio.experiments.benches.steps import core_peak, forward_flops
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.create import create_model, text_encoder_of
from jaccardio.models.ensemble import members_of
from jaccardio.models.folder import Pretrained
from jaccardio.prediction.export_onnx import export_onnx
from jaccardio.prediction.int8 import in_int8
from jaccardio.prediction.predictor import BATCH, Predictor
from jaccardio.prediction.scoring_graph import ScoringGraph
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import SignalContract
from jaccardio.training.config import load_preset
from jaccardio.training.precision import trains_in_bfloat16
from jaccardio.training.run_folder import RunFolder

PRESET = "jaccardio-small"
RATE = 500.0
ROUNDS = 10
CALIBRATED_WITH = 64
"""ECGs whose maps set the ranges of int8."""

FLOAT32 = ("eager", "folded", "onnx")
"""Ways whose limit is the matrix peak in float32."""

Score = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""ECGs (n, 12, samples) in millivolt to scores (n, findings)."""


def bench_inference(store: Store | None, run: Path | None, say: Callable[[str], None]) -> Iterator[Figure]:
    """Each way beside the network as it was trained; what measurements say of an ECG is left out, which costs all ways the same.

    Parameters
    ----------
    store
        With a run, the store that it was trained on: AUROC is that of the run's validation part. Without it there is none.
    run
        Run folder, whose rate decides the length of the ECGs; without it the network of a preset as it is drawn, at 500 Hz.

    Raises
    ------
    UsageError
        The store is at another rate than the run.
    """
    predictor, threads = _untrained() if run is None else Predictor.from_pretrained(run, "cpu"), torch.get_num_threads()
    samples, rows = predictor.contract.samples, None
    ecgs = np.random.default_rng(0).normal(0, 0.3, (CALIBRATED_WITH, len(LEADS), samples)).astype(np.float32)
    if run is not None and store is not None:
        if store.contract != predictor.contract:
            raise UsageError(f"{store.path}: the run was trained on ECGs of another rate or length; name its own store.")
        parts = RunFolder.open(run).split.parts
        ecgs, rows = store.signals(store.rows_of(parts["train"])[:CALIBRATED_WITH]), store.rows_of(parts["validation"])
    for member in (*members_of(predictor.pretrained.model), *members_of(predictor.model)):
        member.evidence = None
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            ways = dict(_ways(predictor, Path(folder), ecgs, say))
            say("matrix peak of one core, then timing them by turns")
            peak = core_peak()
            yield Figure("core_peak_fp32", peak, "GFLOP/s")
            pieces = ((member, parts) for member in members_of(predictor.pretrained.model) for parts in member.score_parts)
            fastest = peak * 1e9 / sum(parts * forward_flops(member.encoder, samples // parts) for member, parts in pieces)
            yield from _times(f"latency_1x12x{samples}", "s", ways, ecgs[:1], fastest)
            yield from _times(f"scoring_{BATCH}x12x{samples}", "ECGs/s", ways, ecgs[:BATCH], fastest)
            if store is not None and rows is not None:
                columns = [store.vocabulary.index(code) for code in predictor.vocabulary.codes]
                yield from _aurocs(ways, store.signals(rows), store.labels[rows][:, columns], say)
    finally:
        torch.set_num_threads(threads)


def _ways(predictor: Predictor, folder: Path, ecgs: NDArray[np.float32], say: Callable[[str], None]) -> Iterator[tuple[str, Score]]:
    folded, trained = ScoringGraph(predictor).eval(), ScoringGraph(predictor).eval()
    trained.model = predictor.pretrained.model

    def scores(graph: ScoringGraph, bfloat16: bool = False) -> Score:
        @torch.inference_mode()
        def score(signal: NDArray[np.float32]) -> NDArray[np.float32]:
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                found: NDArray[np.float32] = graph(torch.from_numpy(signal)).float().numpy()
            return found

        return score

    yield "eager", scores(trained)
    yield "folded", scores(folded)
    if trains_in_bfloat16("auto", torch.device("cpu")):
        yield "folded_bf16", scores(folded, bfloat16=True)
    if any(importlib.util.find_spec(module) is None for module in ("onnx", "onnxscript", "onnxruntime")):
        say("no onnxruntime here: pip install 'jaccardio[onnx]'")
        return
    say("exporting to ONNX and quantising")
    file = folder / "model.onnx"
    export_onnx(predictor, file)
    model = file.read_bytes()
    yield "onnx", _session(model)
    yield "onnx_int8", _session(in_int8(model, {"signal": ecgs}))


def _session(model: bytes) -> Score:
    onnxruntime: Any = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def score(signal: NDArray[np.float32]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = session.run(["scores"], {"signal": signal})[0]
        return found

    return score


def _times(name: str, unit: str, ways: Mapping[str, Score], signal: NDArray[np.float32], fastest: float) -> Iterator[Figure]:
    """`fastest`: ECGs/s at the peak in float32."""
    least = least_seconds({way: partial(score, signal) for way, score in ways.items()}, ROUNDS)
    values = {way: seconds if unit == "s" else len(signal) / seconds for way, seconds in least.items()}
    for way, value in values.items():
        share = len(signal) / least[way] / fastest if way in FLOAT32 else None
        yield Figure.beside(f"{name}_{way}", value, unit, None if way == "eager" else values["eager"], share)


def _aurocs(
    ways: Mapping[str, Score], signal: NDArray[np.float32], labels: NDArray[np.int8], say: Callable[[str], None]
) -> Iterator[Figure]:
    """Macro-AUROC over the findings that have both kinds of ECGs."""
    found: dict[str, float] = {}
    for way, score in ways.items():
        say(f"AUROC of {len(signal)} ECGs: {way}")
        scores = np.concatenate([score(signal[start : start + BATCH]) for start in range(0, len(signal), BATCH)])
        found[way] = float(np.nanmean([auroc(*column) for column in zip(labels.T, np.nan_to_num(scores, nan=0.5).T, strict=True)]))
        yield Figure.beside(f"macro_auroc_{way}", found[way], "", found["eager"])


def _untrained() -> Predictor:
    """The network of `PRESET`, one output a finding: its time needs no text."""
    vocabulary, model = Vocabulary.load("paper26"), load_preset(PRESET).model.model_copy(update={"kind": "classifier"})
    findings = len(vocabulary)
    platt = {"slope": [1.0] * findings, "intercept": [0.0] * findings, "own_fit": [False] * findings}
    thresholds = {policy: [0.5] * findings for policy in POLICIES}
    made = create_model(model, vocabulary=vocabulary, text_encoder=text_encoder_of(model, vocabulary))
    calibration = {"temperature": 1.0, "platt": platt}
    return Predictor(Pretrained(made.eval(), (model,), vocabulary, (), SignalContract(RATE), True, thresholds, calibration, ""), "cpu")
