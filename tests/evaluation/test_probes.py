"""A probe is a plain scikit-learn regression of the known labels, with the setting that validation likes best."""

import importlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from jaccardio.errors import DataError, MissingError
from jaccardio.evaluation import probes
from jaccardio.evaluation.probes import GRID, fit_probes, probe_scores

Part = tuple[NDArray[np.float32], NDArray[np.int8]]


@pytest.fixture(scope="module")
def parts() -> tuple[Part, Part, Part]:
    """Train, validation and test: 3 findings, features of very different scale, unknown labels."""
    rng = np.random.default_rng(0)
    scale = np.array([100.0, 1.0, 0.01, 1.0, 1.0])
    made = []
    for n in (160, 120, 90):
        z = rng.normal(size=(n, 5))
        labels = (z[:, :3] + rng.normal(0, 1, (n, 3)) > 0.5).astype(np.int8)
        labels[rng.random((n, 3)) < 0.1] = -1
        made.append(((z * scale + 3).astype(np.float32), labels))
    return made[0], made[1], made[2]


def test_a_probe_is_the_plain_regression_that_validation_likes_best(parts: tuple[Part, Part, Part]) -> None:
    (x, y), (vx, vy), (tx, _) = parts
    fitted = fit_probes(x, y, vx, vy)
    scores = probe_scores(fitted, tx)
    for column, probe in enumerate(fitted):
        known, judged = y[:, column] >= 0, vy[:, column] >= 0
        losses: dict[str, float] = {}
        expected: dict[str, NDArray[np.float64]] = {}
        for standardised in (True, False):
            scaler = StandardScaler(with_mean=standardised, with_std=standardised).fit(x[known].astype(float))
            for strength in GRID:
                model = LogisticRegression(C=strength, max_iter=1000).fit(scaler.transform(x[known].astype(float)), y[known, column])
                key = f"C {strength:g}" + (" standardised" if standardised else "")
                losses[key] = log_loss(vy[judged, column], model.predict_proba(scaler.transform(vx[judged].astype(float)))[:, 1])
                expected[key] = model.predict_proba(scaler.transform(tx.astype(float)))[:, 1]
        assert probe.setting == min(losses, key=lambda key: losses[key])
        assert scores[:, column] == pytest.approx(expected[probe.setting], abs=1e-9)
    assert len({probe.setting for probe in fitted}) > 1  # else the choice is not tested


def test_unknown_labels_take_no_part(parts: tuple[Part, Part, Part]) -> None:
    (x, y), (vx, vy), (tx, _) = parts
    fitted = probe_scores(fit_probes(x, y[:, :1], vx, vy[:, :1]), tx)
    rows, judged = y[:, 0] >= 0, vy[:, 0] >= 0
    assert not rows.all()
    without = fit_probes(x[rows], y[rows, :1], vx[judged], vy[judged, :1])
    assert (probe_scores(without, tx) == fitted).all()


def test_a_finding_without_positives_or_negatives_is_scored_at_its_prevalence(parts: tuple[Part, Part, Part]) -> None:
    (x, _), (vx, vy), (tx, _) = parts
    labels = np.zeros((len(x), 3), np.int8)
    labels[:, 1] = 1
    labels[:, 2] = -1
    fitted = fit_probes(x, labels, vx, vy)
    assert all(probe.setting == "constant" for probe in fitted)
    scores = probe_scores(fitted, tx)
    assert (scores == scores[0]).all()
    assert scores[0] == pytest.approx([0.5 / 161, 160.5 / 161, 0.5])


def test_a_finding_that_validation_does_not_know_takes_the_strongest_penalty(parts: tuple[Part, Part, Part]) -> None:
    (x, y), (vx, vy), _ = parts
    (probe,) = fit_probes(x, y[:, :1], vx, np.full_like(vy[:, :1], -1))
    assert probe.setting == f"C {min(GRID):g} standardised"


def test_a_constant_feature_does_not_divide_by_zero(parts: tuple[Part, Part, Part]) -> None:
    (x, y), (vx, vy), (tx, _) = parts
    constant = [np.column_stack([table, np.full(len(table), 7.0)]) for table in (x, vx, tx)]
    scores = probe_scores(fit_probes(constant[0], y, constant[1], vy), constant[2])
    assert np.isfinite(scores).all()


def test_what_does_not_belong_together_is_refused(parts: tuple[Part, Part, Part]) -> None:
    (x, y), (vx, vy), _ = parts
    with pytest.raises(DataError, match="do not belong together"):
        fit_probes(x, y[:-1], vx, vy)
    with pytest.raises(DataError, match="do not belong together"):
        fit_probes(x, y, vx[:, :-1], vy)
    with pytest.raises(DataError, match="not a finite number"):
        fit_probes(np.where(x > 3, np.nan, x), y, vx, vy)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, parts: tuple[Part, Part, Part]) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    (x, y), (vx, vy), _ = parts
    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(MissingError, match=r"jaccardio\[probe\]"):
        probes.fit_probes(x, y, vx, vy)
