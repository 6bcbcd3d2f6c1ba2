"""The arithmetic of `scripts/plan_scale.py`, by hand."""

from dataclasses import replace

import pytest
from scripts.plan_scale import Machine, Work, collectives, growths, memory, minutes, network, plan, storage

from jaccardio.contrast.chunks import PAIRS_AT_ONCE
from jaccardio.training.config import load_preset

MACHINE = Machine(
    machines=2, gpus=2, cores=5, ingest=100.0, crop_bytes=1e6, row_bytes=50.0, peak=1e12, float32_peak=1e11, link=1e6, latency=1e-3
)
WORK = Work(
    ecgs=36_000,
    batch=400,
    epochs=10,
    validations=5,
    findings=20,
    banks_of_records=1,
    banks_of_findings=0,
    embedding=9,
    samples=1000,
    crop=500,
    parameters=1_000_000,
    channels=64,
    norms=2,
    forward=1e9,
    forward_whole=2e9,
    activations=1000.0,
)


def test_network_of_a_ring() -> None:
    sent = network(WORK, 4)
    assert sent["text vectors"] == 400 * 10 * 4 * (0.75 + 1.5)
    assert sent["finding sets"] == (400 * 20 + 400 * 22 + 400 * 8) * 0.75
    assert sent["gradients"] == 4_000_000 * 1.5
    assert sent["batch norm"] == 2 * (2 * 64 + 2) * 4 * 1.5
    assert not any(network(WORK, 1).values())
    assert collectives(WORK) == 19


def test_memory_of_a_gpu() -> None:
    held = memory(WORK, 4)
    assert held["weights, gradients, Adam"] == 16_000_000
    assert held["activations"] == 100 * 1000
    assert held["pairs"] == 10 * 100 * 400 * 4
    assert held["statements"] == 400 * (2 * 10 * 4 + 22)
    large = replace(WORK, batch=32_768)
    assert memory(large, 4)["pairs"] == 10 * PAIRS_AT_ONCE * 4, "chunks"


def test_minutes_are_those_of_the_slowest_part_and_of_what_cannot_wait() -> None:
    steps, found = 900, minutes(WORK, MACHINE, 0.3)
    assert found["ingest"] == pytest.approx(36_000 / 1000 / 60)
    assert found["computing"] == pytest.approx(steps * 100 * 3e9 / 0.3e12 / 60)
    assert found["reading"] == pytest.approx(steps * 100 * 12_000 / 1e6 / 60)
    assert found["network"] == pytest.approx(steps * (sum(network(WORK, 4).values()) / 1e6 + 19e-3) / 60)
    assert found["training"] == pytest.approx(found["reading"] + found["network"])
    assert found["validation"] == pytest.approx(5 * 3600 / 4 * max(2e9 / 0.3e11, 24_000 / 1e6) / 60)
    assert minutes(WORK, MACHINE, 0.3, training=50.0)["training"] == pytest.approx(steps * 2.0 / 60 + found["network"])
    assert minutes(WORK, replace(MACHINE, machines=1, gpus=1), 0.3)["network"] == 0


def test_storage_and_growth() -> None:
    assert storage(WORK, MACHINE) == 36_000 * 24_050
    grown = growths(replace(WORK, banks_of_findings=2))
    assert {name: work.statements for name, work in grown.items()} == {"cohort": 440, "batch": 840, "length": 440, "findings": 480}
    assert minutes(growths(WORK)["cohort"], MACHINE, 0.3)["training"] == pytest.approx(2 * minutes(WORK, MACHINE, 0.3)["training"])


def test_what_was_not_measured_is_said_to_be_assumed() -> None:
    assumed, measured = plan(WORK, MACHINE, [0.1, 0.2]), plan(WORK, MACHINE, [0.1], 50.0)
    assert sum("assumed 10% of peak" in line and "assumed 20% of peak" in line for line in assumed) == 1
    assert not any("assumed" in line for line in measured)
    assert sum("measured" in line for line in measured) == 1


def test_counts_of_a_preset() -> None:
    work = Work.of(load_preset("paper-small", ["model.width=4"]), 1000, 64, 2, 26, 384)
    assert (work.statements, work.samples, work.crop) == (64, 1000, 750)
    assert work.forward_whole == pytest.approx(work.forward * 1000 / 750, rel=0.02)
    assert Work.of(load_preset("truth-small", ["model.width=4"]), 1000, 64, 2, 26, 384).statements == 26
