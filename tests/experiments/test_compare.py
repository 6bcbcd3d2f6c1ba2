"""The comparison on a simulated hospital, tiny: it goes on where it was, repeats nothing, and chooses on the validation part only."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, JaccardioError, UsageError
from jaccardio.evaluation.scored import Scored
from jaccardio.experiments import score_cache
from jaccardio.experiments.compare import Comparison, Protocol, Screened, _facts, _finalists, _reference, run_compare
from jaccardio.experiments.objectives import OBJECTIVES
from jaccardio.experiments.run_cache import RunCache
from jaccardio.training import loop, session
from tests.conftest import TINY, Hospitals

NAMES = "siglip,clip,unicl,classifier"
SETTINGS = (*TINY, "training.epochs=2", "training.batch_size=36")
"""Eight steps a run, and a checkpoint after each epoch."""
PROTOCOL = Protocol(seeds=2, finalists=3, trials=2, settings=SETTINGS, replicates=20, device="cpu")
CONTROL_RUNS = 2 * PROTOCOL.seeds


def _silent(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def store(hospitals: Hospitals) -> Store:
    return Store.open(hospitals.home)


@pytest.fixture(scope="module")
def compared(store: Store, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Comparison]:
    out = tmp_path_factory.mktemp("compare") / "out"
    return out, run_compare(store, NAMES, out, PROTOCOL, _silent)


@pytest.fixture
def trained_now(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the run folders that begin to be trained from here on."""
    names: list[str] = []
    train = loop.train

    def counting(store: Store, split: Any, config: Any, out: Path, **more: Any) -> dict[str, Any]:
        names.append(out.name)
        return train(store, split, config, out, **more)

    monkeypatch.setattr(loop, "train", counting)
    return names


def _document(out: Path, name: str) -> Any:
    return json.loads((out / name).read_text())


def _ranking(out: Path) -> Any:
    """The table of the ranking without the times that training took."""
    table = _document(out, "results.json")["tables"]["ranking"]
    return table | {"rows": [row for row in table["rows"] if row["metric"] != "training_minutes"]}


def _models(table: Any) -> dict[str, Any]:
    """Model -> row of macro AUROC."""
    return {row["model"]: row for row in table["rows"] if row["metric"] == "macro_auroc"}


def test_every_stage_leaves_its_file_and_every_metric_is_kept(compared: tuple[Path, Comparison]) -> None:
    out, done = compared
    screening, trials = (_document(out, f"{name}.json") for name in ("screening", "trials"))
    ranking = _ranking(out)
    assert {row["objective"] for row in screening["rows"]} == set(NAMES.split(","))
    figures = [row["validation_macro_auroc"] for row in screening["rows"]]
    assert figures == sorted(figures, reverse=True)
    finalists = {row["objective"] for row in screening["rows"] if row["finalist"]}
    assert {"siglip", "classifier"} < finalists
    assert len(finalists) == PROTOCOL.finalists
    best_other = next(row["objective"] for row in screening["rows"] if row["objective"] in ("clip", "unicl"))
    assert best_other in finalists
    assert [(trial["objective"], trial["number"]) for trial in trials] == [
        (row["objective"], number) for row in screening["rows"] if row["finalist"] for number in range(PROTOCOL.trials)
    ]
    for row in screening["rows"]:
        for trial in trials:
            if (trial["objective"], trial["number"]) == (row["objective"], 0):
                assert trial["validation_macro_auroc"] == row["validation_macro_auroc"]
    assert {one["reference"] for one in ranking["differences"]} == {"classifier"}
    seeds = {model: len(row["per_seed"]) for model, row in _models(ranking).items()}
    assert seeds == {**dict.fromkeys((*finalists, "random-encoder", "random-vectors"), 2), "always-normal": 1}
    page = done.page.read_text()
    assert all(f"{row['objective']} {row['validation_macro_auroc']:.4f}" in page for row in screening["rows"])


def test_the_best_trial_is_the_setting_that_is_tested(compared: tuple[Path, Comparison], store: Store) -> None:
    out, done = compared
    for name in _models(_ranking(out)):
        tried = [trial for trial in done.trials if trial.objective == name]
        if tried:
            best = max(tried, key=lambda trial: (trial.validation_macro_auroc or 0, -trial.number))
            assert done.table.notes[name].split("; ")[1:] == list(best.settings)
            config = OBJECTIVES[name].configure((f"data.sampling_rate={store.contract.sampling_rate}", *PROTOCOL.settings), best.settings)
            scored = {path.stem.rpartition("-")[0] for path in (out / "scores").glob(f"{name}-*.parquet")}
            assert len(scored) == PROTOCOL.seeds
            kept = [loop.RunFolder.open(out / "runs" / folder).config for folder in scored]
            assert sorted(run.training.seed for run in kept) == [0, 1]
            assert {run.training.learning_rate for run in kept} == {config.training.learning_rate}


def test_always_normal_looks_at_no_ecg(compared: tuple[Path, Comparison]) -> None:
    _, done = compared
    areas = [row.estimate.value for row in done.table.rows if row.model == "always-normal" and row.metric in ("auroc", "macro_auroc")]
    assert {area for area in areas if np.isfinite(area)} == {0.5}
    assert done.table.estimate("always-normal", "micro_recall", "global").value > 0  # "normal" is predicted for every ECG, and some are


def test_a_rerun_trains_nothing_and_looks_at_no_test_part(
    compared: tuple[Path, Comparison], store: Store, trained_now: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, _ = compared
    runs = {path: path.stat().st_mtime_ns for path in (out / "runs").glob("*/training.json")}
    tested = PROTOCOL.finalists * PROTOCOL.seeds + CONTROL_RUNS
    assert len(runs) >= tested + 1  # and the objective that is no finalist
    before = _ranking(out)
    monkeypatch.setattr(score_cache, "score_part", None)
    run_compare(store, NAMES, out, PROTOCOL, _silent)
    assert trained_now == []
    assert _ranking(out) == before
    assert {path: path.stat().st_mtime_ns for path in (out / "runs").glob("*/training.json")} == runs
    uses = [path.read_text().splitlines() for path in (out / "runs").glob("*/test_uses.jsonl")]
    assert [len(lines) for lines in uses] == [1] * tested


def test_an_interrupted_comparison_ends_with_the_same_ranking(
    compared: tuple[Path, Comparison], store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained_now: list[str]
) -> None:
    straight, _ = compared
    out, save, saved = tmp_path / "out", session.save_checkpoint, 0

    def interrupt(*arguments: Any) -> None:
        nonlocal saved
        save(*arguments)
        saved += 1
        if saved in (5, 12):  # after the first epoch of a run in screening, and at the end of one in tuning
            raise KeyboardInterrupt

    monkeypatch.setattr(session, "save_checkpoint", interrupt)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run_compare(store, NAMES, out, PROTOCOL, _silent)
    assert not (out / "results.json").exists()
    run_compare(store, NAMES, out, PROTOCOL, _silent)
    assert len(trained_now) == len(set(trained_now))  # what was interrupted was resumed, not begun again
    assert _ranking(out) == _ranking(straight)
    assert _document(out, "trials.json") == _document(straight, "trials.json")


def test_the_labels_of_the_test_part_change_no_choice(compared: tuple[Path, Comparison], store: Store, tmp_path: Path) -> None:
    straight, _ = compared
    split = load_split(store)
    assert split is not None
    rows = store.rows_of(split.parts["test"])
    shuffled = store.labels.copy()
    shuffled[rows] = shuffled[np.random.default_rng(0).permutation(rows)]
    other = Store(store.path, store.manifest, store.contract, store.vocabulary, store.records, shuffled)
    run_compare(other, NAMES, tmp_path / "out", PROTOCOL, _silent)
    for name in ("screening.json", "trials.json"):
        assert _document(tmp_path / "out", name) == _document(straight, name)
    runs, before = (sorted(path.name for path in (out / "runs").iterdir()) for out in (tmp_path / "out", straight))
    assert runs == before
    scores, old = (pd.read_parquet(next((out / "scores").glob("siglip-*"))) for out in (tmp_path / "out", straight))
    assert scores.equals(old)
    assert _ranking(tmp_path / "out") != _ranking(straight)


def test_one_more_objective_trains_that_one_alone(
    compared: tuple[Path, Comparison], store: Store, tmp_path: Path, trained_now: list[str]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(compared[0], out)
    run_compare(store, f"{NAMES},paper", out, replace(PROTOCOL, finalists=4), _silent)
    assert trained_now
    assert {name.rpartition("-")[0] for name in trained_now} == {"paper"}


def test_a_failed_run_is_named_and_stops_nothing(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = loop.train

    def failing(store: Store, split: Any, config: Any, out: Path, **more: Any) -> dict[str, Any]:
        if config.objective.loss == "softmax":
            raise JaccardioError("the loss is not finite.")
        if config.training.frozen_encoder:
            raise RuntimeError("out of memory, with something that must not be said")
        return train(store, split, config, out, **more)

    monkeypatch.setattr(loop, "train", failing)
    done = run_compare(store, "siglip,clip", tmp_path / "out", replace(PROTOCOL, seeds=1, trials=1), _silent)
    assert {name.rpartition("-")[0]: reason for name, reason in done.failures.items()} == {
        "clip": "the loss is not finite.",
        "random-encoder": "internal error: RuntimeError",
    }
    assert {row.model for row in done.table.rows} == {"siglip", "random-vectors", "always-normal"}
    assert {one.reference for one in done.table.differences} == {"siglip"}
    assert "these runs are missing: clip-" in done.page.read_text()
    with pytest.raises(DataError, match="no objective could be trained and validated: the loss is not finite"):
        run_compare(store, "clip", tmp_path / "none", replace(PROTOCOL, seeds=1, trials=1), _silent)


def test_runs_side_by_side_are_their_own_processes(store: Store, tmp_path: Path) -> None:
    split = load_split(store)
    assert split is not None
    cache = RunCache(tmp_path, store, split, jobs=2, device="cpu", say=_silent)
    good = OBJECTIVES["siglip"].configure(PROTOCOL.settings)
    bad = OBJECTIVES["siglip"].configure((*PROTOCOL.settings, "data.sampling_rate=500.0"))
    done, failed = cache.side_by_side(lambda config: cache.train("siglip", config), [good, bad])
    assert done is not None
    assert done.complete
    assert json.loads((done.path / "environment.json").read_text())["threads"] == 1
    assert failed is None
    assert len(cache.failures) == 1
    assert "--fs 500" in next(iter(cache.failures.values()))


def test_the_page_says_what_is_not_the_same_for_all(store: Store) -> None:
    """Objectives on captions set the scale themselves, and training times of runs side by side are not those of single runs."""
    assert OBJECTIVES["siglip"].configure(("model.initial_scale=30",)).model.initial_scale != 30
    alone = _facts(store, Protocol(settings=("model.initial_scale=30",)), (), {}, {})
    assert alone["Footing"].endswith("model.initial_scale=30; then what an objective sets itself")
    assert "Training time" not in alone
    assert "2 runs side by side" in _facts(store, Protocol(jobs=2), (), {}, {})["Training time"]


def test_an_interruption_ends_the_processes_under_way(store: Store, tmp_path: Path) -> None:
    split = load_split(store)
    assert split is not None
    cache = RunCache(tmp_path, store, split, jobs=2, device="cpu", say=_silent)
    long = OBJECTIVES["siglip"].configure((*PROTOCOL.settings, "training.epochs=100000"))

    def work(name: str) -> None:
        if name == "interrupted":
            while not cache._children:
                pass
            raise KeyboardInterrupt
        cache.train(name, long)

    with pytest.raises(KeyboardInterrupt):
        cache.side_by_side(work, ["long", "interrupted"])
    assert cache.failures == {}
    assert not list(tmp_path.glob("*/training.json"))


def test_a_folder_of_another_store_is_refused(compared: tuple[Path, Comparison], hospitals: Hospitals, store: Store) -> None:
    other = Store.open(hospitals.away)
    split = load_split(store)
    assert split is not None
    with pytest.raises(DataError, match=r"another store or split\. Use a new --out"):
        RunCache(compared[0] / "runs", other, split, jobs=1, device="cpu", say=_silent)


@pytest.mark.parametrize("setting", ["method=clip", "objective.loss=softmax", "training.seed=3", "model.kind=classifier", "nonsense.key=1"])
def test_settings_that_would_break_the_comparison_are_refused_before_training(store: Store, tmp_path: Path, setting: str) -> None:
    with pytest.raises(UsageError):
        run_compare(store, "siglip", tmp_path / "out", replace(PROTOCOL, settings=(setting,)), _silent)
    assert not (tmp_path / "out").exists()


def test_the_fixed_objectives_are_finalists_whatever_their_metric() -> None:
    figures = {"clip": 0.9, "unicl": 0.8, "siglip-exact": None, "classifier": 0.7, "siglip": 0.6, "truth": None}
    screening = [Screened(OBJECTIVES[name], figure) for name, figure in figures.items()]
    assert [entry.name for entry in _finalists(screening, 3)] == ["clip", "classifier", "siglip"]
    assert [entry.name for entry in _finalists(screening, 1)] == ["classifier", "siglip"]
    assert [entry.name for entry in _finalists(screening, 9)] == ["clip", "unicl", "classifier", "siglip"]


def test_the_reference_is_the_classifier_or_else_the_first(compared: tuple[Path, Comparison]) -> None:
    one = Scored("siglip", (), ())
    assert _reference([one, replace(one, name="classifier")]) == "classifier"
    assert _reference([one, replace(one, name="truth")]) == "siglip"
