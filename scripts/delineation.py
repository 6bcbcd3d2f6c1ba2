"""Prints how far limits of waves lie from those that cardiologists marked: ours and, where it is installed, neurokit2's.

python scripts/delineation.py path/to/ludb

The folder is LUDB's, with its ``data/N.hea`` and an annotation file for each lead; it needs the extra ``dev`` for `wfdb`.
"""

import argparse
import importlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray
from scipy.signal import resample_poly

from jaccardio.measurement.measure import MEASUREMENTS, measure_recording
from jaccardio.recording.leads import LEADS
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.recording import Recording

INTERVALS = ("qrs_duration", "pr_interval", "qt_interval", "p_duration")
RATES = (500, 100)
LEADS_TO_AGREE = 6
"""A beat counts where so many leads have it marked."""

OUTER = 90
"""Percentile of the leads' marks taken as a limit in all leads: the outermost ones are slips."""

Intervals = dict[str, float]
Mark = tuple[int, int, int]


def main() -> None:
    """Prints one table: median error and spread in milliseconds, and the time for an ECG."""
    parser = argparse.ArgumentParser(description="Errors of the limits of waves against LUDB's marks.")
    parser.add_argument("ludb", type=Path)
    files = sorted((parser.parse_args().ludb / "data").glob("*.hea"))
    methods: dict[str, Callable[[Recording], Intervals]] = {"jaccardio": ours}
    try:
        importlib.import_module("neurokit2")
        methods["neurokit2"] = neurokit
    except ImportError as error:
        print(f"neurokit2 is left out, {error.name} is not installed.\n")
    truth = [marked(file) for file in files]
    print(f"| method | Hz | {' | '.join(INTERVALS)} | ms an ECG |\n|---|---|{'---|' * (len(INTERVALS) + 1)}")
    for name, method in methods.items():
        for rate in RATES:
            recordings = [_at_rate(read_ecg(file), rate) for file in files]
            method(recordings[0])  # what is loaded at first use is no time of an ECG
            began = time.process_time()
            found = [method(recording) for recording in recordings]
            spent = 1000 * (time.process_time() - began) / len(files)
            cells = [_cell(np.array([mine[key] - marks[key] for mine, marks in zip(found, truth, strict=True)])) for key in INTERVALS]
            print(f"| {name} | {rate} | {' | '.join(cells)} | {spent:.0f} |")


def ours(recording: Recording) -> Intervals:
    """Intervals of the median beat."""
    values = dict(zip(MEASUREMENTS, measure_recording(recording).tolist(), strict=True))
    return {key: values[key] for key in INTERVALS}


def neurokit(recording: Recording) -> Intervals:
    """Medians over beats of lead II, delineated by wavelets (Martinez 2004), NaN where it fails."""
    import neurokit2

    lead, rate = recording.signal[LEADS.index("II")], recording.sampling_rate
    try:
        clean = neurokit2.ecg_clean(lead, sampling_rate=rate)
        _, peaks = neurokit2.ecg_peaks(clean, sampling_rate=rate)
        _, waves = neurokit2.ecg_delineate(clean, peaks["ECG_R_Peaks"], sampling_rate=rate, method="dwt")
    except (ValueError, IndexError, ZeroDivisionError):
        return dict.fromkeys(INTERVALS, np.nan)
    mark = {name: np.array(waves[f"ECG_{name}"], dtype=float) for name in ("P_Onsets", "P_Offsets", "R_Onsets", "R_Offsets", "T_Offsets")}

    def between(begin: str, end: str) -> float:
        spans = mark[end] - mark[begin]
        return float(np.median(spans[~np.isnan(spans)])) / rate * 1000 if (~np.isnan(spans)).any() else np.nan

    spans = (("R_Onsets", "R_Offsets"), ("P_Onsets", "R_Onsets"), ("R_Onsets", "T_Offsets"), ("P_Onsets", "P_Offsets"))
    return {key: between(*span) for key, span in zip(INTERVALS, spans, strict=True)}


def marked(file: Path) -> Intervals:
    """Medians over beats of the intervals from earliest to latest mark of all leads; NaN where there are no P waves."""
    waves: dict[str, list[Mark]] = {"N": [], "p": [], "t": []}
    for lead in LEADS:
        marks = wfdb.rdann(str(file.with_suffix("")), lead.lower())
        for index in range(1, len(marks.symbol) - 1):
            before, kind, after = marks.symbol[index - 1 : index + 2]
            if kind in waves and (before, after) == ("(", ")"):
                waves[kind].append(tuple(int(sample) for sample in marks.sample[index - 1 : index + 2]))  # type: ignore[arg-type]
    rate = wfdb.rdheader(str(file.with_suffix(""))).fs
    qrs, p_waves, t_waves = (_together(waves[kind], round(0.12 * rate)) for kind in ("N", "p", "t"))
    lengths: dict[str, list[float]] = {key: [] for key in INTERVALS}
    lengths["qrs_duration"] = [_limit(beat, 2) - _limit(beat, 0) for beat in qrs]
    lengths["p_duration"] = [_limit(wave, 2) - _limit(wave, 0) for wave in p_waves]
    for beat in qrs:
        begin = _limit(beat, 0)
        before = [wave for wave in p_waves if 0 < begin - np.median(wave[:, 1]) < 0.36 * rate]
        after = [wave for wave in t_waves if 0 < np.median(wave[:, 1]) - begin < 0.6 * rate]
        if before:
            lengths["pr_interval"].append(begin - _limit(before[-1], 0))
        if after:
            lengths["qt_interval"].append(float(np.median(after[0][:, 2])) - begin)
    return {key: float(np.median(found)) / rate * 1000 if found else np.nan for key, found in lengths.items()}


def _together(marks: list[Mark], near: int) -> list[NDArray[np.int64]]:
    """Marks of one wave in all leads, (leads, onset peak offset), where `LEADS_TO_AGREE` have it."""
    groups: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda mark: mark[1]):
        if groups and mark[1] - np.median([other[1] for other in groups[-1]]) < near:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return [np.array(group) for group in groups if len(group) >= LEADS_TO_AGREE]


def _limit(wave: NDArray[np.int64], column: int) -> float:
    return float(np.percentile(wave[:, column], OUTER if column == 2 else 100 - OUTER))


def _at_rate(recording: Recording, rate: int) -> Recording:
    if recording.sampling_rate == rate:
        return recording
    signal = resample_poly(recording.signal, rate, round(recording.sampling_rate), axis=1).astype(np.float32)
    return Recording(signal, float(rate), recording.lead_mask, recording.recording_id)


def _cell(errors: NDArray[np.float64]) -> str:
    known = errors[~np.isnan(errors)]
    return f"{np.median(known):+.0f} ± {known.std():.0f} ({len(known)})" if len(known) else "none"


if __name__ == "__main__":
    main()
