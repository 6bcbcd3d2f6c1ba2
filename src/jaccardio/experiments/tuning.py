"""Tuning of one objective: a fixed number of trials on the validation part, the same search for every objective.

The search is a function of its seed and of the metrics found: asked again with the same runs at hand it takes the same steps, so nothing
of it need be stored.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jaccardio.errors import MissingError, UsageError
from jaccardio.training.config import TrainConfig

RANGES = {
    "training.learning_rate": (3e-4, 1e-2),
    "training.weight_decay": (1e-4, 1e-1),
    "model.initial_scale": (3.0, 50.0),
}
"""Log-uniform ranges, widened to hold the default where it lies outside. The initial scale is tuned for models with text only."""

SEED = 7
"""Of the first eight, one whose random trials lie on both sides of the default, for models with and without text."""

RANDOM_TRIALS = 4
"""Trials (the default's among them) before the search begins to use what it has found."""


@dataclass(frozen=True)
class Trial:
    """One setting tried.

    Attributes
    ----------
    number
        0 is the default setting: the screening run.
    settings
        As ``section.key=value``; none for trial 0.
    validation_macro_auroc
        None where the run failed or the metric is undefined.
    """

    objective: str
    number: int
    settings: tuple[str, ...]
    validation_macro_auroc: float | None


def tune(objective: str, default: TrainConfig, trials: int, score: Callable[[tuple[str, ...]], float | None]) -> list[Trial]:
    """Tries settings by tree-structured Parzen estimation (Bergstra et al. 2011), the default first.

    Parameters
    ----------
    default
        The objective's configuration without tuning.
    trials
        How many, the default included.
    score
        Validation macro-AUROC of a setting; None where there is none.
    """
    optuna = load_optuna()
    starts = _defaults(default)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=SEED, n_startup_trials=RANDOM_TRIALS))
    study.enqueue_trial(starts)
    tried = []
    for number in range(trials):
        asked = study.ask()
        values = {}
        for key, start in starts.items():
            low, high = RANGES[key]
            values[key] = asked.suggest_float(key, min(low, start), max(high, start), log=True)
        settings = tuple(f"{key}={value:.3g}" for key, value in values.items()) if number else ()
        metric = score(settings)
        study.tell(asked, metric, state=None if metric is not None else optuna.trial.TrialState.FAIL)
        tried.append(Trial(objective, number, settings, metric))
    return tried


def best(trials: list[Trial]) -> Trial:
    """The trial of highest validation macro-AUROC; of equals the earliest, and the default where no trial has a metric."""
    return max(trials, key=lambda trial: (trial.validation_macro_auroc is not None, trial.validation_macro_auroc or 0.0, -trial.number))


def load_optuna() -> Any:
    """The module optuna.

    Raises
    ------
    MissingError
        It is not installed.
    """
    try:
        optuna = importlib.import_module("optuna")
    except ImportError as error:
        raise MissingError(
            "comparing objectives tunes them with optuna, which is not installed: pip install 'jaccardio[compare]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _defaults(config: TrainConfig) -> dict[str, float]:
    document = config.model_dump()
    starts = {}
    for key in RANGES:
        section, name = key.split(".")
        if key != "model.initial_scale" or config.model.kind == "text":
            starts[key] = float(document[section][name])
    if zeros := [key for key, start in starts.items() if start <= 0]:
        raise UsageError(f"{zeros[0]} is tuned on a logarithmic scale and cannot start at 0; set it above 0.")
    return starts
