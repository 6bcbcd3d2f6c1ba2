import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import onnx
import pytest
import torch

from jaccardio.errors import MissingError, UsageError
from jaccardio.evaluation.estimate import NAN, Estimate
from jaccardio.experiments import bench
from jaccardio.experiments.benches import figure, inference, loss, paths, rivals, steps
from jaccardio.experiments.benches import threads as bench_threads
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.encoder import EcgEncoder
from jaccardio.paper import demo
from jaccardio.paper.runs import DEMO
from jaccardio.paper.scales import SCALES, Scale
from jaccardio.prediction.predictor import Predictor
from jaccardio.progress import Progress, unwatched
from jaccardio.training.config import load_preset
from jaccardio.training.precision import trains_in_bfloat16
from jaccardio.training.run_folder import RunFolder
from tests.conftest import TINY, Hospitals


@pytest.mark.usefixtures("without_plots")
def test_the_demo_leaves_one_page_and_all_that_it_rests_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scale = replace(SCALES["demo"], texts=("random", "table"), schedules={"own": (*TINY, "training.epochs=2")}, replicates=20)
    monkeypatch.setitem(cast("dict[str, Scale]", SCALES), "demo", scale)
    said: list[str] = []
    watched: list[str] = []

    def watch(what: str) -> Progress:
        watched.append(what)
        return unwatched(what)

    report = demo.run_demo(tmp_path / "demo", None, 90, said.append, watch)
    page = report.page.read_text()
    assert [row[:2] for row in report.auroc] == [(preset, place) for preset in DEMO for place in ("home", "external hospital")]
    assert "Simulated ECGs" in page
    assert "0.0665" in page  # the paper's Table 1 stands beside ours
    assert "macro-AUROC" in page  # what the metrics say, in words
    assert "says nothing about patients" in page
    assert "A test ECG (" in page
    assert "external hospital: 30 ECGs of" in page
    assert watched[:3] == ["simulating", "ingesting into store", "ingesting into store-b"]
    assert len([what for what in watched if what.startswith("training ")]) == len(DEMO)
    for preset in DEMO:
        address = f"reports/{preset}-home/report.html"
        assert f'href="{address}"' in page
        assert (report.page.parent / address).is_file()
        metrics = json.loads((tmp_path / "demo" / "reports" / f"{preset}-external" / "metrics.json").read_text())
        assert metrics["n_records"] == 30
    assert any("simulated" in line for line in said)


def test_the_conclusion_follows_the_metrics() -> None:
    auroc = {
        ("one", "home"): Estimate(0.7, 0.65, 0.75),
        ("one", "external hospital"): Estimate(0.6, 0.5, 0.7),
        ("two", "home"): Estimate(0.9, 0.85, 0.95),
        ("two", "external hospital"): Estimate(0.91, 0.86, 0.96),
    }
    assert demo.conclusion(auroc, simulated=True) == [
        "At home two ranks findings best: macro-AUROC 0.900 [0.850, 0.950].",
        "The others: one 0.700 [0.650, 0.750]. Its interval lies above theirs.",
        "At the external hospital two has 0.910 [0.860, 0.960], 0.010 more than at home.",
        "All ECGs are simulated: this shows that the software works and says nothing about patients.",
    ]
    auroc["one", "home"] = Estimate(0.84, 0.8, 0.88)
    assert "Intervals overlap" in demo.conclusion(auroc, simulated=False)[1]
    undefined = dict.fromkeys(auroc, Estimate(NAN))
    assert demo.conclusion(undefined, simulated=False) == ["No macro-AUROC is defined: there are too few ECGs of each finding."]


def test_the_demo_never_empties_a_folder_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Exception, match="not made by the demo"):
        demo.run_demo(tmp_path, None, 90, lambda _: None)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_bench_measures_nothing_before_it_knows_what(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(UsageError, match="no such folder"):
        bench.run_bench(["paths"], tmp_path / "sotre", None, said.append)
    with pytest.raises(UsageError, match="unknown bench 'pahts'; available: all, paths"):
        bench.run_bench(["pahts"], None, None, said.append)
    assert said == []


def test_bench_measures_every_hot_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure, "SECONDS", 0.01)
    monkeypatch.setattr(paths, "SIMULATED", 20)
    monkeypatch.setattr(paths, "WIDTH", 4)
    monkeypatch.setattr(paths, "COPIED", 2**16)
    monkeypatch.setattr(steps, "MATRIX", 64)
    figures = {found.name: found for found in bench.run_bench(["paths"], None, None, lambda _: None)}
    assert {"simulated", "ingest", "ingest_two_processes", "crops", "training", "training_bf16", "scoring"} <= figures.keys()
    assert all(found.value > 0 for found in figures.values())
    assert {name for name, found in figures.items() if found.limit_share} == {"crops", "training", "training_bf16", "scoring"}
    two = figures["ingest_two_processes"]
    assert two.baseline == figures["ingest"].value
    assert two.ratio == pytest.approx(two.value / two.baseline)


@pytest.mark.parametrize("compiler", [True, False])
def test_every_way_to_compute_a_step_stands_beside_the_usual_one(monkeypatch: pytest.MonkeyPatch, compiler: bool) -> None:
    def compiled(encoder: EcgEncoder, device: torch.device) -> EcgEncoder:
        if compiler:
            return encoder
        raise MissingError("no compiler")

    monkeypatch.setattr(figure, "SECONDS", 0.01)
    monkeypatch.setattr(steps, "BATCH", 2)
    monkeypatch.setattr(steps, "compiled_encoder", compiled)  # the real one takes a minute
    monkeypatch.setattr(steps, "matrix_peak", lambda kind: 100.0)
    monkeypatch.setattr(steps, "presets", lambda: ("jaccardio-small", "truth-small", "paper-small"))
    said: list[str] = []
    figures = {found.name: found for found in steps.bench_steps(said.append)}
    rates = {name.removeprefix("training_"): found for name, found in figures.items() if found.unit == "ECGs/s"}
    bfloat16 = {"bf16", "bf16_conv1d"} if trains_in_bfloat16("auto", torch.device("cpu")) else set()
    ways = {"fp32", "fp32_conv1d"} | bfloat16 | ({"compiled"} if compiler else set())
    assert rates.keys() == {
        f"{preset}_{way}" for preset in ("jaccardio-small", "truth-small") for way in ways
    }  # the third has an encoder of before
    assert ("no compiler" in said) != compiler
    for name, found in rates.items():
        usual = rates[f"{name.split('_')[0]}_fp32"]
        assert found.baseline == (None if found is usual else usual.value)
        work = figures[f"training_gflop_{name.split('_')[0]}"].value
        assert found.limit_share == pytest.approx(found.value * work / 100)


def test_flops_are_those_counted_by_hand() -> None:
    """Stem 12 x 64 x 7 at 1,875 steps; a block of two convolutions is 2 x 64 x 64 x 3 at 938, and so on with halved steps."""
    config = load_preset("paper").model.model_copy(update={"encoder": "resnet18", "width": 64, "stem_stride": 4})
    macs, length = 12 * 64 * 7 * 1875, 938
    for stage, width in enumerate((64, 128, 256, 512)):
        before, length = (width, length) if stage == 0 else (width // 2, -(-length // 2))
        macs += length * 3 * (before * width + 3 * width * width) + (length * before * width if stage else 0)
    pure = EcgEncoder(config.model_copy(update={"squeeze_excitation": False, "pooling": "mean"}))
    assert steps.forward_flops(pure, 3750) == 2 * macs


def test_the_peak_of_a_core_is_that_of_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "matrix_peak", lambda kind, clock: float(torch.get_num_threads()))
    monkeypatch.setattr(torch, "get_num_threads", iter([3, 1]).__next__)
    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    assert steps.core_peak() == 1
    assert asked == [1, 3]


def test_training_is_measured_beside_what_a_user_would_do_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, setting, value in ((figure, "SECONDS", 0.01), (rivals, "SIMULATED", 16), (rivals, "BATCH", 4), (rivals, "STEPS", 3)):
        monkeypatch.setattr(module, setting, value)
    monkeypatch.setattr(rivals, "matrix_peak", lambda kind: 100.0)
    for size in ("LAYERS", "WIDTH", "HEADS", "HIDDEN"):
        monkeypatch.setattr(rivals, size, 2)
    figures = {found.name: found for found in rivals.bench_rivals(lambda _: None)}
    short, padded = (figures[f"training_text_cached_over_{tokens}_tokens_a_step"] for tokens in (32, 256))
    assert short.value == padded.value
    assert short.baseline != padded.baseline
    config = load_preset(rivals.PRESET)
    work = steps.BACKWARD * steps.forward_flops(EcgEncoder(config.model), 750) / 1e9
    assert short.limit_share == padded.limit_share == pytest.approx(short.value * work / 100)
    assert figures["waiting_share_store"].limit_share is None
    assert 0 < figures["waiting_share_store"].baseline < 1


def test_waiting_is_counted_from_the_second_batch_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 11.0, 11.0, 14.0, 14.0, 16.0, 16.0, 17.0, 17.0])  # waits of 1 and 2 s, steps of 3 and 1 s
    monkeypatch.setattr(rivals.time, "perf_counter", lambda: next(clock))
    done: list[int] = []
    assert rivals.waiting_share([torch.zeros(1)] * 3, done.append) == pytest.approx(3 / 7)
    assert done == [0, 1]


def test_the_loss_is_measured_beside_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss, "_apart", lambda function, *arguments: function(*arguments))
    monkeypatch.setattr(loss, "PAIRS_MEASURED", 0)
    monkeypatch.setattr(loss, "BATCHES", (64, 300))
    monkeypatch.setattr(loss, "CHUNKED_FROM", 300)
    monkeypatch.setattr(loss, "core_peak", lambda: 50.0)
    figures = {found.name: found for found in loss.bench_loss(lambda _: None)}
    assert figures["loss_time_64"].baseline is not None
    assert figures["loss_time_300"].baseline is None
    assert figures["loss_time_300_jaccard"].baseline == figures["loss_time_300"].value
    for name in ("loss_time_64", "loss_time_64_jaccard", "loss_time_300", "loss_time_300_jaccard"):
        batch = int(name.split("_")[2])  # three products of (batch, 256) and (256, batch), at 50 GFLOP/s
        assert figures[name].limit_share == pytest.approx(3 * 2 * batch * batch * 256 / 50e9 / figures[name].value)
    assert all(found.limit_share is None for name, found in figures.items() if "memory" in name)


def test_threads_are_measured_beside_fixed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure, "SECONDS", 0.01)
    monkeypatch.setattr(bench_threads, "WIDTH", 4)
    monkeypatch.setattr(bench_threads, "BATCH", 2)
    found = {one.name: one for one in bench_threads.bench_threads(lambda _: None)}
    fixed = [one.value for name, one in found.items() if name.endswith("_threads_one_core_busy") and "chosen" not in name]
    assert found["training_chosen_threads_one_core_busy"].baseline == max(fixed)


def _write_small_graph(predictor: Predictor, out: Path) -> float:
    """What `export_onnx` writes, but for the network: one convolution, and its mean over time."""
    findings, draw = len(predictor.vocabulary), np.random.default_rng(0)
    weight = onnx.numpy_helper.from_array(draw.normal(size=(findings, 12, 7)).astype(np.float32), "weight")
    names = [("Conv", ["signal", "weight"], "maps"), ("GlobalAveragePool", ["maps"], "mean"), ("Flatten", ["mean"], "flat")]
    nodes = [onnx.helper.make_node(kind, takes, [gives]) for kind, takes, gives in [*names, ("Sigmoid", ["flat"], "scores")]]
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("signal", ["n", 12, "samples"]), ("scores", ["n", findings]))
    ]
    graph = onnx.helper.make_graph(nodes, "small", ends[:1], ends[1:], [weight])
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10), out)
    return 0.0


def test_every_way_of_scoring_stands_beside_the_trained_network(
    monkeypatch: pytest.MonkeyPatch, trained: Path, hospitals: Hospitals
) -> None:
    monkeypatch.setattr(inference, "ROUNDS", 1)
    monkeypatch.setattr(inference, "CALIBRATED_WITH", 2)
    monkeypatch.setattr(inference, "export_onnx", _write_small_graph)  # the real one takes long, and is tested where it is written
    monkeypatch.setattr(inference, "core_peak", lambda: 50.0)
    figures = bench.run_bench(["inference"], hospitals.home, trained, lambda _: None)
    found = {one.name: one for one in figures}
    ways = ("folded", "onnx", "onnx_int8")
    for name in ("latency_1x12x1000", "scoring_64x12x1000", "macro_auroc"):
        assert all(found[f"{name}_{way}"].baseline == found[f"{name}_eager"].value > 0 for way in ways)
    model = RunFolder.open(trained).pretrained().model
    assert isinstance(model, EcgModel)
    whole, half = (steps.forward_flops(model.encoder, samples) for samples in (1000, 500))
    work = sum({1: whole, 2: 2 * half}[parts] for parts in model.score_parts)
    for way in inference.FLOAT32:
        assert found[f"latency_1x12x1000_{way}"].limit_share == pytest.approx(work / 50e9 / found[f"latency_1x12x1000_{way}"].value)
        assert found[f"scoring_64x12x1000_{way}"].limit_share == pytest.approx(work / 50e9 * found[f"scoring_64x12x1000_{way}"].value)
    assert found["latency_1x12x1000_onnx_int8"].limit_share is None
    assert found["macro_auroc_folded"].value == pytest.approx(found["macro_auroc_eager"].value, abs=1e-6)
    exact, small = found["macro_auroc_onnx"].value, found["macro_auroc_onnx_int8"].value
    assert small == pytest.approx(exact, abs=0.05)
    assert exact != found["macro_auroc_eager"].value
