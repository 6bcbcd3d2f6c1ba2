"""Training that diverges ends with a data error, in whichever step it happens, and leaves nothing that is not finite."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch.utils._python_dispatch import TorchDispatchMode

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, DivergenceError, UsageError
from jaccardio.evaluation.auroc import auroc, average_precision
from jaccardio.evaluation.calibration import fit_calibration
from jaccardio.evaluation.thresholds import fit_thresholds
from jaccardio.training import batch_loss, loop, session
from jaccardio.training.checkpoint import load_checkpoint, save_checkpoint
from jaccardio.training.config import load_preset
from jaccardio.training.run_folder import RunFolder
from jaccardio.training.selection import macro_ranking
from tests.conftest import TINY


@pytest.mark.parametrize("preset", ["truth-small", "classifier-small"])
@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("rate", ["1e6", "1e12"])
def test_a_learning_rate_far_too_high_is_said_whatever_the_step(
    store: Store, split: Split, tmp_path: Path, preset: str, steps: int, rate: str
) -> None:
    config = load_preset(preset, (*TINY, f"training.steps={steps}", f"training.learning_rate={rate}", "training.warmup=0"))
    said = ""
    try:
        loop.train(store, split, config, tmp_path / "run", device="cpu")
    except DivergenceError as error:
        said = str(error)
    run = RunFolder(tmp_path / "run")
    assert run.model.exists() == run.complete == (not said)
    assert not said or "lower training.learning_rate" in said
    assert all(
        tensor.isfinite().all()
        for path in (tmp_path / "run").rglob("*.safetensors")
        for tensor in load_file(path).values()
        if tensor.is_floating_point()
    )


def test_a_run_that_is_seldom_looked_at_says_the_step_that_went_wrong_and_keeps_nothing_of_it(
    store: Store, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss, steps = batch_loss.BatchLoss.__call__, 0

    def spoilt_in_step_12(*arguments: Any) -> tuple[torch.Tensor, dict[str, float]]:
        nonlocal steps
        steps += 1
        found, seen = loss(*arguments)
        return found * (math.nan if steps == 12 else 1), seen

    monkeypatch.setattr(batch_loss.BatchLoss, "__call__", spoilt_in_step_12)
    monkeypatch.setitem(session.LOOK_EVERY, "cpu", session.LOG_EVERY)
    said: list[str] = []
    with pytest.raises(DivergenceError, match=r"not finite in step 12\. .*step-00000009.*stays"):
        loop.train(
            store,
            split,
            load_preset("truth-small", TINY),
            tmp_path / "run",
            device="cpu",
            progress=lambda _, __, text="": said.append(text.split(",")[0]),
        )
    assert steps == 18  # the end of the second epoch, before it is validated
    assert [path.name for path in sorted((tmp_path / "run" / "checkpoints").glob("step-*.json"))] == ["step-00000009.json"]
    assert len(said) == 17
    assert len(set(said)) == 2  # seen in the first step and at the end of the first epoch


class _Looks(TorchDispatchMode):
    """Counts what makes a GPU be waited for: one number asked for, or a shape that depends on numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default):
            self.seen.append(str(func))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("preset", ["jaccardio-small", "paper-small"])
def test_a_step_that_is_not_looked_at_asks_for_no_number(store: Store, split: Split, monkeypatch: pytest.MonkeyPatch, preset: str) -> None:
    monkeypatch.setattr(batch_loss, "PAIRS_AT_ONCE", 1)  # the loss in chunks, as on a GPU
    training = session.Session(store, split, load_preset(preset, TINY), torch.device("cpu"))
    for looked, asked in ((False, 0), (True, 3)):  # whether all was finite, the loss, the norm
        step = next(training.feed.prefetched(1, 2))
        with _Looks() as looks:
            metrics = training._step(*step, looked=looked)
        assert len(looks.seen) == asked
        assert bool(metrics) == looked


def test_validation_notices_what_no_step_did_and_the_last_good_checkpoint_stays(
    store: Store, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score, validated = session.finding_scores, 0

    def spoilt_from_the_second_on(*arguments: object) -> NDArray[np.float64]:
        nonlocal validated
        validated += 1
        scores = score(*arguments)  # type: ignore[arg-type]
        if validated > 1:
            scores[3, 0] = math.nan
        return scores

    monkeypatch.setattr(session, "finding_scores", spoilt_from_the_second_on)
    with pytest.raises(DivergenceError, match=r"1 of \d+ validation scores are not finite.*step-00000009.*stays.*new folder") as raised:
        loop.train(store, split, load_preset("truth-small", TINY), tmp_path / "run", device="cpu")
    assert raised.value.exit_code == 3
    run = RunFolder.open(tmp_path / "run")
    loaded = load_checkpoint(run.checkpoints, run.manifest.sha256)
    assert loaded is not None
    assert (loaded[1]["step"], loaded[1]["best"]["epoch"]) == (9, 1)
    assert [path.name for path in run.checkpoints.glob("best-*")] == [loaded[1]["best"]["file"]]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_no_checkpoint_holds_what_is_not_finite(tmp_path: Path, bad: float) -> None:
    with pytest.raises(DivergenceError, match=r"the first is model\.running_var"):
        save_checkpoint(tmp_path, 1, {"model.weight": torch.zeros(2), "model.running_var": torch.tensor([1.0, bad])}, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scores_that_are_no_numbers_have_no_metrics(bad: float) -> None:
    labels, scores = np.array([[1], [0], [1], [0], [-1]], np.int8), np.array([[0.9], [0.1], [0.8], [0.2], [0.5]])
    unknown = scores.copy()
    unknown[4] = bad
    assert auroc(labels[:, 0], unknown[:, 0]) == 1.0  # nobody asks for it
    scores[0] = bad
    for judge in (auroc, average_precision):
        with pytest.raises(DataError, match="1 of 4 scores are not finite"):
            judge(labels[:, 0], scores[:, 0])
    for fit in (fit_thresholds, fit_calibration, macro_ranking):
        with pytest.raises(DataError, match="not finite"):
            fit(labels, scores)


def test_nonsense_is_refused_and_a_warm_up_beyond_the_run_is_said(
    store: Store, split: Split, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UsageError, match=r"score_parts: parts of 31 samples, encoders need 32"):
        loop.train(store, split, load_preset("truth-small", (*TINY, "model.score_parts=[1,32]")), tmp_path / "run", device="cpu")
    assert not (tmp_path / "run").exists()
    config = load_preset("truth-small", (*TINY, "training.steps=2", "training.warmup=100"))
    loop.train(store, split, config, tmp_path / "run", device="cpu")
    assert "warm-up of 100 steps, but the run has 2" in caplog.text
