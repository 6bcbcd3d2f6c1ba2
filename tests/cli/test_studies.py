"""demo, compare and bench: what they print; the studies themselves are tested in tests/experiments."""

from pathlib import Path

import pytest

from jaccardio.experiments import bench as bench_module
from jaccardio.experiments import demo as demo_module
from jaccardio.training import loop
from tests.cli.conftest import SETTINGS, Command


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


def test_compare_ranks_and_says_what_failed(jaccardio: Command, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["compare", "--store", store, "--out", tmp_path / "out", "--seeds", 1, "--trials", 1, "--replicates", 20, "--jobs", 1]
    words += [*SETTINGS, "--set", "training.epochs=1", "--device", "cpu"]
    done = jaccardio(*words, "--objectives", "siglip,classifier", "--json")
    assert done.status == 0
    document = done.json()
    ranked = [row["name"] for row in document["ranking"]["rows"]]
    assert sorted(ranked) == ["always-normal", "classifier", "random-encoder", "random-vectors", "siglip"]
    assert (document["failures"], document["page"]) == ({}, str(tmp_path / "out" / "ranking.html"))
    assert "not a medical device" in done.err
    assert "screening 2 objectives" in done.err

    def failing(*_: object, **__: object) -> None:
        raise RuntimeError("the message could hold data")

    monkeypatch.setattr(loop, "train", failing)
    partly = jaccardio(*words, "--objectives", "siglip,classifier,paper")
    assert partly.status == 1
    assert "failed paper-" in partly.out
    assert "could hold data" not in partly.out + partly.err
    assert " 1. " in partly.out

    refused = jaccardio(*words, "--objectives", "nonsense")
    assert refused.status == 2
    assert "unknown objective nonsense; available: siglip, siglip-exact" in refused.err

    (tmp_path / "file").touch()
    words[words.index(tmp_path / "out")] = tmp_path / "file"
    assert jaccardio(*words, "--objectives", "siglip").status == 2
