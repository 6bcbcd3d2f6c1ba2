import json
from pathlib import Path

import pytest

from jaccardio.experiments import bench, demo
from tests.conftest import TINY


def test_the_demo_leaves_one_page_and_all_that_it_rests_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SETTINGS", (*TINY, "training.epochs=2"))
    monkeypatch.setattr(demo, "REPLICATES", 20)
    said: list[str] = []
    report = demo.run_demo(tmp_path / "demo", None, 90, said.append)
    page = report.page.read_text()
    assert [figure[:2] for figure in report.figures] == [
        (preset, place) for preset in demo.PRESETS for place in ("home", "second hospital")
    ]
    assert "Simulated ECGs" in page
    assert "0.0665" in page  # the paper's Table 1 stands beside ours
    for preset in demo.PRESETS:
        metrics = json.loads((tmp_path / "demo" / "reports" / f"{preset}-second" / "metrics.json").read_text())
        assert metrics["n_records"] == 30
    assert any("simulated" in line for line in said)


def test_the_demo_never_empties_a_folder_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Exception, match="not made by the demo"):
        demo.run_demo(tmp_path, None, 90, lambda _: None)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_bench_measures_every_hot_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SECONDS", 0.01)
    monkeypatch.setattr(bench, "SIMULATED", 20)
    monkeypatch.setattr(bench, "WIDTH", 4)
    figures = bench.run_bench(None, lambda _: None)
    rates = ("simulated_ecgs", "ingest_ecgs", "crops", "training_ecgs", "scoring_ecgs")
    assert {f"{rate}_per_second" for rate in rates} <= set(figures)
    assert all(value > 0 for value in figures.values())
