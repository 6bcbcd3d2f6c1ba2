"""bench: what it prints; what it measures is tested in tests/experiments, and so is doctor."""

import pytest

from jaccardio.experiments import bench as bench_module
from tests.conftest import Command


def test_bench_prints_its_metrics(jaccardio: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_module, "run_bench", lambda store, say: {"training_ecgs_per_second": 1234.5})
    assert jaccardio("bench", "--json").json() == {"training_ecgs_per_second": 1234.5}
    assert jaccardio("bench").out == "training ecgs per second: 1,234\n"
