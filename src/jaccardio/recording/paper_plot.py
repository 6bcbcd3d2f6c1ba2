"""ECGs as on paper: true to scale, 25 mm/s and 10 mm/mV, three rows of four leads and a rhythm strip."""

import io
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import UsageError
from jaccardio.files import write_atomic
from jaccardio.recording.leads import LEADS
from jaccardio.recording.lettering import ESCAPED_NOTE, drawable, font_families
from jaccardio.recording.recording import SIMULATED, Recording
from jaccardio.recording.waveform import waveform_hash

MILLIMETRES_PER_SECOND = 25.0
MILLIMETRES_PER_MILLIVOLT = 10.0
FOOTER = DISCLAIMER.removesuffix(".")
FOR, AGAINST = "#e66101", "#5e3c99"
"""Colours of marks: ColorBrewer's PuOr, told apart by every kind of colour vision."""

FAINTEST_MARK = 0.08

_COLUMNS, _SECONDS_PER_COLUMN = 4, 2.5
_GRID_WIDTH, _GRID_HEIGHT = 270.0, 125.0  # millimetres, whole 5 mm squares
_ROW_HEIGHT, _FIRST_BASELINE, _TRACE_START = 30.0, 20.0, 15.0  # millimetres from the grid's top and left
_MARGIN, _TITLE_HEIGHT, _LINE_HEIGHT, _FOOTER_HEIGHT = 10.0, 17.0, 5.0, 14.0  # millimetres
_LEFT, _TOP = _MARGIN, _FOOTER_HEIGHT + _GRID_HEIGHT  # corner of the grid on the page
_PAPER, _FINE, _COARSE, _INK, _GREY = "#fff9f8", "#f9d7d6", "#eda9a9", "#15151c", "#77777f"
_POINTS_PER_MILLIMETRE = 72 / 25.4
_PEN = 2.2 * _POINTS_PER_MILLIMETRE
_HALO = [withStroke(linewidth=2.5, foreground=_PAPER)]  # lifts names off the grid; traces are drawn above it and never hidden
_SOURCE = {"png": "Source", "svg": "Source", "pdf": "Keywords"}
"""Of the metadata, what names the ECG."""

_NO_DATE: Mapping[str, dict[str, Any]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}  # equal input gives equal files


def plot_ecg(recording: Recording, path: str | Path, title: str = "", findings: Sequence[str] = ()) -> None:
    """Writes the first 10 s of a recording as a page of ECG paper; printed at 100 % it can be measured with a ruler.

    Parameters
    ----------
    path
        ``.png`` (200 dots per inch), ``.svg`` or ``.pdf``.
    title
        Headline; the recording's id if empty.
    findings
        Short texts listed under the headline.

    Raises
    ------
    UsageError
        The path has another suffix.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in _NO_DATE:
        raise UsageError(f"cannot draw an ECG as {path.suffix or 'a file without suffix'}; use .png, .svg or .pdf.")
    title = (title or recording.recording_id) + (", simulated ECG" if SIMULATED in recording.flags else "")
    figure = _page(recording.signal, recording.sampling_rate, recording.lead_mask, title, findings)
    write_atomic(path, _render(figure, kind, dots_per_inch=200, source=waveform_hash(recording)))


def ecg_png(
    signal: NDArray[np.float32],
    sampling_rate: float,
    lead_mask: NDArray[np.bool_],
    title: str = "",
    findings: Sequence[str] = (),
    marks: NDArray[np.floating] | None = None,
) -> bytes:
    """The same page as PNG bytes at 110 dots per inch, for reports.

    Parameters
    ----------
    signal
        (12, samples) millivolt.
    lead_mask
        (12,) False where a lead was not recorded.
    marks
        (12, samples) in [-1, 1]: traces are marked as with a broad pen, in orange above zero and in violet below.
    """
    return _render(_page(signal, sampling_rate, lead_mask, title, findings, marks), "png", dots_per_inch=110)


def draw_ecg(
    axes: Axes,
    signal: NDArray[np.float32],
    sampling_rate: float,
    lead_mask: NDArray[np.bool_],
    marks: NDArray[np.floating] | None = None,
) -> None:
    """Draws grid, calibration pulses, leads and rhythm strip into axes whose data unit is one millimetre.

    Each column shows its own 2.5 s of the same 10 s, as ECG carts print. The median of each lead is taken off, so that an offset
    of the electrodes does not move the trace out of its row.

    Parameters
    ----------
    marks
        As in `ecg_png`.
    """
    paper = _draw_grid(axes)
    rhythm = 1 if lead_mask[1] or not lead_mask.any() else int(np.argmax(lead_mask))
    panels = [(3 * column + row, row, column * _SECONDS_PER_COLUMN, _SECONDS_PER_COLUMN) for row in range(3) for column in range(_COLUMNS)]
    panels.append((rhythm, 3, 0.0, _COLUMNS * _SECONDS_PER_COLUMN))
    seconds = np.arange(signal.shape[1]) / sampling_rate
    for lead, row, begin, length in panels:
        place, baseline = _LEFT + _TRACE_START + begin * MILLIMETRES_PER_SECOND, _TOP - _FIRST_BASELINE - row * _ROW_HEIGHT
        _write(axes, place + 1.5, baseline + 11, LEADS[lead], size=3.4, weight="bold", path_effects=_HALO)
        if begin > 0:
            axes.plot([place, place], [baseline - 3, baseline + 3], color=_INK, linewidth=0.7)
        else:
            _draw_calibration(axes, baseline)
        if not lead_mask[lead]:
            centred = {"horizontalalignment": "center", "verticalalignment": "center"}
            middle = place + length * MILLIMETRES_PER_SECOND / 2
            _write(axes, middle, baseline, "not recorded", size=3.0, color=_GREY, style="italic", path_effects=_HALO, **centred)
            continue
        shown = (seconds >= begin) & (seconds < begin + length)
        x = place + (seconds[shown] - begin) * MILLIMETRES_PER_SECOND
        y = baseline + (signal[lead, shown] - np.median(signal[lead])) * MILLIMETRES_PER_MILLIVOLT
        (trace,) = axes.plot(x, y, color=_INK, linewidth=0.85, solid_joinstyle="round", zorder=4)
        trace.set_clip_path(paper)
        if marks is not None:
            _mark(axes, x, y, marks[lead, shown]).set_clip_path(paper)


def _mark(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], marks: NDArray[np.floating]) -> LineCollection:
    """A broad line below a trace, the stronger the mark the stronger its colour; nothing where it could hardly be seen."""
    points = np.stack([x, y], axis=1)
    order = np.argsort(np.abs(marks[:-1]), kind="stable")
    order = order[np.abs(marks[order]) > FAINTEST_MARK]
    strength = np.abs(marks[order])[:, None]
    hues = np.where(marks[order][:, None] > 0, to_rgb(FOR), to_rgb(AGAINST))
    colors = strength * hues + (1 - strength) * np.array(to_rgb(_PAPER))  # no alpha, which would add up where a line bends
    line = LineCollection(
        list(np.stack([points[:-1], points[1:]], axis=1)[order]), colors=colors, linewidths=_PEN, capstyle="round", zorder=3
    )
    axes.add_collection(line, autolim=False)
    return line


def _page(
    signal: NDArray[np.float32],
    sampling_rate: float,
    lead_mask: NDArray[np.bool_],
    title: str,
    findings: Sequence[str],
    marks: NDArray[np.floating] | None = None,
) -> Figure:
    escaped = any(drawable(text) != text for text in (title, *findings))
    unbroken = "\n".join(map(drawable, findings)).replace(" ", "\N{NO-BREAK SPACE}")  # lines break between findings, not inside one
    lines = textwrap.wrap(unbroken.replace("\n", "\N{NO-BREAK SPACE}" * 3 + "·   "), width=155, break_on_hyphens=False)
    width = _GRID_WIDTH + 2 * _MARGIN
    height = _FOOTER_HEIGHT + _GRID_HEIGHT + _TITLE_HEIGHT + _LINE_HEIGHT * len(lines)
    figure = Figure(figsize=(width / 25.4, height / 25.4), facecolor="white")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    _write(axes, _MARGIN, height - 8.5, drawable(title), size=4.4, weight="bold", verticalalignment="center")
    for number, line in enumerate(lines):
        _write(axes, _MARGIN, height - _TITLE_HEIGHT + 0.5 - number * _LINE_HEIGHT, line, size=3.2, verticalalignment="center")
    draw_ecg(axes, signal, sampling_rate, lead_mask, marks)
    scale = f"{MILLIMETRES_PER_SECOND:g} mm/s    {MILLIMETRES_PER_MILLIVOLT:g} mm/mV    {sampling_rate:g} Hz, offset removed, not filtered"
    if escaped:
        scale += f"    {ESCAPED_NOTE}"
    _write(axes, _MARGIN, _FOOTER_HEIGHT / 2, scale, size=2.8, color=_GREY, verticalalignment="center")
    _write(
        axes, width - _MARGIN, _FOOTER_HEIGHT / 2, FOOTER, size=2.8, color=_GREY, verticalalignment="center", horizontalalignment="right"
    )
    return figure


def _draw_grid(axes: Axes) -> Rectangle:
    """Millimetre paper; returns its outline, to which traces are clipped."""
    right, bottom = _LEFT + _GRID_WIDTH, _TOP - _GRID_HEIGHT
    paper = Rectangle((_LEFT, bottom), _GRID_WIDTH, _GRID_HEIGHT, facecolor=_PAPER, edgecolor="none", zorder=0)
    axes.add_patch(paper)
    for step, color, thickness in ((1, _FINE, 0.12), (5, _COARSE, 0.18)):
        vertical = [[(x, bottom), (x, _TOP)] for x in np.arange(_LEFT, right + 0.5, step)]
        horizontal = [[(_LEFT, y), (right, y)] for y in np.arange(bottom, _TOP + 0.5, step)]
        lines = LineCollection(vertical + horizontal, colors=color, linewidths=thickness * _POINTS_PER_MILLIMETRE, zorder=step / 10)
        axes.add_collection(lines, autolim=False)
    return paper


def _draw_calibration(axes: Axes, baseline: float) -> None:
    """Pulse of 1 mV and 0.2 s."""
    steps = np.array([(3.5, 0), (5, 0), (5, 1), (10, 1), (10, 0), (11.5, 0)])
    axes.plot(_LEFT + steps[:, 0], baseline + steps[:, 1] * MILLIMETRES_PER_MILLIVOLT, color=_INK, linewidth=0.9, solid_joinstyle="miter")


def _write(axes: Axes, x: float, y: float, text: str, size: float, **style: Any) -> None:
    """Text of `size` millimetres; a dollar sign is a dollar sign."""
    axes.text(x, y, text, fontsize=size * _POINTS_PER_MILLIMETRE, fontfamily=font_families(), parse_math=False, **({"color": _INK} | style))


def _render(figure: Figure, kind: str, dots_per_inch: int, source: str = "") -> bytes:
    """Bytes of the page; `source` stands in them as it is, so that the file tells whose ECG it shows."""
    metadata = {**_NO_DATE[kind], **({_SOURCE[kind]: source} if source else {})}
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "jaccardio", "path.simplify": False}):
        figure.savefig(buffer, format=kind, dpi=dots_per_inch, metadata=metadata)
    return buffer.getvalue()
