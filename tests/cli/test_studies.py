"""demo, compare and reproduce: what they print; the studies themselves are tested in tests/experiments."""

from pathlib import Path

import pytest

from jaccardio.paper import demo as demo_module
from jaccardio.paper import reproduce as reproduce_module
from jaccardio.paper.recipes import RECIPES
from jaccardio.training import loop
from tests.conftest import SETTINGS, Command


def test_demo_prints_its_page(jaccardio: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def run_demo(out: Path, data: Path | None, records: int, say: object, watch: object) -> demo_module.DemoReport:
        asked.extend((out, data, records))
        return demo_module.DemoReport(out / "results.html", (("truth-small", "site-a", 0.9), ("truth-small", "site-b", float("nan"))))

    monkeypatch.setattr(demo_module, "run_demo", run_demo)
    done = jaccardio("demo", "--out", tmp_path, "--data", tmp_path / "ptb-xl", "--records", 7, "--json")
    assert (done.status, asked) == (0, [tmp_path, tmp_path / "ptb-xl", 7])
    assert [tuple(row.values()) for row in done.json()["rows"]] == [("truth-small", "site-a", 0.9), ("truth-small", "site-b", None)]
    assert "not a medical device" in done.err
    assert str(tmp_path / "results.html") in jaccardio("demo", "--out", tmp_path).out


def test_compare_ranks_and_says_what_failed(jaccardio: Command, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["compare", "--store", store, "--out", tmp_path / "out", "--seeds", 1, "--trials", 1, "--replicates", 20, "--jobs", 1]
    words += [*SETTINGS, "--set", "training.epochs=1", "--device", "cpu"]
    done = jaccardio(*words, "--objectives", "siglip,classifier", "--json")
    assert done.status == 0
    document = done.json()
    ranked = [row["model"] for row in document["ranking"]["rows"] if row["metric"] == "macro_auroc"]
    assert sorted(ranked) == ["always-normal", "classifier", "random-encoder", "random-vectors", "siglip"]
    assert (document["failures"], document["page"]) == ({}, str(tmp_path / "out" / "results.html"))
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


def test_reproduce_lists_what_there_is(jaccardio: Command) -> None:
    listed = jaccardio("reproduce", "--list")
    assert listed.status == 0
    assert all(f"\n{name} " in f"\n{listed.out}" for name in RECIPES)
    document = jaccardio("reproduce", "table8", "--list", "--json").json()
    assert list(document) == ["table8"]
    assert set(document["table8"]) == {"what", "paper", "command", "cost", "expect"}


def test_reproduce_prints_where_its_tables_are_and_what_failed(jaccardio: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}
    failures: dict[str, str] = {}

    def run_reproduce(names: list[str], scale: str, out: Path, **more: object) -> reproduce_module.Reproduction:
        asked.update(more, names=names, scale=scale)
        return reproduce_module.Reproduction(out / "results.json", out / "results.html", failures, ["12 ECGs: AUROC is undefined"])

    monkeypatch.setattr(reproduce_module, "run_reproduce", run_reproduce)
    words = ["--scale", "small", "--store", tmp_path / "store", "--external", "a", "--external", "b", "--seeds", 2, "--jobs", 1]
    done = jaccardio("reproduce", "table3,table1", *words, "--out", tmp_path, "--json")
    assert (done.status, done.json()["page"]) == (0, str(tmp_path / "results.html"))
    assert (asked["names"], asked["scale"], asked["store"]) == (["table1", "table3"], "small", tmp_path / "store")
    assert (asked["external"], asked["seeds"], asked["jobs"]) == ([Path("a"), Path("b")], 2, 1)
    assert "not a medical device" in done.err

    assert "warning: 12 ECGs: AUROC is undefined" in done.err

    failures["final-0123abcd"] = "the loss is not finite."
    partly = jaccardio("reproduce", "--out", tmp_path)
    assert (partly.status, asked["names"]) == (1, list(RECIPES))
    assert "failed final-0123abcd: the loss is not finite." in partly.out
    assert jaccardio("reproduce", "table9", "--out", tmp_path).status == 2
    assert "--out DIR" in jaccardio("reproduce", "table1").err
