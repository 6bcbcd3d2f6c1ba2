"""`reading_steps`, `model_steps`: what was done to the numbers of a file, in sentences, one a step and in order."""

from collections import defaultdict

from jaccardio.errors import ReadError
from jaccardio.recording.preprocessing import COUNTS_PER_MILLIVOLT, SignalContract
from jaccardio.recording.recording import Recording

_BY_LEAD = {
    "nan": "masked, too many samples are missing: {}",
    "nan-filled": "gaps bridged by straight lines: {}",
    "flat": "masked, flat: {}",
    "derived": "derived from two other limb leads: {}",
    "missing": "neither in the file nor derivable: {}",
}
_OF_ALL = {
    "calibration": "the device's own pulse at the end cut off: {}",
    "cut": "cut to the {}",
    "trimmed": "cut off at the ends, because nothing was recorded there: {}",
}


def reading_steps(recording: Recording) -> list[str]:
    """How the file's numbers became the signal of a recording."""
    scale = recording.millivolt_per_count
    steps = ["to millivolt" if scale is None else f"{1000 * scale:.6g} microvolt a count, to millivolt"]
    steps.append("leads by name, in standard order")
    if recording.unknown_signals:
        steps[-1] += f"; left out: {', '.join(recording.unknown_signals)}"
    by_lead: dict[str, list[str]] = defaultdict(list)
    for flag in recording.flags:
        kind, _, value = flag.partition(":")
        if kind in _OF_ALL:
            steps.append(_OF_ALL[kind].format(value.strip()))
        elif kind in _BY_LEAD:
            by_lead[kind].append(value)
    return steps + [_BY_LEAD[kind].format(", ".join(leads)) for kind, leads in by_lead.items()]


def model_steps(recording: Recording, contract: SignalContract) -> list[str]:
    """How a recording becomes what a store keeps and a model sees; or why it does not."""
    try:
        prepared = contract.apply(recording)
    except ReadError as error:
        return [f"refused: {error.field}: {error.reason}"]
    steps = []
    if recording.sampling_rate != contract.sampling_rate:
        steps.append(f"resampled from {recording.sampling_rate:g} to {contract.sampling_rate:g} Hz, polyphase, anti-aliased")
    windows, filled = len(prepared.counts), prepared.recorded / contract.sampling_rate
    steps.append(
        f"{windows} window{'s' if windows > 1 else ''} of {contract.seconds:g} s" + (f", {filled:g} s filled" * (filled < contract.seconds))
    )
    steps.append(f"each lead centred on its median in the window, {1000 / COUNTS_PER_MILLIVOLT:g} microvolt a count; nothing is filtered")
    further = [flag for flag in prepared.flags if flag not in recording.flags and not flag.startswith(("short", "long"))]
    return steps + ([f"flagged: {', '.join(further)}"] if further else [])
