"""jaccardio: ECG models that read findings as language. Research software, not a medical device.

The names below are loaded on first use, so that ``import jaccardio`` stays quick and never imports torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from jaccardio.cohort.store import Store
    from jaccardio.findings.vocabulary import Vocabulary
    from jaccardio.models.create import create_model
    from jaccardio.prediction.predictor import Predictor
    from jaccardio.recording.readers import read_ecg
    from jaccardio.recording.recording import Recording

__all__ = ["Predictor", "Recording", "Store", "Vocabulary", "__version__", "create_model", "read_ecg"]

_HOMES = {
    "Predictor": "jaccardio.prediction.predictor",
    "Recording": "jaccardio.recording.recording",
    "Store": "jaccardio.cohort.store",
    "Vocabulary": "jaccardio.findings.vocabulary",
    "create_model": "jaccardio.models.create",
    "read_ecg": "jaccardio.recording.readers",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'jaccardio' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
