"""Which answers an ECG cannot give for want of leads, and why."""

import numpy as np
from numpy.typing import NDArray

from jaccardio.findings.needed_leads import spell_leads
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.leads import LEADS


def withheld(vocabulary: Vocabulary, partial_leads: bool, lead_mask: NDArray[np.bool_]) -> tuple[str, ...]:
    """Why an ECG with these leads, (12,), cannot answer, per finding; empty where it can.

    Parameters
    ----------
    partial_leads
        Whether training showed the model ECGs without some of their leads; one that it did not answers for complete ECGs only.
    """
    leads = [lead for lead, recorded in zip(LEADS, lead_mask, strict=True) if recorded]
    if len(leads) < len(LEADS) and not partial_leads:
        return ("needs all 12 leads: the model was trained on complete ECGs only",) * len(vocabulary)
    lacking = [finding.lacking(leads) for finding in vocabulary.findings]
    return tuple(f"needs {spell_leads(items)}" if items else "" for items in lacking)


def withheld_answers(vocabulary: Vocabulary, partial_leads: bool, lead_masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n, findings) True where `withheld` names a reason, of ECGs with these leads (n, 12)."""
    masks, mask_of = np.unique(lead_masks, axis=0, return_inverse=True)
    return np.array([[bool(reason) for reason in withheld(vocabulary, partial_leads, mask)] for mask in masks])[mask_of.reshape(-1)]
