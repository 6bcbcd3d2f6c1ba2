"""What pages, cards and Markdown call policies, recalibrations and verdicts."""

from collections.abc import Mapping

from jaccardio.evaluation.thresholds import ORACLE

POLICY_TITLES: Mapping[str, str] = {
    "fixed": "Fixed, 0.5",
    "global": "Global: one threshold, fitted on validation",
    "per_finding": "Per finding, fitted on validation",
    ORACLE: "Oracle, not a result: best F1 of each finding on the tested ECGs themselves, a bound of macro-F1 alone",
}
METHOD_TITLES: Mapping[str, str] = {"as_is": "as they are", "temperature": "temperature", "platt": "Platt"}
VERDICTS = (
    "Held: a difference in the claim's direction with Holm's p below 0.05 over patients, and p below 0.05 in a paired t test over seeds. "
    "Contradicted: one in the other direction. Open: neither, or fewer than two seeds. On these ECGs and at this scale only."
)
