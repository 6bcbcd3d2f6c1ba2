"""What the checks of quality find and what they take for a fault: docs/quality.md.

python scripts/quality_checks.py path/to/ptb-xl choose            # 1,000 ECGs of folds 1-4: numbers, and how leads vary together
python scripts/quality_checks.py path/to/ptb-xl report            # faults put into 500 other ECGs, folds 5-8
python scripts/quality_checks.py path/to/ptb-xl annotated         # beside what PTB-XL's annotators wrote of noise, baseline and pacemakers
python scripts/quality_checks.py path/to/folder folder [ECGs]     # false alarms and faults in any folder of WFDB files

python scripts/quality_checks.py path/to/folder cost               # milliseconds of the checks beside those of the rest of ingest

Prints Markdown. Intervals are Wilson's, 95 %.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.measurement.beats import WORKING_RATE_HZ, at_working_rate, find_beats
from jaccardio.measurement.measure import MEASUREMENTS, measure_recording
from jaccardio.measurement.quality import check_recording
from jaccardio.recording.checks.electrodes import EXCHANGES, MATRICES, covariance, usual_form
from jaccardio.recording.checks.interference import slowed
from jaccardio.recording.checks.table import CHECKS
from jaccardio.recording.leads import INDEPENDENT_ROWS, LEADS, derive_limb_leads
from jaccardio.recording.preprocessing import MINIMUM_RATE_HZ, SignalContract
from jaccardio.recording.quality import check_signal
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.recording import Recording
from jaccardio.recording.waveform import waveform_hash
from jaccardio.simulation.beats import DOWER, paced_waves

Signal = NDArray[np.float32]
Fault = Callable[[Signal, float, np.random.Generator], Signal]
"""Changes (12, samples) millivolt in place or returns another; a lead of infinities is one that the file does not hold."""

NOT_MEASURED = np.full(len(MEASUREMENTS), np.nan, dtype=np.float32)
NEEDS_BEATS = ("rate_suspect", "pacing")
NAMES = list(CHECKS)


def main(folder: Path, what: str, ecgs: int = 500) -> None:
    """Prints one table."""
    if what == "cost":
        cost(sorted(folder.rglob("*.hea"))[:ecgs])
        return
    if what == "folder":
        files = sorted(folder.rglob("*.hea"))
        report([read_ecg(file) for file in np.random.default_rng(0).permutation(np.array(files, dtype=object))[:ecgs]])
        return
    table = pd.read_csv(folder / "ptbxl_database.csv")
    chosen = table["strat_fold"].le(4) if what == "choose" else table["strat_fold"].between(5, 8)
    rows = table[chosen].sample(ecgs if what == "report" else 1000, random_state=0).sort_values("ecg_id")
    recordings = (read_ecg(folder / f"{name}.hea") for name in rows["filename_lr"])
    if what == "choose":
        choose(recordings)
    elif what == "annotated":
        annotated(recordings, rows)
    else:
        report(list(recordings))


def cost(files: list[Path]) -> None:
    """Processor time of reading, preparing, hashing and measuring, and of the checks."""
    measure_recording(read_ecg(files[0]))  # what is loaded at first use is no time of an ECG
    rest = checks = 0.0
    for file in files:
        begun = time.process_time()
        recording = read_ecg(file)
        prepared = contract(recording).apply(recording)
        waveform_hash(recording)
        measured = measure_recording(recording)
        between = time.process_time()
        check_recording(recording, prepared, measured, CHECKS)
        rest, checks = rest + between - begun, checks + time.process_time() - between
    each = 1e3 / len(files)
    print(f"{len(files)} ECGs: {each * rest:.2f} ms each without the checks, which take {each * checks:.2f} ms ({checks / rest:.1%})")


def choose(recordings: Iterator[Recording]) -> None:
    """Percentiles of every number, and `USUAL`."""
    values, forms = [], []
    for recording in recordings:
        values.append(numbers(recording))
        if recording.lead_mask.all():
            forms.append(usual_form(covariance(*slowed(recording.signal, recording.sampling_rate))[None])[0])
    print("| check | median | 95 % | 99 % | 99.5 % | largest | threshold | over it |\n|" + "---|" * 8)
    for name, column in zip(NAMES, np.array(values).T, strict=True):
        cells = [f"{value:.3g}" for value in np.nanpercentile(column, [50, 95, 99, 99.5, 100])]
        print(f"| {name} | {' | '.join(cells)} | {CHECKS[name].threshold:g} | {(column > CHECKS[name].threshold).sum()} |")
    print(np.rint(np.mean(forms, axis=0) * 1000).astype(int).tolist())


def report(recordings: list[Recording]) -> None:
    """False alarms, and what is detected of each fault."""
    clean = np.array([numbers(recording) for recording in recordings])
    over = clean > np.array([CHECKS[name].threshold for name in NAMES])
    print(f"{len(recordings)} ECGs\n")
    print("| check | flagged as they are | fault | detected | refused at reading |\n|---|---|---|---|---|")
    for number, name in enumerate(NAMES):
        alarms = share(int(over[:, number].sum()), int(np.isfinite(clean[:, number]).sum()))
        for fault, inject in FAULTS[name].items():
            print(f"| {name} | {alarms} | {fault} | {detected(recordings, name, fault, inject)} |", flush=True)
            alarms = ""
    print(f"\nany check: {share(int(over.any(axis=1).sum()), len(over))}")


def detected(recordings: list[Recording], name: str, fault: str, inject: Fault) -> str:
    """``detected | refused`` of one fault; for exchanged electrodes also how many are named right."""
    random, found, right, refused, told = np.random.default_rng(0), 0, 0, 0, 0
    for recording in recordings[:200] if name in NEEDS_BEATS else recordings:
        signal, rate = recording.signal.copy(), recording.sampling_rate * RATES.get(fault, 1)
        signal = inject(signal, rate, random)
        present = recording.lead_mask & ~np.isinf(signal).any(axis=1)
        try:
            checked, mask, flags = check_signal(np.where(present[:, None], signal, np.float32(0)), present, rate, "damaged")
            damaged = Recording(checked, rate, mask, "damaged", None, flags)
            measured = measure_recording(damaged) if name in NEEDS_BEATS else NOT_MEASURED
            quality = check_recording(damaged, contract(damaged).apply(damaged), measured, CHECKS)
        except ReadError:
            refused += 1
            continue
        told += 1
        found += bool(quality.values[NAMES.index(name)] > CHECKS[name].threshold)
        right += f"{name}:{fault}" in quality.flags
    named = f", named right {share(right, told)}" if name == "reversal_suspect" else ""
    return f"{share(found, told)}{named} | {refused or ''}"


def annotated(recordings: Iterator[Recording], rows: pd.DataFrame) -> None:
    """How often a check speaks where PTB-XL's annotators wrote a remark, and where not."""
    values = np.array([numbers(recording) for recording in recordings])
    print("| check | PTB-XL's column | flagged where annotated | flagged elsewhere |\n|---|---|---|---|")
    for name, column in (("wander", "baseline_drift"), ("noise", "static_noise"), ("noise", "burst_noise"), ("pacing", "pacemaker")):
        said, over = rows[column].notna().to_numpy(), values[:, NAMES.index(name)] > CHECKS[name].threshold
        shares = [share(int(over[part].sum()), int(part.sum())) for part in (said, ~said)]
        print(f"| {name} | `{column}` | {shares[0]} | {shares[1]} |")


def numbers(recording: Recording) -> NDArray[np.float32]:
    """(checks,) as ingest keeps them, at the recording's own rate."""
    return check_recording(recording, contract(recording).apply(recording), measure_recording(recording), CHECKS).values


def contract(recording: Recording) -> SignalContract:
    """At the recording's own rate, as far as there is one."""
    return SignalContract(max(recording.sampling_rate, MINIMUM_RATE_HZ))


def share(count: int, of: int) -> str:
    """``97.0 % [94.8, 98.3]``, by Wilson (1927)."""
    if not of:
        return ""
    z, p = 1.96, count / of
    middle, half = (p + z**2 / (2 * of)) / (1 + z**2 / of), z / (1 + z**2 / of) * (p * (1 - p) / of + z**2 / (4 * of**2)) ** 0.5
    return f"{100 * p:.1f} % [{100 * max(middle - half, 0):.1f}, {100 * min(middle + half, 1):.1f}]"


def _row(lead: str) -> int:
    return LEADS.index(lead)


def _set(lead: str, values: Callable[[Signal, float, np.random.Generator], NDArray[np.floating]]) -> Fault:
    def inject(signal: Signal, rate: float, random: np.random.Generator) -> Signal:
        signal[_row(lead)] = values(signal, rate, random)
        return signal

    return inject


def _scaled(factor: float) -> Fault:
    return lambda signal, rate, random: signal * np.float32(factor)


def _stretch(lead: str | None, seconds: float, value: float) -> Fault:
    """A value in the middle of one lead, or of all."""

    def inject(signal: Signal, rate: float, random: np.random.Generator) -> Signal:
        begin = signal.shape[1] // 2
        signal[slice(None) if lead is None else _row(lead), begin : begin + round(seconds * rate)] = value
        return signal

    return inject


def _clipped(share_of_peak: float) -> Fault:
    """Every lead limited to a share of its own largest distance from the median."""

    def inject(signal: Signal, rate: float, random: np.random.Generator) -> Signal:
        middle = np.median(signal, axis=1, keepdims=True)
        limit = share_of_peak * np.abs(signal - middle).max(axis=1, keepdims=True)
        return np.clip(signal, middle - limit, middle + limit)

    return inject


def _exchanged(name: str) -> Fault:
    """All twelve leads as they are with two electrodes exchanged."""
    matrix = MATRICES[EXCHANGES.index(name)].astype(np.float32)
    return lambda signal, rate, random: _twelve(matrix @ signal[INDEPENDENT_ROWS])


def _twelve(eight: NDArray[np.floating]) -> Signal:
    """All twelve leads of I, II, V1-V6."""
    made = np.zeros((len(LEADS), eight.shape[1]), dtype=np.float32)
    made[INDEPENDENT_ROWS] = eight
    known = np.zeros(len(LEADS), dtype=np.bool_)
    known[INDEPENDENT_ROWS] = True
    return derive_limb_leads(made, known)[0]


def _paced(signal: Signal, rate: float, random: np.random.Generator) -> Signal:
    """A pacemaker's spike, as the simulation draws it, before every QRS complex that is found."""
    beats = find_beats(at_working_rate(signal, rate))
    if beats is None:
        return signal
    spike = paced_waves(random, atrial=False)["spike"]
    offset = np.arange(signal.shape[1]) / rate - (beats.places[:, None] / WORKING_RATE_HZ + spike.centre)
    bells = np.exp(-0.5 * (offset / max(spike.rise, 0.6 / rate)) ** 2).sum(axis=0)
    return signal + _twelve(DOWER @ np.outer(spike.vector, bells))


def _sine(hertz: float, millivolt: float) -> Callable[[Signal, float, np.random.Generator], NDArray[np.floating]]:
    """V3 with a sine of this amplitude."""
    return lambda signal, rate, random: (
        signal[_row("V3")] + millivolt * np.sin(2 * np.pi * hertz * np.arange(signal.shape[1]) / rate + random.uniform(0, 6.28))
    )


def _white(millivolt: float) -> Fault:
    return _set("V3", lambda signal, rate, random: signal[_row("V3")] + random.normal(0, millivolt, signal.shape[1]))


RATES: Mapping[str, float] = {
    "half the true rate": 0.5,
    "twice the true rate": 2,
    "0.8 of the true rate": 0.8,
    "2.5 times the true rate": 2.5,
}
FAULTS: Mapping[str, Mapping[str, Fault]] = {
    "nan": {"0.1 s of V3 NaN": _stretch("V3", 0.1, np.nan), "3 s of V3 NaN": _stretch("V3", 3, np.nan)},
    "flat": {"V4 constant": _set("V4", lambda signal, *_: np.zeros(signal.shape[1])), "V4 constant for 3 s": _stretch("V4", 3, 0.3)},
    "clipped": {f"all leads cut off at {share:.0%} of their peak": _clipped(share) for share in (0.5, 0.7, 0.9)},
    "missing_lead": {"V2 not in the file": _set("V2", lambda signal, *_: np.full(signal.shape[1], np.inf))},
    "duplicate_lead": {
        "V2 in place of V3": _set("V3", lambda signal, *_: signal[_row("V2")]),
        "V2 in place of V3, 5 % larger": _set("V3", lambda signal, *_: 1.05 * signal[_row("V2")]),
        "I in place of II": _set("II", lambda signal, *_: signal[_row("I")]),
    },
    "unit_suspect": {f"{factor:g} times as large": _scaled(factor) for factor in (1000, 200, 10, 4.88, 0.1, 0.01, 0.001)},
    "rate_suspect": dict.fromkeys(RATES, lambda signal, *_: signal),
    "short": {"the first 5 s": lambda signal, rate, random: signal[:, : round(5 * rate)]},
    "gap": {
        "all leads 0 for 0.3 s": _stretch(None, 0.3, 0),
        "all leads 0 for 1 s": _stretch(None, 1, 0),
        "V3 NaN for 0.8 s": _stretch("V3", 0.8, np.nan),
        "all leads 0 for 3 s": _stretch(None, 3, 0),
    },
    "einthoven": {
        "rows I and II exchanged": lambda signal, *_: signal[[1, 0, *range(2, len(LEADS))]],
        "III inverted": _set("III", lambda signal, *_: -signal[_row("III")]),
        "aVF half as large": _set("aVF", lambda signal, *_: 0.5 * signal[_row("aVF")]),
    },
    "reversal_suspect": {name: _exchanged(name) for name in EXCHANGES},
    "noise": {
        "white, 0.05 mV, V3": _white(0.05),
        "white, 0.1 mV, V3": _white(0.1),
        "mains, 50 Hz, amplitude 0.1 mV, V3": _set("V3", _sine(50, 0.1)),
    },
    "pacing": {"a simulated spike before every QRS": _paced},
    "wander": {f"0.2 Hz, amplitude {size:g} mV, V3": _set("V3", _sine(0.2, size)) for size in (0.5, 1, 2)},
}
"""Faults by check; those of `NEEDS_BEATS` are judged on the first 200 ECGs."""

if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
