"""The folder that `jaccardio shift` writes: figures, pictures, and one self-contained page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from jaccardio.files import write_atomic, write_json
from jaccardio.recording.lettering import drawable
from jaccardio.report.pages import render_page
from jaccardio.report.plots import ACCENT, DOTS_PER_INCH, GRID, INK, MUTED, STYLE, dot, plain, png

POLICY_COLOURS = {"global": ACCENT, "per_finding": INK}


def write_shift(folder: Path, document: Mapping[str, Any], *, title: str, facts: Mapping[str, str], names: Mapping[str, str]) -> None:
    """Writes ``auroc_change.png``, ``retuning.png``, ``shift.html`` and, last, ``results.json`` to `folder`, each file whole or not at all.

    Parameters
    ----------
    document
        What `measure_shift` found.
    title, facts
        Heading of the page, and what was compared.
    names
        Finding code -> name to show beside it.
    """
    changes, retuning = draw_changes(document), draw_retuning(document)
    page = render_page("shift.html.j2", title=title, facts=facts, shift=document, names=names, changes=changes, retuning=retuning)
    write_atomic(folder / "auroc_change.png", changes)
    write_atomic(folder / "retuning.png", retuning)
    write_atomic(folder / "shift.html", page)
    write_json(folder / "results.json", document)


def draw_changes(document: Mapping[str, Any]) -> bytes:
    """AUROC change of each finding with 95 % interval, largest loss first; findings left out of macro figures are grey."""
    rows = [row for row in document["findings"] if row["auroc"]["change"]["value"] is not None]
    rows.sort(key=lambda row: row["auroc"]["change"]["value"])
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.7, 0.9 + 0.19 * (len(rows) + 1)), dpi=DOTS_PER_INCH, layout="constrained")
        axes = figure.subplots()
        dot(axes, 0, document["macro_auroc"]["change"]["value"], document["macro_auroc"]["change"]["ci95"], INK)
        for place, row in enumerate(rows, start=1):
            dot(axes, place, row["auroc"]["change"]["value"], row["auroc"]["change"]["ci95"], ACCENT if row["in_macro"] else MUTED)
        axes.set_yticks(range(len(rows) + 1), ["macro", *(f"{drawable(row['finding'])}  ({row['n_pos']['away']})" for row in rows)])
        axes.set_ylim(len(rows) + 0.7, -0.7)
        axes.set_xlabel("AUROC away minus home, 95 % interval (positives away in brackets)")
        axes.axvline(0, color=MUTED, linewidth=0.8, linestyle=":")
        axes.grid(axis="x", color=GRID, linewidth=0.6)
        plain(axes)
        return png(figure)


def draw_retuning(document: Mapping[str, Any]) -> bytes:
    """Micro-F1 away against the number of labelled local ECGs, and where 95 % of the draws lie; dotted: the thresholds from home."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.7, 3.6), dpi=DOTS_PER_INCH, layout="constrained")
        axes = figure.subplots()
        for policy, colour in POLICY_COLOURS.items():
            rows = [row for row in document["thresholds"] if row["policy"] == policy]
            sizes = [row["labelled"] for row in rows]
            for name, line in (("retuned_micro_f1", "-"), ("home_micro_f1", ":")):
                values = [float("nan") if row[name]["value"] is None else row[name]["value"] for row in rows]
                label = f"{policy.replace('_', ' ')}, {'re-tuned' if name == 'retuned_micro_f1' else 'from home'}"
                axes.plot(sizes, values, line, marker="o", markersize=4, color=colour, linewidth=1.2, label=label)
            for row in rows:
                if row["retuned_micro_f1"]["draws95"] is not None:
                    axes.plot([row["labelled"]] * 2, row["retuned_micro_f1"]["draws95"], color=colour, linewidth=1.4, alpha=0.5)
        axes.set_xticks(sorted({row["labelled"] for row in document["thresholds"]}))
        axes.set_xlabel("labelled local ECGs")
        axes.set_ylabel("micro-F1 on the other local ECGs")
        axes.legend(frameon=False)
        axes.grid(color=GRID, linewidth=0.6)
        plain(axes)
        return png(figure)
