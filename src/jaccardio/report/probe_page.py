"""The folder that `jaccardio probe` writes: figures by share of the labels, the learning curve, and one self-contained page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from jaccardio.evaluation.contest import Contest
from jaccardio.evaluation.samples import spread
from jaccardio.evaluation.thresholds import DEFAULT_POLICY
from jaccardio.files import write_atomic, write_json
from jaccardio.report.pages import render_page
from jaccardio.report.plots import ACCENT, DOTS_PER_INCH, GRID, INK, MUTED, STYLE, plain, png

COLOURS = (ACCENT, MUTED, INK)
FIGURES = ("macro_auroc", "macro_auprc", "micro_f1")
"""Of rows and differences; micro-F1 at the global threshold."""


@dataclass(frozen=True, eq=False)
class FewShot:
    """Encoders compared at one share of the training labels.

    Attributes
    ----------
    training_records
        ECGs of each subset.
    contest
        Encoders, with one table of scores a subset, against the trained encoder.
    constant
        Finding -> in how many subsets it has no positive, or no negative, so that probes score every ECG alike.
    chosen
        Encoder -> setting -> number of probes for which validation chose it.
    """

    fraction: float
    training_records: tuple[int, ...]
    contest: Contest
    constant: Mapping[str, int]
    chosen: Mapping[str, Mapping[str, int]]


def write_probe(folder: Path, steps: Sequence[FewShot], *, title: str, facts: Mapping[str, str]) -> dict[str, Any]:
    """Writes ``learning_curve.png``, ``probe.html`` and, last, ``results.json`` to `folder`, each file whole or not at all.

    Parameters
    ----------
    steps
        By ascending share.

    Returns
    -------
    The document of ``results.json``.
    """
    document = {
        "rows": [row for step in steps for row in _rows(step)],
        "differences": [
            {
                "run": row["name"],
                "reference": step.contest.document["reference"],
                "fraction": step.fraction,
                "metric": metric,
                **row[metric],
            }
            for step in steps
            for row in step.contest.document["differences"]
            for metric in FIGURES
        ],
        "fractions": [
            {
                "fraction": step.fraction,
                "training_records": list(step.training_records),
                "constant_in_subsets": dict(step.constant),
                "chosen": {name: dict(settings) for name, settings in step.chosen.items()},
            }
            for step in steps
        ],
        **{key: steps[0].contest.document[key] for key in ("n_records", "n_patients", "n_known", "findings_in_macro", "findings_left_out")},
        "bootstrap": steps[0].contest.document["bootstrap"],
    }
    curve = draw_learning_curve(steps)
    page = render_page(
        "probe.html.j2", title=title, facts=facts, steps=steps, document=document, curve=curve, default_policy=DEFAULT_POLICY
    )
    write_atomic(folder / "learning_curve.png", curve)
    write_atomic(folder / "probe.html", page)
    write_json(folder / "results.json", document)
    return document


def draw_learning_curve(steps: Sequence[FewShot]) -> bytes:
    """Macro AUROC and AUPRC of each encoder against the number of training ECGs, with 95 % intervals; each subset an open dot."""
    records = [sum(step.training_records) / len(step.training_records) for step in steps]
    names = sorted(row["name"] for row in steps[0].contest.document["rows"])
    names.sort(key=lambda name: name != steps[0].contest.document["reference"])
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 3.6), dpi=DOTS_PER_INCH, layout="constrained")
        left, right = figure.subplots(1, 2)
        for axes, metric, title in ((left, "macro_auroc", "macro AUROC"), (right, "macro_auprc", "macro AUPRC")):
            for place, (name, colour) in enumerate(zip(names, COLOURS, strict=False)):
                figures = [next(row for row in step.contest.document["rows"] if row["name"] == name)[metric] for step in steps]
                shifted = [count * 1.03 ** (place - 1) for count in records]  # so that whiskers do not cover each other
                values = [float("nan") if one["value"] is None else one["value"] for one in figures]
                axes.plot(shifted, values, marker="o", markersize=4.5, color=colour, linewidth=1.2, label=name)
                for x, one in zip(shifted, figures, strict=True):
                    if one["ci95"] is not None:
                        axes.plot((x, x), one["ci95"], color=colour, linewidth=1.4, solid_capstyle="butt")
                    subsets = [value for value in one["per_seed"] if value is not None]
                    axes.plot([x] * len(subsets), subsets, "o", markersize=3, markerfacecolor="white", color=colour, markeredgewidth=0.7)
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(FixedLocator(records))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
            axes.set_xlabel("training ECGs")
            axes.set_ylabel(f"{title}, 95 % interval")
            axes.grid(color=GRID, linewidth=0.6)
            plain(axes)
        left.legend(frameon=False, loc="lower right")
        return png(figure)


def _rows(step: FewShot) -> list[dict[str, Any]]:
    """One row for each encoder and metric: value, interval, and the subsets' own figures and spread."""
    rows = []
    for row in step.contest.document["rows"]:
        decided = row["thresholds"][DEFAULT_POLICY]
        estimates = {
            "macro_auroc": row["macro_auroc"],
            "macro_auprc": row["macro_auprc"],
            "micro_f1": {
                "value": decided["micro_f1"],
                "ci95": decided["micro_f1_ci95"],
                "sd": spread(decided["micro_f1_per_seed"]),
                "per_seed": decided["micro_f1_per_seed"],
            },
        }
        for metric, one in estimates.items():
            rows.append(
                {
                    "run": row["name"],
                    "fraction": step.fraction,
                    "metric": metric,
                    "threshold": DEFAULT_POLICY if metric == "micro_f1" else None,
                    "value": one["value"],
                    "ci95": one["ci95"],
                    "sd": one["sd"],
                    "subsets": one["per_seed"],
                }
            )
    return rows
