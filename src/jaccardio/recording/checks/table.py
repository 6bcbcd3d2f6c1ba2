"""`CHECKS`: what is checked of every recording, in which unit, from which number on, and what is done then.

Those that need beats (`rate_suspect`, `pacing`) are computed in `jaccardio.measurement.quality`, which stands above this room.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from jaccardio.errors import UsageError

REFUSE, FLAG, IGNORE = "refuse", "flag", "ignore"
ACTIONS = (REFUSE, FLAG, IGNORE)


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes
    ----------
    measures
        What its number is.
    unit
        Of the number and the threshold.
    threshold
        A larger number is a verdict.
    source
        Where the threshold is from.
    action
        What a verdict does: ``refuse`` the recording, ``flag`` it, or ``ignore`` it. The number is kept in any case.
    said
        Flags by which reading and windowing say the same already, so that none is added.
    """

    measures: str
    unit: str
    threshold: float
    source: str
    action: str = FLAG
    said: tuple[str, ...] = ()


_READ = "any; reading masks, bridges or cuts as recording/quality.py says"
_CHOSEN = "docs/quality.md, chosen on 1,000 ECGs of PTB-XL, folds 1-4"

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "nan": Check("leads with missing samples", "leads", 0, _READ, said=("nan", "nan-filled")),
        "flat": Check("leads that hold no signal", "leads", 0, _READ, said=("flat",)),
        "clipped": Check("time for which a lead stands at exactly its own extreme, of 10 s", "ms", 120, _CHOSEN, said=("clipped",)),
        "missing_lead": Check("standard leads that the file does not hold", "leads", 0, _READ, said=("missing",)),
        "duplicate_lead": Check("likeness of the two most alike of I, II, V1-V6; 1 is a copy, of any gain", "", 0.99, _CHOSEN),
        "unit_suspect": Check("how far the typical voltage is from 1.35 mV, either way", "times", 6, _CHOSEN),
        "rate_suspect": Check("how far beats and waves are from usual durations, all by one factor", "times", 1.45, _CHOSEN),
        "short": Check("what the window of 10 s lacks", "s", 0.05, "recording/preprocessing.py", said=("short",)),
        "gap": Check("longest straight line in a lead, or what reading cut off", "s", 0.5, _CHOSEN, said=("trimmed",)),
        "einthoven": Check("limb leads against what follows from I and II, by the size of limb leads", "", 0.8, _CHOSEN),
        "reversal_suspect": Check("how much more usual the leads would be with two electrodes exchanged", "times", 1.5, _CHOSEN),
        "noise": Check("standard deviation of what changes from sample to sample in the noisiest lead", "mV", 0.04, _CHOSEN),
        "wander": Check("range of the baseline in the lead that wanders most, seconds averaged", "mV", 3, _CHOSEN),
        "pacing": Check("steepest change before QRS by that of QRS", "", 0.5, "statement `spike` of measurement/data/statements.csv"),
    }
)
"""In the order in which numbers are kept and shown."""


def settings_of(checks: Mapping[str, Check]) -> dict[str, dict[str, float | str]]:
    """Threshold and action of each check, as a store keeps them."""
    return {name: {"threshold": check.threshold, "action": check.action} for name, check in checks.items()}


def configured(settings: Sequence[str]) -> Mapping[str, Check]:
    """`CHECKS` with settings ``NAME=ACTION``, ``NAME=THRESHOLD`` or ``NAME=ACTION:THRESHOLD``, e.g. ``noise=refuse:0.1``.

    Raises
    ------
    UsageError
        An unknown check or action, or a threshold that is no number.
    """
    checks = dict(CHECKS)
    for setting in settings:
        name, _, wanted = setting.partition("=")
        if name not in checks:
            raise UsageError(f"--check {setting}: no check of this name. Known: {', '.join(CHECKS)}.")
        action, _, threshold = wanted.partition(":") if wanted.split(":")[0] in ACTIONS else ("", "", wanted)
        try:
            limit = float(threshold) if threshold or not action else checks[name].threshold
        except ValueError:
            limit = float("nan")
        if not abs(limit) < float("inf"):
            raise UsageError(f"--check {setting}: write NAME=ACTION, NAME=THRESHOLD or NAME=ACTION:THRESHOLD ({', '.join(ACTIONS)}).")
        checks[name] = replace(checks[name], action=action or checks[name].action, threshold=limit)
    return checks
