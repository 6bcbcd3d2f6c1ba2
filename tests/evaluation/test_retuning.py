"""Labelled local ECGs: drawn by patients, judged on the others, against a plain loop."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from jaccardio.evaluation import retuning
from jaccardio.evaluation.drift import by_random_patients
from jaccardio.evaluation.retuning import DRAWS, micro_f1, retune
from jaccardio.evaluation.thresholds import Thresholds, fit_thresholds

from .cases import Case, random_case


def _home(case: Case, value: float) -> Thresholds:
    return Thresholds({policy: np.full(len(case.codes), value) for policy in ("fixed", "global", "per_finding")})


def test_micro_f1_is_scikit_learns_over_known_cells(case: Case) -> None:
    decisions = case.scores >= 0.4
    known = case.labels >= 0
    assert micro_f1(case.labels, decisions) == pytest.approx(f1_score(case.labels[known], decisions[known]))
    assert np.isnan(micro_f1(np.zeros_like(case.labels), decisions))


def test_thresholds_that_do_not_fit_are_mended_by_local_labels() -> None:
    case = random_case(n=600, k=4)
    rows = retune(case.labels, case.scores, case.patients, _home(case, 0.95))
    assert {size for size, _ in rows} == {0, 20, 50, 100, 200}
    (none, none_again), (many, many_again), (_, few_again) = (rows[size, "global"] for size in (0, 200, 20))
    known = case.labels >= 0
    assert none == none_again == [pytest.approx(f1_score(case.labels[known], case.scores[known] >= 0.95))]
    assert len(many) == DRAWS
    assert (many_again > many + 0.2).all()
    assert many_again.std() < few_again.std()


def test_each_policy_decides_by_its_own_thresholds() -> None:
    case = random_case(n=600, k=4)
    home = Thresholds({"global": np.full(4, 0.5), "per_finding": np.array([0.7, 0.2, 0.6, 0.3])})
    rows = retune(case.labels, case.scores, case.patients, home)
    chosen = by_random_patients(case.patients, np.random.default_rng([0, 0]))[:200]
    fitted = fit_thresholds(case.labels[chosen], case.scores[chosen])
    judged = ~np.isin(case.patients, case.patients[chosen])

    def by_hand(values: np.ndarray, among: np.ndarray) -> float:
        cells = [
            (int(y), s >= t) for row in np.flatnonzero(among) for y, s, t in zip(case.labels[row], case.scores[row], values, strict=True)
        ]
        return float(f1_score(*zip(*[cell for cell in cells if cell[0] >= 0], strict=True)))

    for policy in ("global", "per_finding"):
        assert rows[0, policy][0] == pytest.approx([by_hand(home[policy], np.ones(600, np.bool_))])
        assert rows[200, policy][0, 0] == pytest.approx(by_hand(home[policy], judged))
        assert rows[200, policy][1, 0] == pytest.approx(by_hand(fitted[policy], judged))
    assert rows[0, "global"][0] != pytest.approx(rows[0, "per_finding"][0])
    assert rows[200, "global"][1, 0] != pytest.approx(rows[200, "per_finding"][1, 0])


def test_the_labelled_ecgs_and_their_patients_do_not_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retuning, "SIZES", (50,))
    case = random_case(n=200, k=2)
    seen: list[int] = []

    class Spy(Thresholds):
        def decide(self, scores: np.ndarray, policy: str = "global") -> np.ndarray:
            seen.append(len(scores))
            return super().decide(scores, policy)

    home = Spy(_home(case, 0.5).values)
    retune(case.labels, case.scores, case.patients, home)
    counts = {patient: int((case.patients == patient).sum()) for patient in set(case.patients)}
    assert max(counts.values()) > 1
    assert max(seen) <= 150
    assert min(seen) < 150  # the patient at the border has further ECGs, and they are out too


def test_sizes_beyond_half_of_the_ecgs_are_left_out(case: Case) -> None:
    assert {size for size, _ in retune(case.labels[:90], case.scores[:90], case.patients[:90], _home(case, 0.5))} == {0, 20}
