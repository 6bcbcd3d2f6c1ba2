"""Leads of a file that ecgdatakit reads (SCP-ECG, HL7 aECG, MUSE, MFER, ISHNE).

Its records hold names, ids and birth dates; its warnings stand for failed checksums; its leads keep -32768 as a value and count 1 as the
scale of what has none. So its parser is called on one file that was looked at, and nothing but leads and a few facts leaves this module.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from jaccardio.errors import ReadError
from jaccardio.recording.leads import lead_row
from jaccardio.recording.readers.formats_extra import guarded
from jaccardio.recording.readers.stored_leads import StoredLead
from jaccardio.recording.units import millivolt_factor

_REPEATED = re.compile(r"(.+)_\d+")
_BYTES = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class LibraryLeads:
    """What is kept of a parsed file.

    Attributes
    ----------
    leads
        In the file's order.
    facts
        Values of the library's `raw_metadata` that were asked for.
    warnings
        What the library said; not for users, it may repeat the file.
    annotations
        The library's remarks on each lead.
    """

    leads: tuple[StoredLead, ...]
    facts: dict[str, Any]
    warnings: tuple[str, ...]
    annotations: tuple[dict[str, str], ...]


def library_leads(
    path: Path,
    parser: str,
    kind: str,
    record: str,
    *,
    facts: Sequence[str] = (),
    missing: float | None = None,
    quote: bool = False,
) -> LibraryLeads:
    """Parses one file by one parser, chosen by us: the library's own recognition would follow a WFDB header to any file.

    Parameters
    ----------
    parser
        ``module.Class`` in `ecgdatakit.parsing.parsers`.
    kind
        Name of the format, for messages.
    facts
        Keys of `raw_metadata` to keep.
    missing
        The count that means "no sample".
    quote
        Whether the library's words on this format hold numbers only, so that they may be given as the reason.

    Raises
    ------
    ReadError
        The file is damaged, or a lead is given twice.
    """
    module, _, name = parser.partition(".")
    parse = getattr(import_module(f"ecgdatakit.parsing.parsers.{module}"), name)().parse
    parsed, warned = guarded(lambda: parse(path), record, kind, _own_words if quote else None)
    leads = []
    for lead in parsed.leads:
        repeated = _REPEATED.fullmatch(lead.label)
        if repeated and lead_row(repeated[1]) is not None:
            raise ReadError(record, "leads", "a lead is given twice", "Export each lead once.")
        counts = np.asarray(lead.samples, dtype=np.float64)
        if missing is not None:
            counts = np.where(counts == missing, np.nan, counts)
        unit = millivolt_factor(lead.resolution_unit)
        gain = (lead.resolution if lead.adc_resolution else 0.0) * unit  # the library scales by 1 where the file states nothing, or 0
        leads.append(StoredLead(lead.label, counts, gain, float(lead.sampling_rate), lead.offset * unit))
    kept = {key: parsed.raw_metadata[key] for key in facts if key in parsed.raw_metadata}
    return LibraryLeads(tuple(leads), kept, tuple(warned), tuple(dict(lead.annotations) for lead in parsed.leads))


def _own_words(error: Exception) -> str:
    """What the library says of a file; nothing where the words may be another's, or bytes of the file written out."""
    said = str(error)
    return said if type(error).__module__.startswith("ecgdatakit.") and len(said) < 200 and not _BYTES.search(said) else ""
