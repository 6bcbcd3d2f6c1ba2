"""bench: what it prints; what it measures is tested in tests/experiments, and so is doctor."""

import pytest

from jaccardio.experiments import bench as bench_module
from jaccardio.experiments.benches.figure import Figure
from tests.conftest import Command


def test_bench_prints_its_figures_as_lines_or_as_one_document(jaccardio: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def measured(names: list[str], store: object, run: object, say: object) -> list[Figure]:
        asked.append(names)
        return [Figure.beside("ingest_two_processes", 1500.0, "ECGs/s", 1000.0), Figure("training", 10.0, "ECGs/s", limit_share=0.25)]

    monkeypatch.setattr(bench_module, "run_bench", measured)
    assert jaccardio("bench", "all", "--json").json() == [
        {"name": "ingest_two_processes", "value": 1500.0, "unit": "ECGs/s", "baseline": 1000.0, "ratio": 1.5, "limit_share": None},
        {"name": "training", "value": 10.0, "unit": "ECGs/s", "baseline": None, "ratio": None, "limit_share": 0.25},
    ]
    assert jaccardio("bench").out == "ingest_two_processes: 1,500 ECGs/s, 1.5 of 1,000\ntraining: 10 ECGs/s, 25.0% of the limit\n"
    assert asked == [["all"], ["paths"]]
