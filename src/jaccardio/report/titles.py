"""What pages, cards and Markdown call policies, levels and recalibrations."""

from collections.abc import Mapping

from jaccardio.evaluation.thresholds import ORACLE

POLICY_TITLES: Mapping[str, str] = {
    "fixed": "Fixed, 0.5",
    "global": "Global: one threshold, fitted on validation",
    "per_finding": "Per finding, fitted on validation",
    ORACLE: "Oracle, not a result: best F1 of each finding on the tested ECGs themselves, a bound of macro-F1 alone",
}
LEVEL_TITLES: Mapping[str, str] = {
    "all": "All statements",
    "diagnostic": "Diagnostic statements",
    "sub": "Diagnostic subclasses",
    "super": "Diagnostic superclasses",
    "form": "Form statements",
    "rhythm": "Rhythm statements",
}
METHOD_TITLES: Mapping[str, str] = {"as_is": "as they are", "temperature": "temperature", "platt": "Platt"}
