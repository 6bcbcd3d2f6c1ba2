"""Arrays whose rate, unit or order of leads is not as declared."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.prediction.predictor import Predictor
from jaccardio.recording.leads import LEADS
from jaccardio.recording.readers import read_ecg
from tests.conftest import Hospitals


@pytest.fixture(scope="module")
def signals(hospitals: Hospitals) -> NDArray[np.float32]:
    return np.stack([read_ecg(path).signal for path in sorted((hospitals.folder / "site-a").rglob("*.hea"))[:24]])


@pytest.fixture(scope="module")
def predictor(trained: Path) -> Predictor:
    return Predictor.from_pretrained(trained, "cpu")


def test_as_declared_nothing_is_said(predictor: Predictor, signals: NDArray[np.float32]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(predictor.predict_proba(signals, 100)).all()


@pytest.mark.parametrize(
    ("rate", "gain", "leads", "said"),
    [
        (200, 1, LEADS, "rate_suspect .* Is sampling_rate"),
        (50, 1, LEADS, "rate_suspect .* Is sampling_rate"),
        (500, 1, LEADS, "rate_suspect .* Is sampling_rate"),  # too fast for any beats to be found
        (100, 10, LEADS, "unit_suspect .* Is unit"),
        (100, 1, (*LEADS[:6], *LEADS[:5:-1]), "reversal_suspect .* Are leads in the order"),
    ],
)
def test_what_is_not_as_declared_is_asked_about(
    predictor: Predictor, signals: NDArray[np.float32], rate: float, gain: int, leads: tuple[str, ...], said: str
) -> None:
    with pytest.warns(UserWarning, match=said):
        predictor.encode(gain * signals, rate, leads=leads)
