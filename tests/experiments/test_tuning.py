"""The search: the default first, the same steps whenever it is asked again, nothing outside its ranges."""

import sys

import pytest

from jaccardio.errors import MissingError, UsageError
from jaccardio.experiments.objectives import OBJECTIVES
from jaccardio.experiments.tuning import RANGES, Trial, best, load_optuna, tune


def _values(trial: Trial) -> dict[str, float]:
    return {key: float(value) for key, value in (setting.split("=") for setting in trial.settings)}


def _near_a_thousandth(settings: tuple[str, ...]) -> float:
    """A figure that is best at a learning rate of 1e-3."""
    rate = dict(setting.split("=") for setting in settings).get("training.learning_rate", "2e-3")
    return 1 - abs(float(rate) - 1e-3)


def test_the_search_begins_with_the_default_and_repeats_itself() -> None:
    config = OBJECTIVES["truth"].configure(())
    first, again = (tune("truth", config, 8, _near_a_thousandth) for _ in range(2))
    assert first == again
    assert first[0] == Trial("truth", 0, (), _near_a_thousandth(()))
    assert [trial.number for trial in first] == list(range(8))
    assert len({trial.settings for trial in first}) == 8
    for trial in first[1:]:
        assert set(_values(trial)) == set(RANGES)
        assert all(RANGES[key][0] * 0.99 <= value <= RANGES[key][1] for key, value in _values(trial).items())
        OBJECTIVES["truth"].configure((), trial.settings)


def test_the_search_uses_what_it_has_found() -> None:
    config = OBJECTIVES["truth"].configure(())
    one = tune("truth", config, 8, _near_a_thousandth)
    other = tune("truth", config, 8, lambda settings: -_near_a_thousandth(settings))
    assert [trial.settings for trial in one[:4]] == [trial.settings for trial in other[:4]]
    assert [trial.settings for trial in one[4:]] != [trial.settings for trial in other[4:]]


def test_a_classifier_has_no_scale_to_tune() -> None:
    trials = tune("classifier", OBJECTIVES["classifier"].configure(()), 2, lambda _: 0.5)
    assert set(_values(trials[1])) == {"training.learning_rate", "training.weight_decay"}


def test_a_failed_trial_is_kept_and_not_chosen() -> None:
    figures = iter([0.5, None, 0.7, 0.7])
    trials = tune("truth", OBJECTIVES["truth"].configure(()), 4, lambda _: next(figures))
    assert [trial.validation_macro_auroc for trial in trials] == [0.5, None, 0.7, 0.7]
    assert best(trials).number == 2
    assert best([Trial("truth", 0, (), None), Trial("truth", 1, ("a.b=1",), None)]).number == 0


def test_a_default_outside_the_range_widens_it_and_zero_is_refused() -> None:
    trials = tune("truth", OBJECTIVES["truth"].configure(("training.learning_rate=0.5",)), 3, lambda _: 0.5)
    assert trials[0].settings == ()
    with pytest.raises(UsageError, match=r"training.weight_decay .* cannot start at 0"):
        tune("truth", OBJECTIVES["truth"].configure(("training.weight_decay=0",)), 2, lambda _: 0.5)


def test_without_optuna_the_way_to_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingError, match=r"pip install 'jaccardio\[compare\]'"):
        load_optuna()
