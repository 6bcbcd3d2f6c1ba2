"""Calls that cannot both be right: "normal" beside an abnormal finding. A model scores each finding alone and may call both."""

from collections.abc import Sequence

from jaccardio.findings.vocabulary import Finding

NORMAL_CODES = ("NORM", "normal")
"""The finding "normal ECG" in the vocabularies that have one."""

NAMES_BESIDE_NORMAL = ("sinus rhythm", "sinus arrhythmia", "sinus bradycardia", "sinus tachycardia")
"""English names of what annotators also state of a normal ECG; every other finding is abnormal."""


def contradiction(called: Sequence[Finding]) -> str:
    """``contradictory: normal beside atrial fibrillation``, or nothing where the findings called do not contradict each other."""
    abnormal = [
        finding.names["en"]
        for finding in called
        if finding.code not in NORMAL_CODES and finding.names["en"].casefold() not in NAMES_BESIDE_NORMAL
    ]
    normal = any(finding.code in NORMAL_CODES for finding in called)
    return f"contradictory: normal beside {', '.join(abnormal)}" if normal and abnormal else ""
