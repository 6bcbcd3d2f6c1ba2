"""jaccardio: ECG models that read findings as language. Research software, not a medical device.

The names below are loaded on first use, so that ``import jaccardio`` stays quick and never imports torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from jaccardio.cohort.from_arrays import recordings_of, write_store
    from jaccardio.cohort.store import Store
    from jaccardio.experiments.fit import fit
    from jaccardio.findings.vocabulary import Vocabulary
    from jaccardio.models.create import create_model
    from jaccardio.prediction.predictor import Predictor
    from jaccardio.recording.readers import read_ecg
    from jaccardio.recording.recording import Recording

__all__ = [
    "Predictor",
    "Recording",
    "Store",
    "Vocabulary",
    "__version__",
    "create_model",
    "fit",
    "read_ecg",
    "recordings_of",
    "write_store",
]

_HOMES = {
    "Predictor": "jaccardio.prediction.predictor",
    "Recording": "jaccardio.recording.recording",
    "Store": "jaccardio.cohort.store",
    "Vocabulary": "jaccardio.findings.vocabulary",
    "create_model": "jaccardio.models.create",
    "fit": "jaccardio.experiments.fit",
    "read_ecg": "jaccardio.recording.readers",
    "recordings_of": "jaccardio.cohort.from_arrays",
    "write_store": "jaccardio.cohort.from_arrays",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'jaccardio' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
