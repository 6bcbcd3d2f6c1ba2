"""The methods of `METHODS` on one footing: the preset `jaccardio-small`, the network alone.

Encoder, data, budget, augmentation, text treatment (whitened sentence vectors) and threshold search are the footing's; the method is what
differs. The form of the model is not equal: methods on captions take the paper's (a trained layer on either side to unit vectors of length
256, one bias, a trained scale from 10), those on single findings the preset's, and `truth-prototypes` the preset's with a trained layer on
either side. Between the kinds a difference is one of objective and form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaccardio.contrast.methods import METHODS, Method
from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.training.config import TrainConfig, load_preset

FOOTING = "jaccardio-small"
"""The preset that every objective starts from."""

NETWORK_ALONE = "model.evidence=false"
"""What measurements say owes nothing to an objective, and would stand in for an encoder that was never trained."""

REFERENCE = "classifier"
"""The objective that the others are measured against: supervised learning without sentences."""

ALWAYS_FINALISTS = ("siglip", "paper", "jaccard-soft", "truth", REFERENCE)
"""Tuned and tested whatever their rank in the screening."""

PAPER_MODEL = (
    "model.embedding=256",
    "model.normalise_ecg=true",
    "model.bias=scalar",
    "model.initial_scale=10.0",
    "model.train_scale=true",
)
"""The form of the model for methods on captions."""


@dataclass(frozen=True)
class Entry:
    """One objective of the comparison.

    Attributes
    ----------
    settings
        What it sets on top of the footing: ``method=NAME``, and ``section.key=value``.
    description, source, needs_groups
        Those of the method.
    """

    name: str
    settings: tuple[str, ...]
    description: str
    source: str
    needs_groups: bool = False

    def configure(self, footing: Sequence[str], tuned: Sequence[str] = ()) -> TrainConfig:
        """The whole configuration: preset, no evidence, settings of the footing, then this objective's, then what tuning or the seed set.

        Raises
        ------
        UsageError
            A setting has an unknown key or a value that does not fit.
        """
        config = load_preset(FOOTING, (NETWORK_ALONE, *footing, *self.settings, *tuned))
        return config.model_copy(update={"preset": f"{FOOTING} as {self.name}", "description": self.description})


def _entry(name: str, method: Method) -> Entry:
    form: tuple[str, ...] = PAPER_MODEL if method.objective.statements == "captions" else ()
    if method.prototypes and not form:
        form = ("model.embedding=256",)  # without a layer over the sentences the regulariser has nothing to train
    return Entry(name, (f"method={name}", *form), method.cell, method.source, method.needs_groups)


OBJECTIVES: Mapping[str, Entry] = {name: _entry(name, method) for name, method in METHODS.items()}
"""Objectives by name, in the order of tables."""

CONTROLS: tuple[Entry, ...] = tuple(
    Entry(name, ("method=truth", setting), f"{METHODS['truth'].cell}, {setting}", source)
    for name, setting, source in (
        ("random-encoder", "training.frozen_encoder=true", "control: what the encoder's training adds"),
        ("random-vectors", "model.text=random", "control: what the sentences' meaning adds"),
    )
)
"""Trained beside every comparison at default settings; no tuning."""


def choose(names: str, vocabulary: Vocabulary) -> tuple[tuple[Entry, ...], dict[str, str]]:
    """The objectives asked for, in the order of the table, without repetition.

    Parameters
    ----------
    names
        ``all``, or names with commas between them.
    vocabulary
        The findings to be learned; an objective that they cannot carry is left out of ``all``.

    Returns
    -------
    The objectives, and name -> reason of those left out.

    Raises
    ------
    UsageError
        An unknown name, no name, or one named that the vocabulary cannot carry.
    """
    wanted = set(OBJECTIVES) if names == "all" else {name.strip() for name in names.split(",") if name.strip()}
    if not wanted:
        raise UsageError(f"--objectives names none; use all, or some of {', '.join(OBJECTIVES)}.")
    if unknown := sorted(wanted - set(OBJECTIVES)):
        raise UsageError(f"unknown objective {', '.join(unknown)}; available: {', '.join(OBJECTIVES)}.")
    entries = [entry for name, entry in OBJECTIVES.items() if name in wanted]
    lacking = [entry.name for entry in entries if entry.needs_groups and not vocabulary.group_names]
    left_out = dict.fromkeys(lacking, f"vocabulary {vocabulary.name} has no groups")
    if left_out and names != "all":
        raise UsageError(
            "; ".join(f"{name}: {reason}" for name, reason in left_out.items()) + ". Leave it out, or relabel the store with another."
        )
    return tuple(entry for entry in entries if entry.name not in left_out), left_out
