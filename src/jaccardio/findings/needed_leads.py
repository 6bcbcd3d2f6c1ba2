"""Leads that a finding needs: items that must all be there, each one lead (``V1``) or alternatives (``V5/V6``)."""

from collections.abc import Sequence
from itertools import groupby

from jaccardio.recording.leads import LEADS

ALTERNATIVE = "/"


def is_item(text: str) -> bool:
    """Whether a text is one lead of the standard twelve, or several joined by ``/``."""
    return set(text.split(ALTERNATIVE)) <= set(LEADS)


def spell_leads(items: Sequence[str]) -> str:
    """Items for people: ``I, II and V1-V6``; ``V5 or V6``; ``(I, V5 or V6) and (V1 or V2)``."""
    parts = [_list(item.split(ALTERNATIVE), "or") for item in items if ALTERNATIVE in item]
    if len(items) > 1:
        parts = [f"({part})" for part in parts]
    single = [item for item in items if ALTERNATIVE not in item]
    runs = groupby(enumerate(single), key=lambda place: LEADS.index(place[1]) - place[0] if place[1].startswith("V") else place[1])
    spelt = [[lead for _, lead in run] for _, run in runs]
    return _list([run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in spelt] + parts, "and")


def _list(parts: Sequence[str], conjunction: str) -> str:
    return f" {conjunction} ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
