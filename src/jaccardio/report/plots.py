"""Plots of an evaluation as PNG bytes: ROC and precision-recall panels, AUROC with intervals, reliability; and the style of all plots."""

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.evaluate import Evaluation
from jaccardio.evaluation.reliability import equal_bins
from jaccardio.findings.labels import PRESENT
from jaccardio.recording.lettering import drawable, font_families
from jaccardio.report.language import ENGLISH, translate

INK, MUTED, GRID, ACCENT = "#1c2733", "#8a949e", "#dfe3e8", "#1f5fa8"
DOTS_PER_INCH = 130
STYLE: dict[Any, Any] = {
    "font.family": list(font_families()),
    "font.size": 8,
    "text.parse_math": False,  # a name may hold a dollar sign
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.6,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.constrained_layout.h_pad": 0.07,
    "figure.constrained_layout.w_pad": 0.07,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}


def draw_evaluation(
    evaluation: Evaluation,
    labels: NDArray[np.int8],
    scores: NDArray[np.floating],
    names: Mapping[str, str] = MappingProxyType({}),
    language: str = ENGLISH,
) -> dict[str, bytes]:
    """Draws the plots of an evaluation: ``auroc``, ``roc``, ``precision_recall`` and, of probabilities, ``reliability``.

    Parameters
    ----------
    labels, scores
        (n, k), what was evaluated. Panels stand in order of prevalence; findings left out of macro metrics are grey.
    names
        Finding code -> what a list of findings calls it; the code where there is none. Panels bear codes, for want of room.
    language
        Of the labels of the axes.
    """
    plots = {"auroc": _auroc_intervals(evaluation.per_finding, names, language)}
    for curve in CURVES:
        if curve != "reliability" or not evaluation.metrics["calibration"]["left_out"]:
            plots[curve] = draw_curves(curve, evaluation, labels, scores, language)
    return plots


def draw_curves(
    curve: str, evaluation: Evaluation, labels: NDArray[np.int8], scores: NDArray[np.floating], language: str = ENGLISH
) -> bytes:
    """A curve of `CURVES` for each finding, most prevalent first; arguments as `draw_evaluation`."""
    draw, stated, horizontal, vertical = CURVES[curve]
    table = evaluation.per_finding
    order = table["prevalence"].fillna(-1.0).argsort(kind="stable").to_numpy()[::-1]
    across = 6 if len(table) <= 30 else 7
    down = -(-len(table) // across)
    with mpl.rc_context(STYLE):
        width, height = 0.6 + 1.62 * across, 0.45 + 1.9 * down  # inches; a panel is 1.35 wide and high
        figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH)
        figure.subplots_adjust(0.6 / width, 0.48 / height, 1 - 0.27 / width, 1 - 0.4 / height, wspace=0.27 / 1.35, hspace=0.55 / 1.35)
        grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
        ticks = {"xticks": (0, 0.5, 1), "yticks": (0, 0.5, 1), "xticklabels": ("0", ".5", "1"), "yticklabels": ("0", ".5", "1")}
        grid[0, 0].set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), **ticks)
        if curve == "reliability":  # axes by the root of a share: rare findings have all their bins below 0.1
            roots = {"functions": (lambda share: np.sqrt(np.maximum(share, 0)), np.square)}
            for axes in grid.flat:
                axes.set_xscale("function", **roots)
                axes.set_yscale("function", **roots)
            shares, names = (0, 0.1, 0.5, 1), ("0", ".1", ".5", "1")
            grid[0, 0].set(xlim=(0, 1), ylim=(0, 1), xticks=shares, yticks=shares, xticklabels=names, yticklabels=names)
        for axes, column in zip(grid.flat, order, strict=False):
            row = table.iloc[column]
            axes.tick_params(length=2, labelsize=7)
            ink = INK if row["in_macro"] else MUTED
            if np.isfinite(row[stated]):
                known = labels[:, column] >= 0
                draw(axes, labels[known, column] == PRESENT, scores[known, column], ACCENT if row["in_macro"] else MUTED)
                note = f"{row[stated]:.3f}   {row['n_pos']:,} {translate('of', language)} {row['n_known']:,}"
            else:
                note = translate(evaluation.metrics["findings_left_out"][row["finding"]], language)
            axes.set_title(drawable(row["finding"]), fontsize=8, fontweight="bold", color=ink, loc="left", pad=13)
            axes.text(0, 1.03, note, va="bottom", fontsize=7, color=ink, transform=axes.transAxes)
        end_panels(grid, len(order))
        figure.supxlabel(translate(horizontal, language), fontsize=8, y=0.08 / height, va="bottom")
        figure.supylabel(translate(vertical, language), fontsize=8, x=0.08 / width, ha="left")
        return png(figure)


def _draw_roc(axes: Axes, present: NDArray[np.bool_], scores: NDArray[np.floating], colour: str) -> None:
    true_positives, predicted = _operating_points(present, scores)
    axes.plot((0, 1), (0, 1), color=GRID, linewidth=0.8)
    axes.plot(
        (predicted - true_positives) / np.count_nonzero(~present), true_positives / np.count_nonzero(present), color=colour, linewidth=1.2
    )


def _draw_precision_recall(axes: Axes, present: NDArray[np.bool_], scores: NDArray[np.floating], colour: str) -> None:
    true_positives, predicted = _operating_points(present, scores)
    precision, recall = true_positives[1:] / predicted[1:], true_positives / np.count_nonzero(present)
    axes.axhline(float(present.mean()), color=GRID, linewidth=0.8)
    # steps as a line, whose points matplotlib thins out: `stairs` draws each of 200,000 ECGs in each panel
    axes.plot(recall, np.append(precision[0], precision), drawstyle="steps-pre", color=colour, linewidth=1.2)


def _draw_reliability(axes: Axes, present: NDArray[np.bool_], scores: NDArray[np.floating], colour: str) -> None:
    bins = equal_bins(scores)
    mean = [[values[bins == place].mean() for place in np.unique(bins)] for values in (scores, present)]
    axes.plot((0, 1), (0, 1), color=GRID, linewidth=0.8)
    axes.plot(*mean, color=colour, linewidth=1.0, marker="o", markersize=2.2, clip_on=False)


CURVES: Mapping[str, tuple[Callable[[Axes, NDArray[np.bool_], NDArray[np.floating], str], None], str, str, str]] = {
    "roc": (_draw_roc, "auroc", "1 − specificity", "sensitivity"),
    "precision_recall": (_draw_precision_recall, "auprc", "recall", "precision"),
    "reliability": (_draw_reliability, "ece", "mean score of a bin", "share present"),
}
"""How a curve is drawn, the metric that its panels state, and the names of its axes."""


def _operating_points(present: NDArray[np.bool_], scores: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """True positives and predicted positives at each distinct threshold, from none to all."""
    order = np.argsort(-scores, kind="stable")
    last_of_tie = np.append(np.diff(scores[order]) != 0, True)
    true_positives = np.concatenate([[0], np.cumsum(present[order])[last_of_tie]])
    return true_positives, np.concatenate([[0], np.flatnonzero(last_of_tie) + 1])


def _auroc_intervals(table: pd.DataFrame, names: Mapping[str, str], language: str) -> bytes:
    """Dot and interval per finding, best first; findings left out of macro metrics are grey; two columns where there are many."""
    table = table[np.isfinite(table["auroc"])].sort_values("auroc", ascending=False, kind="stable")
    halves = 1 if len(table) <= 30 else 2
    rows = max(1, -(-len(table) // halves))
    lowest = min(0.5, float(table["auroc_low"].min())) if len(table) else 0.5
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.7 if halves == 1 else 11.3, 0.8 + 0.19 * rows), dpi=DOTS_PER_INCH, layout="constrained")
        for half, axes in enumerate(figure.subplots(1, halves, squeeze=False).flat):
            part = table.iloc[half * rows : (half + 1) * rows]
            for row, (_, finding) in enumerate(part.iterrows()):
                estimate = Estimate(finding["auroc"], finding["auroc_low"], finding["auroc_high"])
                dot(axes, row, estimate, ACCENT if finding["in_macro"] else MUTED)
            axes.set_yticks(
                range(len(part)), [f"{drawable(names.get(row.finding, row.finding))}  ({row.n_pos})" for row in part.itertuples()]
            )
            axes.set(ylim=(rows - 0.3, -0.7), xlim=(lowest - 0.02, 1.01))
            axes.set_xlabel(translate("AUROC, 95 % interval (positives in brackets)", language))
            axes.axvline(0.5, color=MUTED, linewidth=0.8, linestyle=":")
            axes.grid(axis="x")
        return png(figure)


def dot(axes: Axes, row: int, estimate: Estimate, colour: str) -> None:
    """A value and its interval, on one row."""
    if estimate.defined:
        axes.plot(estimate.value, row, marker="o", markersize=4.5, color=colour)
    if estimate.has_interval:
        axes.plot((estimate.low, estimate.high), (row, row), color=colour, linewidth=1.4, solid_capstyle="butt")


def end_panels(grid: NDArray[np.object_], shown: int) -> None:
    """Numbers the axis of the lowest panel of each column, also above an empty place, and leaves the places after `shown` panels empty."""
    for axes in grid.flat[max(0, shown - grid.shape[1]) : shown]:
        axes.tick_params(labelbottom=True)
    for axes in grid.flat[shown:]:
        axes.set_axis_off()


def png(figure: Figure) -> bytes:
    """The plot as PNG bytes on white, the same bytes for the same data."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor="white", metadata={"Software": None})
    return buffer.getvalue()
