"""`LeadTally`: which leads the records of a corpus held. A hospital whose names of leads nobody knows is told so, not halved in silence."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

HALF = 6
"""Standard leads that a record may lack while it holds signals of unknown names."""


@dataclass
class LeadTally:
    """Counts the records of a corpus as they are read.

    Attributes
    ----------
    by_leads
        Records by their number of usable leads, 1 to 12.
    unknown
        Records by the name of a signal that is no standard lead and was left out; ``other`` for names that may be free text.
    with_unknown
        Records that hold such a signal.
    halved
        Of these, the records that lack half of the standard leads or more: their leads may stand there under unknown names.
    """

    by_leads: Counter[int] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    with_unknown: int = 0
    halved: int = 0

    def add(self, usable_leads: int, flags: Sequence[str], unknown_signals: Sequence[str]) -> None:
        """Counts one record, by its flags ``missing:V1`` after the derivation of limb leads."""
        self.by_leads[usable_leads] += 1
        self.unknown.update(sorted(set(unknown_signals)))
        if unknown_signals:
            self.with_unknown += 1
            self.halved += sum(flag.startswith("missing:") for flag in flags) >= HALF
