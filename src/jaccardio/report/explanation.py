"""The page that `jaccardio explain` writes: each finding with the ECG, marked, and the reasons beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from jaccardio.files import write_atomic
from jaccardio.recording.leads import LEADS
from jaccardio.recording.paper_plot import AGAINST, FOR, ecg_png
from jaccardio.recording.preprocessing import SignalContract
from jaccardio.report.language import ENGLISH, translate
from jaccardio.report.pages import render
from jaccardio.report.plots import DOTS_PER_INCH, MUTED, STYLE, png

if TYPE_CHECKING:  # a page draws what others computed: nothing here needs a model
    from jaccardio.prediction.explain import Explanation, Reasons

SMOOTHED_SECONDS = 0.04
BIN_SECONDS = 0.1
FULL_COLOUR = 99.5
"""Percentile of the attribution's size that is drawn in full colour."""


def write_explanation(
    path: Path, explanation: "Explanation", contract: SignalContract, names: Mapping[str, str], language: str = ENGLISH
) -> None:
    """Writes one HTML file that needs nothing else.

    Parameters
    ----------
    names
        Finding code -> name in the page's language.
    """
    recorded = ", ".join(lead for lead, there in zip(LEADS, explanation.ecg.lead_mask[0], strict=True) if there)
    facts = {"ECG": explanation.recording_id, "Leads": recorded}
    if explanation.flags:
        facts["Quality"] = ", ".join(explanation.flags)
    page = render(
        "explanation.html.j2",
        title=translate("What speaks for a finding", language),
        facts=facts,
        language=language,
        findings=[_finding(reasons, explanation, contract, names) for reasons in explanation.findings],
        neighbours=explanation.neighbours,
        names=names,
    )
    write_atomic(path, page)


def _finding(reasons: "Reasons", explanation: "Explanation", contract: SignalContract, names: Mapping[str, str]) -> dict[str, Any]:
    """What the template shows of one finding."""
    ecg, window, mask = explanation.ecg, reasons.window, explanation.ecg.lead_mask[0]
    recorded = int(ecg.recorded[window])
    signal, values = ecg.signal[window, :, :recorded], reasons.attribution.values[window, :, :recorded]
    name = names.get(reasons.score.finding, reasons.score.name)
    leads = zip(LEADS, reasons.lead_sums, reasons.without_lead, mask, strict=True)
    return {
        "name": name,
        "reasons": reasons,
        "window": window + 1,
        "windows": len(ecg.signal),
        "paper": ecg_png(signal, contract.sampling_rate, mask, explanation.recording_id, (name,), marks_of(values, contract.sampling_rate)),
        "map": draw_map(values, contract.sampling_rate, mask),
        "leads": [lead for lead in leads if lead[-1]],
        "not_recorded": [lead for lead, there in zip(LEADS, mask, strict=True) if not there],
    }


def marks_of(values: NDArray[np.float32], sampling_rate: float) -> NDArray[np.float64]:
    """Attribution (12, samples) as marks in [-1, 1]: smoothed over 40 ms, full colour from the `FULL_COLOUR` percentile on."""
    smooth = uniform_filter1d(values.astype(np.float64), max(1, round(SMOOTHED_SECONDS * sampling_rate)), axis=1, mode="constant")
    return _scaled(np.where(values == 0, 0, smooth))


def draw_map(values: NDArray[np.float32], sampling_rate: float, lead_mask: NDArray[np.bool_]) -> bytes:
    """Attribution (12, samples) of every lead over the whole window, summed over 0.1 s, as a PNG; rows that were not recorded are grey."""
    length = max(1, round(BIN_SECONDS * sampling_rate))
    blocks = np.add.reduceat(values.astype(np.float64), np.arange(0, values.shape[1], length), axis=1)
    sums = np.where(lead_mask[:, None], _scaled(blocks), np.nan)
    colours = LinearSegmentedColormap.from_list("marks", [AGAINST, "white", FOR]).with_extremes(bad="#dddddd")
    framed = {"axes.spines.right": True, "axes.spines.top": True, "axes.axisbelow": "line"}
    with mpl.rc_context(STYLE | framed):
        figure = Figure(figsize=(10, 2.9), dpi=DOTS_PER_INCH, layout="constrained")
        axes = figure.subplots()
        extent = (0.0, blocks.shape[1] * length / sampling_rate, len(LEADS) - 0.5, -0.5)
        axes.imshow(sums, cmap=colours, vmin=-1, vmax=1, aspect="auto", interpolation="nearest", extent=extent)
        axes.set_yticks(range(len(LEADS)), LEADS)
        axes.set_xlabel("s")
        axes.tick_params(length=2)
        axes.hlines(np.arange(0.5, len(LEADS) - 1), *extent[:2], color=MUTED, linewidth=0.2)
        return png(figure)


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """In [-1, 1] by the largest sizes."""
    shown = np.abs(values[values != 0])
    return np.clip(values / np.percentile(shown, FULL_COLOUR), -1, 1) if len(shown) else values
