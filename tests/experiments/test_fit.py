"""From arrays to a model and back, on simulated ECGs."""

from pathlib import Path

import numpy as np
import pytest

from jaccardio import fit
from jaccardio.cohort.store import Store
from jaccardio.errors import JaccardioError, ReadError, UsageError
from jaccardio.recording.leads import LEADS
from tests.conftest import TINY, Hospitals


@pytest.mark.filterwarnings("ignore:validation part")  # it is small
def test_fit_predict_and_encode_arrays(hospitals: Hospitals, tmp_path: Path) -> None:
    store = Store.open(hospitals.home)
    rows = np.arange(90)
    signals, labels = store.signals(rows), store.labels[rows]
    broken = signals.copy()
    broken[7] *= 1e4
    with pytest.warns(UserWarning, match="1 ECGs were refused, the first: 000007"):
        predictor = fit(
            broken,
            np.where(labels < 0, np.nan, labels),
            100,
            vocabulary=store.vocabulary,
            out=tmp_path / "made",
            patients=store.records["patient_key"].tolist()[:90],
            preset="truth-small",
            settings=TINY,
        )
    assert len(Store.open(tmp_path / "made/store")) == 89
    scores = predictor.predict_proba(signals[:3], 100)
    assert scores.shape == (3, len(predictor.vocabulary))
    wanted = [[one.score for one in row] for row in predictor.predict(list_of(signals[:3]))]
    np.testing.assert_allclose(scores, wanted)
    microvolt = (signals[:3, ::-1] * 1e3).repeat(5, axis=2)
    np.testing.assert_allclose(predictor.encode(microvolt, 500, leads=LEADS[::-1], unit="uV"), predictor.encode(signals[:3], 100), atol=0.5)
    assert predictor.predict_proba(signals[:0], 100).shape == (0, len(predictor.vocabulary))
    with pytest.raises(ReadError, match="000001"):
        predictor.predict_proba(broken[6:8], 100)
    with pytest.raises(UsageError, match="not empty"):
        fit(signals, labels, 100, vocabulary="paper26", out=tmp_path / "made")


def test_what_cannot_be_trained_leaves_no_store_behind(hospitals: Hospitals, tmp_path: Path) -> None:
    signals = Store.open(hospitals.home).signals(np.arange(30))
    labels = np.ones((30, 26))
    for words in ({"device": "tpu"}, {"settings": ["model.language=xx"]}, {"patients": [1] * 30}):
        with pytest.raises(JaccardioError):
            fit(signals, labels, 100, vocabulary="paper26", out=tmp_path / "made", **{"preset": "truth-small", "settings": TINY} | words)
        assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.filterwarnings("ignore:validation part", "ignore:1 findings were not learned")
@pytest.mark.parametrize(
    ("rate", "gain", "said"), [(200, 1, "rate_suspect .* Is sampling_rate"), (500, 1, "rate_suspect"), (100, 10, "unit_suspect .* Is unit")]
)
def test_arrays_that_are_not_as_declared_are_asked_about(hospitals: Hospitals, tmp_path: Path, rate: int, gain: int, said: str) -> None:
    signals = gain * Store.open(hospitals.home).signals(np.arange(30))
    with pytest.warns(UserWarning, match=said):
        fit(signals, np.ones((30, 26)), rate, vocabulary="paper26", out=tmp_path / "made", preset="truth-small", settings=TINY)


@pytest.mark.filterwarnings("ignore:validation part", "ignore:1 findings were not learned")  # normal stands alone
def test_a_tiny_one_sided_cohort_is_warned_of(hospitals: Hospitals, tmp_path: Path) -> None:
    signals = Store.open(hospitals.home).signals(np.arange(30))
    with pytest.warns(UserWarning, match="every known label is present"):
        fit(signals, np.ones((30, 26)), 100, vocabulary="paper26", out=tmp_path / "made", preset="truth-small", settings=TINY)


def test_what_the_leads_cannot_show_is_nan(hospitals: Hospitals, trained: Path) -> None:
    from jaccardio import Predictor

    predictor = Predictor.from_pretrained(trained, device="cpu")
    signals = Store.open(hospitals.home).signals(np.arange(2))
    scores = predictor.predict_proba(signals[:, 1:2], 100, leads=["II"])
    for finding, column in zip(predictor.vocabulary.findings, scores.T, strict=True):
        assert np.isnan(column).all() == bool(finding.lacking(["II"])), finding.code
    assert 0 < np.isnan(scores[0]).sum() < scores.shape[1]


def list_of(signals: np.ndarray) -> list[object]:
    from jaccardio import Recording

    return [Recording.from_array(signal, 100) for signal in signals]
