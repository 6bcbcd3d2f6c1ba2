"""Pictures of a contest as PNG bytes: who leads, and on which findings each gains."""

import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from jaccardio.evaluation.contest import Contest
from jaccardio.recording.lettering import drawable
from jaccardio.report.plots import ACCENT, DOTS_PER_INCH, GRID, INK, MUTED, STYLE, dot, plain, png

PANELS = 8
"""Contestants with a panel of gains: the best."""


def draw_ranking(contest: Contest) -> bytes:
    """Macro AUROC and AUPRC of every contestant with 95 % interval, best first; each seed an open dot; dotted: the reference."""
    rows, reference = contest.document["rows"], contest.document["reference"]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 0.9 + 0.27 * len(rows)), dpi=DOTS_PER_INCH, layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        for axes, name, title in ((left, "macro_auroc", "macro AUROC"), (right, "macro_auprc", "macro AUPRC")):
            lowest = _lowest_shown([row[name] for row in rows])
            for place, row in enumerate(rows):
                _draw_place(axes, place, row[name], lowest, INK if row["name"] == reference else ACCENT)
                if row["name"] == reference and row[name]["value"] is not None:
                    axes.axvline(row[name]["value"], color=MUTED, linewidth=0.8, linestyle=":")
            axes.set_yticks(range(len(rows)), [textwrap.shorten(drawable(row["name"]), 60, placeholder=" …") for row in rows])
            axes.set_ylim(len(rows) - 0.4, -0.6)
            axes.set_xlim(left=lowest)
            axes.set_xlabel(f"{title}, mean over seeds, 95 % interval")
            axes.grid(axis="x", color=GRID, linewidth=0.6)
            plain(axes)
        return png(figure)


def draw_gains(contest: Contest) -> bytes:
    """AUROC gain over the reference of each finding in macro figures, against its prevalence: one panel for each of the `PANELS` best."""
    table = contest.gains[contest.gains["in_macro"]]
    rows = contest.document["differences"][:PANELS]
    across = min(4, max(1, len(rows)))
    down = max(1, -(-len(rows) // across))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 0.5 + 2.3 * down), dpi=DOTS_PER_INCH, layout="constrained")
        grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey="row")
        grid[0, 0].set_xscale("log")
        for axes, row in zip(grid.flat, rows, strict=False):
            _draw_gain(axes, row, table[table["contestant"] == row["name"]])
        for axes in grid.flat[max(0, len(rows) - across) : len(rows)]:
            axes.tick_params(labelbottom=True)  # the lowest panel of each column, also above an empty place
        for axes in grid.flat[len(rows) :]:
            axes.set_axis_off()
        figure.supxlabel("prevalence of the finding", fontsize=8)
        figure.supylabel(f"AUROC gain over {textwrap.shorten(contest.document['reference'], 40, placeholder=' …')}", fontsize=8)
        return png(figure)


def _draw_place(axes: Axes, place: int, figure: dict[str, Any], lowest: float | None, colour: str) -> None:
    if lowest is not None and figure["value"] is not None and figure["value"] < lowest:
        axes.annotate(
            f"{figure['value']:.3f}",
            (0, place),
            (16, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=colour,
            arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 0.8},
        )
        return
    dot(axes, place, figure["value"], figure["ci95"], colour)
    per_seed = [value for value in figure["per_seed"] if value is not None]
    axes.plot(per_seed, [place] * len(per_seed), "o", markersize=3, markerfacecolor="white", color=MUTED, markeredgewidth=0.7)


def _lowest_shown(figures: Sequence[dict[str, Any]]) -> float | None:
    """Where the axis begins: the better half takes at least 40 % of it, so that a control far behind does not squeeze the others."""
    ends = [figure["ci95"] or (figure["value"], figure["value"]) for figure in figures if figure["value"] is not None]
    if not ends:
        return None
    better = sorted(ends, key=sum, reverse=True)[: -(-len(ends) // 2)]
    high, low = max(end[1] for end in better), min(end[0] for end in better)
    lowest = min(end[0] for end in ends)
    return float(max(lowest - 0.05 * (high - lowest), high - (high - low) / 0.4)) if high > lowest else None


def _draw_gain(axes: Axes, row: dict[str, Any], table: pd.DataFrame) -> None:
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.vlines(table["prevalence"], table["auroc_gain_low"], table["auroc_gain_high"], color=ACCENT, linewidth=0.8, alpha=0.45)
    axes.plot(table["prevalence"], table["auroc_gain"], "o", markersize=3, color=ACCENT)
    correlation = row["auroc_gain_by_prevalence"]
    rho = "undefined" if correlation["spearman"] is None else f"{correlation['spearman']:+.2f}".replace("-", "−")
    name = "\n".join(textwrap.wrap(row["name"], 36, max_lines=2, placeholder=" …"))
    axes.set_title(drawable(name), fontsize=8, fontweight="bold", loc="left", pad=15)
    axes.text(0, 1.03, f"Spearman {rho}, {correlation['findings']} findings", va="bottom", fontsize=7, transform=axes.transAxes)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3), numticks=8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{np.round(100 * value, 4):g} %"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    plain(axes)
