"""What a table or an array of numbers does not say of itself: unit, sampling rate and lead names, declared beside the numbers."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.quality import contradicts_einthoven
from jaccardio.recording.readers.named_signals import recording_of
from jaccardio.recording.readers.record_files import open_regular
from jaccardio.recording.recording import SIMULATED_COMMENT, Recording
from jaccardio.recording.units import millivolt_factor

KEYS = ("unit", "sampling_rate", "leads")
"""``unit``: nV, uV, mV or V. ``sampling_rate``: Hz. ``leads``: names in the order of the signals."""

_MAXIMUM_SIDECAR_BYTES = 65_536
_VALUES = {"unit": "uV", "sampling_rate": "500", "leads": "I, II, III, aVR, aVL, aVF, V1, V2, V3, V4, V5, V6"}


@dataclass(frozen=True)
class Declaration:
    """Checked facts of one file.

    Attributes
    ----------
    millivolt
        In one unit.
    sampling_rate
        Hz, any number: the range is checked with the signals.
    leads
        Names of the signals, as written.
    simulated
        Whether ``comment`` says that the ECG is no patient's.
    """

    millivolt: float
    sampling_rate: float
    leads: tuple[str, ...]
    simulated: bool

    @classmethod
    def of(cls, found: Mapping[str, Any], record: str, where: str) -> "Declaration":
        """Checks what was found.

        Parameters
        ----------
        found
            By the names of `KEYS`; further ones are passed over. MATLAB writes one value as a list of one.
        where
            How one declares such a file, for messages; ``{key}`` and ``{value}`` stand for an example.

        Raises
        ------
        ReadError
            A key is absent or no unit, number or list of names; the message says what to write.
        """
        found = {key: value[0] if isinstance(value, list) and len(value) == 1 and key != "leads" else value for key, value in found.items()}
        for key in KEYS:
            if found.get(key) in (None, "", []):
                raise ReadError(record, key.replace("_", " "), "not declared", where.format(key=key, value=_VALUES[key]))
        millivolt = millivolt_factor(str(found["unit"]))
        if math.isnan(millivolt):
            raise ReadError(record, "unit", "not a unit of voltage", "Declare nV, uV, mV or V.")
        try:
            rate = float(found["sampling_rate"])
        except (TypeError, ValueError):
            raise ReadError(record, "sampling rate", "not a number", "Declare it in Hz, for example 500.") from None
        leads = found["leads"]
        names = leads.split(",") if isinstance(leads, str) else leads
        if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
            raise ReadError(record, "leads", "not a list of names", f"Declare for example {_VALUES['leads']}.")
        return cls(millivolt, rate, tuple(name.strip() for name in names), found.get("comment") == SIMULATED_COMMENT)

    def recording(self, values: NDArray[Any], record: str) -> Recording:
        """The recording that numbers of this declaration make.

        Parameters
        ----------
        values
            (signals, samples) or (samples, signals) real numbers; NaN where a sample is missing.

        Raises
        ------
        ReadError
            The shape does not fit the leads; the limb leads contradict each other, so the names are in another order; or as `recording_of`.
        """
        if values.ndim != 2 or values.dtype.kind not in "fiu" or len(self.leads) not in values.shape:
            reason = f"{values.dtype.name} of shape {values.shape}, but {len(self.leads)} leads are declared"
            raise ReadError(record, "signal", reason, "Give one ECG as real numbers, (leads, samples) or (samples, leads).")
        signals = (values if len(values) == len(self.leads) else values.T).astype(np.float64) * self.millivolt
        counts = values.dtype.kind in "iu" or np.array_equal(values, np.rint(values))
        scale = self.millivolt if counts else None
        made = recording_of(signals, self.leads, self.sampling_rate, record, millivolt_per_count=scale, simulated=self.simulated)
        if contradicts_einthoven(made.signal, made.lead_mask):
            reason = "they contradict each other (lead III is not II - I): the leads are not in the order declared"
            raise ReadError(record, "limb leads", reason, "Declare the leads in the order in which they stand.")
        return made


def sidecar(path: Path, record: str) -> dict[str, Any]:
    """The declaration in the JSON file of the same name beside `path` (``x.json`` beside ``x.npy``); empty where there is none.

    Raises
    ------
    ReadError
        It is too large, or no JSON object.
    """
    beside = path.with_suffix(".json")
    if not beside.exists():
        return {}
    with open_regular(beside, record, "declaration", "Put it beside the file.") as (file, size):
        data = file.read(_MAXIMUM_SIDECAR_BYTES) if size <= _MAXIMUM_SIDECAR_BYTES else b""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        remedy = 'Write for example {"unit": "uV", "sampling_rate": 500, "leads": ["I", "II"]}.'
        raise ReadError(record, "declaration", "the .json file beside it is no JSON object", remedy)
    return found
