"""Answers that leads cannot give."""

import numpy as np

from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.withheld import withheld, withheld_answers
from jaccardio.recording.leads import LEADS


def test_it_is_withheld_where_a_needed_lead_is_missing() -> None:
    vocabulary = Vocabulary.load("paper26")
    masks = np.array([[True] * 12, [lead != "V1" for lead in LEADS], [True] * 6 + [False] * 6, [True] * 12])
    for partial in (True, False):
        answers = withheld_answers(vocabulary, partial, masks)
        assert answers.shape == (4, len(vocabulary))
        for mask, row in zip(masks, answers, strict=True):
            leads = [lead for lead, recorded in zip(LEADS, mask, strict=True) if recorded]
            lacking = [not mask.all() if not partial else bool(finding.lacking(leads)) for finding in vocabulary.findings]
            assert row.tolist() == lacking == [bool(reason) for reason in withheld(vocabulary, partial, mask)]
        assert not answers[[0, 3]].any()
        assert answers[2].any()
