"""Three states of a label. Unknown is not absent: it is masked from targets, losses and metrics and is null in files.

A label matrix is int8 of shape (n, findings) with these values; ``labels >= 0`` is the mask of what is known.
"""

from enum import IntEnum


class LabelState(IntEnum):
    """State of one finding in one ECG."""

    UNKNOWN = -1
    ABSENT = 0
    PRESENT = 1


PRESENT, ABSENT, UNKNOWN = int(LabelState.PRESENT), int(LabelState.ABSENT), int(LabelState.UNKNOWN)
