"""Calls that cannot both be right: "normal" beside an abnormal finding. A model scores each finding alone and may call both."""

from collections.abc import Collection, Sequence

from jaccardio.findings.vocabulary import Finding

NORMAL_CODES = ("NORM", "normal")
"""The finding "normal ECG" in the vocabularies that have one."""

NAMES_BESIDE_NORMAL = ("sinus rhythm", "sinus arrhythmia", "sinus bradycardia", "sinus tachycardia")
"""English names of what annotators also state of a normal ECG; every other finding is abnormal."""


def contradiction(called: Sequence[Finding], alone: Collection[str] = ()) -> str:
    """``contradictory: normal beside atrial fibrillation``, or nothing where the findings called do not contradict each other.

    Parameters
    ----------
    alone
        Codes of the vocabulary's findings that stand alone, beside those of a normal ECG.
    """
    lonely = {*NORMAL_CODES, *alone}
    normal = [finding.name for finding in called if finding.code in lonely]
    abnormal = [finding.name for finding in called if finding.code not in lonely and finding.name.casefold() not in NAMES_BESIDE_NORMAL]
    return f"contradictory: {', '.join(normal)} beside {', '.join(abnormal)}" if normal and abnormal else ""
