"""Plots of studies as PNG bytes: who leads, on which findings each gains, learning curves, and what changes at an external hospital."""

import textwrap
from collections.abc import Callable, Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.metrics import title_of
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.ranking import Ranking
from jaccardio.evaluation.table import Difference, Table
from jaccardio.evaluation.thresholds import FITTED
from jaccardio.recording.lettering import drawable
from jaccardio.report.plots import ACCENT, DOTS_PER_INCH, INK, MUTED, STYLE, dot, end_panels, png

PANELS = 8
"""Models with a panel of gains: the best."""
SHOWN = ("macro_auroc", "macro_auprc")
COLOURS = (ACCENT, MUTED, INK)


def draw_ranking(table: Table, reference: str) -> bytes:
    """Macro AUROC and AUPRC of every model with 95 % interval, in the table's order; each seed an open dot; dotted: the reference."""
    models = [row.model for row in table.rows if row.metric == "macro_auroc"]

    def draw(axes: Axes, metric: str) -> None:
        estimates = {model: table.estimate(model, metric) for model in models}
        lowest = _lowest_shown(list(estimates.values()))
        for place, (model, estimate) in enumerate(estimates.items()):
            _draw_model(axes, place, estimate, lowest, INK if model == reference else ACCENT)
        if reference in estimates and estimates[reference].defined:
            axes.axvline(estimates[reference].value, color=MUTED, linewidth=0.8, linestyle=":")
        axes.set_yticks(range(len(models)), [textwrap.shorten(drawable(model), 60, placeholder=" …") for model in models])
        axes.set_ylim(len(models) - 0.4, -0.6)
        axes.set_xlim(left=lowest)
        axes.set_xlabel(f"{title_of(metric)}, mean over seeds, 95 % interval")
        axes.grid(axis="x")

    return _side_by_side((10, 0.9 + 0.27 * len(models)), draw, sharey=True)


def draw_gains(ranking: Ranking, part: Part) -> bytes:
    """AUROC gain over the reference of each finding in macro metrics, against its prevalence: one panel for each of the `PANELS` best."""
    left_out = ranking.table.left_out
    prevalence = dict(zip(part.codes, part.prevalence.tolist(), strict=True))
    correlations = {row.model: row.estimate.value for row in ranking.correlations}
    gains: dict[str, list[Difference]] = {}
    for gain in ranking.gains:
        if gain.metric == "auroc" and gain.finding not in left_out:
            gains.setdefault(gain.model, []).append(gain)
    shown = list(gains.items())[:PANELS]
    across = min(4, max(1, len(shown)))
    down = max(1, -(-len(shown) // across))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 0.5 + 2.3 * down), dpi=DOTS_PER_INCH, layout="constrained")
        grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey="row")
        grid[0, 0].set_xscale("log")
        for axes, (model, of_model) in zip(grid.flat, shown, strict=False):
            _draw_gain(axes, model, of_model, prevalence, correlations[model])
        end_panels(grid, len(shown))
        figure.supxlabel("prevalence of the finding", fontsize=8)
        reference = ranking.gains[0].reference if ranking.gains else "the reference"
        figure.supylabel(f"AUROC gain over {textwrap.shorten(drawable(reference), 40, placeholder=' …')}", fontsize=8)
        return png(figure)


def draw_learning_curve(steps: Sequence[tuple[float, Table]], models: Sequence[str]) -> bytes:
    """Macro AUROC and AUPRC of each model against the number of training ECGs, with 95 % intervals; each subset an open dot."""

    def draw(axes: Axes, metric: str) -> None:
        for place, (model, colour) in enumerate(zip(models, COLOURS, strict=False)):
            estimates = [table.estimate(model, metric) for _, table in steps]
            shifted = [count * 1.03 ** (place - 1) for count, _ in steps]  # so that whiskers do not cover each other
            values = [estimate.value for estimate in estimates]
            axes.plot(shifted, values, marker="o", markersize=4.5, color=colour, linewidth=1.2, label=model)
            for x, estimate in zip(shifted, estimates, strict=True):
                if estimate.has_interval:
                    axes.plot((x, x), (estimate.low, estimate.high), color=colour, linewidth=1.4, solid_capstyle="butt")
                subsets = estimate.per_seed
                axes.plot([x] * len(subsets), subsets, "o", markersize=3, markerfacecolor="white", color=colour, markeredgewidth=0.7)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator([count for count, _ in steps]))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_xlabel("training ECGs")
        axes.set_ylabel(f"{title_of(metric)}, 95 % interval")
        axes.grid()
        if metric == SHOWN[0]:
            axes.legend(frameon=False, loc="lower right")

    return _side_by_side((10, 3.6), draw)


def draw_changes(table: Table) -> bytes:
    """AUROC change of each finding with 95 % interval, largest loss first; findings left out of macro metrics are grey."""
    macro = next(one for one in table.differences if one.metric == "macro_auroc")
    changes = [one for one in table.differences if one.metric == "auroc" and one.estimate.defined]
    changes.sort(key=lambda one: one.estimate.value)
    positives = [table.estimate(one.model, "positives", finding=one.finding).value for one in changes]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.7, 0.9 + 0.19 * (len(changes) + 1)), dpi=DOTS_PER_INCH, layout="constrained")
        axes = figure.subplots()
        dot(axes, 0, macro.estimate, INK)
        for place, one in enumerate(changes, start=1):
            dot(axes, place, one.estimate, MUTED if one.finding in table.left_out else ACCENT)
        names = [f"{drawable(one.finding or '')}  ({count:.0f})" for one, count in zip(changes, positives, strict=True)]
        axes.set_yticks(range(len(changes) + 1), ["macro", *names])
        axes.set_ylim(len(changes) + 0.7, -0.7)
        axes.set_xlabel(f"AUROC, {macro.model} minus {macro.reference}, 95 % interval (positives there in brackets)")
        axes.axvline(0, color=MUTED, linewidth=0.8, linestyle=":")
        axes.grid(axis="x")
        return png(figure)


def draw_retuning(table: Table) -> bytes:
    """Micro-F1 against the number of labelled local ECGs, and where 95 % of the draws lie; dotted: the thresholds from home."""
    sizes = list(dict.fromkeys(row.model for row in table.rows))
    labelled = [int(size.split()[0]) for size in sizes]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.7, 3.6), dpi=DOTS_PER_INCH, layout="constrained")
        axes = figure.subplots()
        for policy, colour in zip(FITTED, (ACCENT, INK), strict=True):
            for name, line in (("fitted_again", "-"), ("from_home", ":")):
                estimates = [table.estimate(size, f"micro_f1_{name}", policy) for size in sizes]
                label = f"{policy.replace('_', ' ')}, {name.replace('_', ' ')}"
                axes.plot(
                    labelled, [one.value for one in estimates], line, marker="o", markersize=4, color=colour, linewidth=1.2, label=label
                )
                if name == "fitted_again":
                    for x, one in zip(labelled, estimates, strict=True):
                        axes.plot((x, x), (one.low, one.high), color=colour, linewidth=1.4, alpha=0.5)
        axes.set_xticks(labelled)
        axes.set_xlabel("labelled local ECGs")
        axes.set_ylabel("micro-F1 on the other local ECGs")
        axes.legend(frameon=False)
        axes.grid()
        return png(figure)


def _side_by_side(size: tuple[float, float], draw: Callable[[Axes, str], None], sharey: bool = False) -> bytes:
    """A panel for each metric of `SHOWN`."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained")
        for axes, metric in zip(figure.subplots(1, len(SHOWN), sharey=sharey), SHOWN, strict=True):
            draw(axes, metric)
        return png(figure)


def _draw_model(axes: Axes, place: int, estimate: Estimate, lowest: float | None, colour: str) -> None:
    if lowest is not None and estimate.value < lowest:
        axes.annotate(
            f"{estimate.value:.3f}",
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
    dot(axes, place, estimate, colour)
    seeds = estimate.per_seed
    axes.plot(seeds, [place] * len(seeds), "o", markersize=3, markerfacecolor="white", color=MUTED, markeredgewidth=0.7)


def _lowest_shown(estimates: Sequence[Estimate]) -> float | None:
    """Where the axis begins: the better half takes at least 40 % of it, so that a control far behind does not squeeze the others."""
    ends = [(one.low, one.high) if one.has_interval else (one.value, one.value) for one in estimates if one.defined]
    if not ends:
        return None
    better = sorted(ends, key=sum, reverse=True)[: -(-len(ends) // 2)]
    high, low = max(end[1] for end in better), min(end[0] for end in better)
    lowest = min(end[0] for end in ends)
    return float(max(lowest - 0.05 * (high - low), high - (high - low) / 0.4)) if high > lowest else None


def _draw_gain(axes: Axes, model: str, gains: Sequence[Difference], prevalence: Mapping[str, float], correlation: float) -> None:
    at = [prevalence[gain.finding or ""] for gain in gains]
    axes.axhline(0, color=MUTED, linewidth=0.8)
    lows, highs = [gain.estimate.low for gain in gains], [gain.estimate.high for gain in gains]
    axes.vlines(at, lows, highs, color=ACCENT, linewidth=0.8, alpha=0.45)
    axes.plot(at, [gain.estimate.value for gain in gains], "o", markersize=3, color=ACCENT)
    rho = f"{correlation:+.2f}".replace("-", "−") if np.isfinite(correlation) else "undefined"
    name = "\n".join(textwrap.wrap(model, 36, max_lines=2, placeholder=" …"))
    axes.set_title(drawable(name), fontsize=8, fontweight="bold", loc="left", pad=15)
    axes.text(0, 1.03, f"Spearman {rho}, {len(gains)} findings", va="bottom", fontsize=7, transform=axes.transAxes)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3), numticks=8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{np.round(100 * value, 4):g} %"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y")
