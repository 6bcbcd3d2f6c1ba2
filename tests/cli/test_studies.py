"""demo and bench: what they print; the studies themselves are tested in tests/experiments."""

from pathlib import Path

import pytest

from jaccardio.experiments import bench as bench_module
from jaccardio.experiments import demo as demo_module
from tests.cli.conftest import Command


def test_demo_prints_its_page(jaccardio: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def run_demo(out: Path, data: Path | None, records: int, say: object) -> demo_module.DemoReport:
        asked.extend((out, data, records))
        return demo_module.DemoReport(out / "report.html", (("truth-small", "site-a", 0.9), ("truth-small", "site-b", None)))

    monkeypatch.setattr(demo_module, "run_demo", run_demo)
    done = jaccardio("demo", "--out", tmp_path, "--data", tmp_path / "ptb-xl", "--records", 7, "--json")
    assert (done.status, asked) == (0, [tmp_path, tmp_path / "ptb-xl", 7])
    assert done.json()["figures"] == [["truth-small", "site-a", 0.9], ["truth-small", "site-b", None]]
    assert "not a medical device" in done.err
    assert str(tmp_path / "report.html") in jaccardio("demo", "--out", tmp_path).out


def test_bench_prints_its_figures(jaccardio: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_module, "run_bench", lambda store, say: {"training_ecgs_per_second": 1234.5})
    assert jaccardio("bench", "--json").json() == {"training_ecgs_per_second": 1234.5}
    assert jaccardio("bench").out == "training ecgs per second: 1,234\n"
