"""How cost grows with batch, length, findings and cohort:  OPENBLAS_NUM_THREADS=1 python scripts/cost_plots.py [OUT.png]

Seconds of CPU with one thread, the least of three: they vary little beside other work. Prints the table of docs/performance.md, whose last
column is the slope between the two largest sizes on logarithmic axes (1 grows with the size, 2 with its square), and draws all of it.
"""

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.ticker import NullFormatter, NullLocator

from jaccardio.contrast.objective import Objective
from jaccardio.contrast.statements import Reading, Statements
from jaccardio.experiments.benches import loss
from jaccardio.experiments.benches.figure import least_seconds
from jaccardio.experiments.benches.steps import training_step
from jaccardio.markdown import markdown_table
from jaccardio.models.encoder import EcgEncoder
from jaccardio.training.config import load_preset
from profile_cohort import profile

Curves = Mapping[str, Mapping[int, float]]
"""Seconds by what is measured and its size."""

BATCHES, LENGTHS, FINDINGS, COHORTS = (64, 256, 1024, 4096), (250, 1000, 4000), (26, 104, 416, 1664), (2000, 8000, 32000)
ECGS, SAMPLES = 8, 750
"""Of a step where neither is what grows: ECGs a batch, samples at 100 Hz."""


def costs(runs: Mapping[int, Callable[[], object]]) -> dict[int, float]:
    """Seconds of CPU by size."""
    return {size: least_seconds({"": run}, 3)[""] for size, run in runs.items()}


def by_batch() -> Curves:
    """The encoder of `jaccardio-small` and two losses of pairs."""
    encoder = EcgEncoder(load_preset("jaccardio-small").model)
    steps = {batch: partial(training_step(encoder, torch.randn(batch, 12, SAMPLES)), 0) for batch in BATCHES[:2]}
    curves = {"encoder of jaccardio-small": costs(steps)}
    for kind, title in (("ours", "loss of pairs, identity"), ("jaccard", "loss of pairs, Jaccard")):
        curves[title] = costs({batch: loss.step_of(kind, batch) for batch in BATCHES})
    return curves


def by_length() -> Curves:
    """Encoders over 2.5 to 40 s of 100 Hz."""
    found = {}
    for preset in ("jaccardio-small", "jaccardio"):
        encoder = EcgEncoder(load_preset(preset).model)
        steps = {samples: partial(training_step(encoder, torch.randn(ECGS, 12, samples)), 0) for samples in LENGTHS}
        found[f"encoder of {preset}"] = costs(steps)
    return found


def by_findings() -> Curves:
    """The targets of 128 ECGs: against each finding, and against each other's sets."""

    def step(statements: str, target: str, findings: int) -> Callable[[], object]:
        generator = torch.Generator().manual_seed(0)
        labels = (torch.rand(128, findings, generator=generator) < 0.05).to(torch.int8)
        objective = Objective(statements, target, "sigmoid")
        read = Statements.read_as(Reading.ALL, labels if statements == "captions" else torch.eye(findings, dtype=torch.int8))
        return lambda: objective.targets(labels, read)

    kinds = {"findings x truth": ("findings", "truth"), "captions x jaccard": ("captions", "jaccard")}
    return {title: costs({size: step(*kind, size) for size in FINDINGS}) for title, kind in kinds.items()}


def by_cohort() -> Curves:
    """Steps of ingest, split and evaluation beside the signals."""
    curves: dict[str, dict[int, float]] = {}
    for ecgs in COHORTS:
        with tempfile.TemporaryDirectory() as folder:
            for step, seconds in profile(ecgs, 2, Path(folder)).items():
                curves.setdefault(step.partition(":")[0], {}).setdefault(ecgs, 0.0)
                curves[step.partition(":")[0]][ecgs] += seconds
    return {name: curves[name] for name in ("ingest", "split", "evaluate")}


def slope(curve: Mapping[int, float]) -> float:
    """Between the two largest sizes."""
    (smaller, before), (larger, after) = sorted(curve.items())[-2:]
    return float(np.log(after / before) / np.log(larger / smaller))


def draw(panels: Mapping[str, Curves], out: Path) -> None:
    """A panel for each size that grows."""
    figure, axes = plt.subplots(2, 2, figsize=(9, 7), layout="constrained")
    for axis, (title, curves) in zip(axes.flat, panels.items(), strict=True):
        for name, curve in curves.items():
            axis.loglog([*curve], [*curve.values()], marker="o", label=name)
        sizes = sorted({size for curve in curves.values() for size in curve})
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_minor_formatter(NullFormatter())
        axis.set(xlabel=title, ylabel="seconds of CPU, one thread")
        axis.grid(visible=True, which="both", alpha=0.25)
        axis.legend(fontsize="small", frameon=False)
    figure.savefig(out, dpi=110)


def table(panels: Mapping[str, Curves]) -> Sequence[str]:
    """Markdown."""
    rows = []
    for title, curves in panels.items():
        for name, curve in curves.items():
            sizes, seconds = ", ".join(f"{size:,}" for size in curve), ", ".join(f"{value:.3g}" for value in curve.values())
            rows.append((title, name, sizes, seconds, f"{slope(curve):.2f}"))
    return markdown_table(("what grows", "of what", "sizes", "seconds of CPU", "slope"), rows)


def main() -> None:
    """Measures, prints and draws."""
    torch.set_num_threads(1)
    measured = {"ECGs a batch": by_batch, "samples an ECG": by_length, "findings": by_findings, "ECGs of a cohort": by_cohort}
    panels = {title: measure() for title, measure in measured.items()}
    print("\n".join(table(panels)))
    if len(sys.argv) > 1:
        draw(panels, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
