"""Arrays whose rate, unit or leads are not as declared: looked for in a few ECGs before any is scored."""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from jaccardio.errors import ReadError
from jaccardio.measurement.measure import MEASUREMENTS, measure_recording
from jaccardio.measurement.quality import check_recording, kinds_of
from jaccardio.recording.checks.table import CHECKS
from jaccardio.recording.preprocessing import SignalContract
from jaccardio.recording.recording import Recording

LOOKED_AT = 16
HEART_RATE = list(MEASUREMENTS).index("heart_rate")

QUESTIONS = {
    "rate_suspect": "Is sampling_rate that of the array?",
    "unit_suspect": "Is unit that of the array?",
    "reversal_suspect": "Are leads in the order of the array's rows?",
}
"""Checks of quality that a wrong declaration fails throughout; `rate_suspect` stands also for ECGs in which no beats are found."""


def warn_of_suspects(recordings: Sequence[Recording], contract: SignalContract) -> None:
    """Warns where more than half of `LOOKED_AT` ECGs, spread over all, fail a check of `QUESTIONS`; one odd ECG among many says nothing."""
    some = recordings[:: max(1, len(recordings) // LOOKED_AT)][:LOOKED_AT]
    found: Counter[str] = Counter()
    for recording in some:
        try:
            prepared = contract.apply(recording)
        except ReadError:  # scoring raises it
            continue
        measured = measure_recording(recording)
        flags = kinds_of(check_recording(recording, prepared, measured, CHECKS).flags)
        no_beats = np.isnan(measured[HEART_RATE])  # nor are there where time runs four times as fast
        found.update(flags | {"rate_suspect"} if no_beats else flags)
    ask_about(found, len(some), stacklevel=5)


def ask_about(found: Mapping[str, int], ecgs: int, stacklevel: int) -> None:
    """Asks about each check of `QUESTIONS` that more than half of `ecgs` fail; `stacklevel` as of `warnings.warn`."""
    for check, question in QUESTIONS.items():
        if 2 * found[check] > ecgs:
            warnings.warn(f"{check} in {found[check]} of {ecgs} ECGs looked at. {question}", stacklevel=stacklevel)
