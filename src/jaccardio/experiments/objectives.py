"""The objectives of the field as cells of the grid, all on one footing: the preset `jaccardio-small`.

Encoder, data, budget, augmentation, text treatment (whitened sentence vectors) and threshold search are the footing's. An objective adds
only what makes it that objective. The form of the model is not equal: objectives on captions take the paper's (a trained layer on either
side to unit vectors of length 256, one bias, a trained scale from 10), those on single findings the preset's, so between the two kinds a
difference is one of objective and form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.training.config import TrainConfig, load_preset

FOOTING = "jaccardio-small"
"""The preset that every objective starts from."""

REFERENCE = "classifier"
"""The objective that the others are measured against: supervised learning without sentences."""

ALWAYS_FINALISTS = ("siglip", "paper", "jaccard-soft", "truth", REFERENCE)
"""Tuned and tested whatever their screening figure."""

PAPER_MODEL = (
    "model.embedding=256",
    "model.normalise_ecg=true",
    "model.bias=scalar",
    "model.initial_scale=10.0",
    "model.train_scale=true",
)


@dataclass(frozen=True)
class Entry:
    """One objective of the comparison.

    Attributes
    ----------
    settings
        What it sets on top of the footing, as ``section.key=value``.
    description
        One line: the cell and what is particular to it.
    source
        Where it comes from.
    needs_groups
        Whether the vocabulary must have levels with groups of two findings and more.
    """

    name: str
    settings: tuple[str, ...]
    description: str
    source: str
    needs_groups: bool = False

    def configure(self, footing: Sequence[str], tuned: Sequence[str] = ()) -> TrainConfig:
        """The whole configuration: preset, then settings of the footing, then this objective's, then what tuning or the seed set.

        Raises
        ------
        UsageError
            A setting has an unknown key or a value that does not fit.
        """
        config = load_preset(FOOTING, (*footing, *self.settings, *tuned))
        return config.model_copy(update={"preset": f"{FOOTING} as {self.name}", "description": self.description})


def _captions(name: str, target: str, loss: str, source: str, *more: str) -> Entry:
    cell = ("objective.statements=captions", f"objective.target={target}", f"objective.loss={loss}", *more)
    return Entry(name, (*cell, *PAPER_MODEL), " x ".join(("captions", target, loss)) + _with(more), source)


def _findings(name: str, source: str, *more: str, statements: str = "findings", loss: str = "sigmoid", needs_groups: bool = False) -> Entry:
    cell = (f'objective.statements="{statements}"', "objective.target=truth", f"objective.loss={loss}", *more)
    return Entry(name, cell, " x ".join((statements, "truth", loss)) + _with(more), source, needs_groups)


def _with(settings: Sequence[str]) -> str:
    return f" with {', '.join(settings)}" if settings else ""


_ENTRIES = (
    _captions("siglip", "identity", "sigmoid", "SigLIP, Zhai et al. 2023, arXiv:2303.15343"),
    _captions("siglip-exact", "exact", "sigmoid", "SigLIP with equal sets forgiven, after UniCL"),
    _captions("clip", "identity", "softmax", "CLIP, Radford et al. 2021, arXiv:2103.00020"),
    _captions("merl", "identity", "softmax", "after MERL, Liu et al. 2024, arXiv:2403.06659", "objective.views=1.0"),
    _captions("unicl", "exact", "softmax", "UniCL, Yang et al. 2022, arXiv:2204.03610"),
    _captions("supcon-any", "shared", "softmax", "SupCon for many labels, variant ANY, after Khosla et al. 2020, arXiv:2004.11362"),
    _captions("ked", "label_aware", "softmax", "after ECGFM-KED, Tian et al. 2024"),
    _captions("similarity-dissimilarity", "similarity_dissimilarity", "softmax", "Huang et al. 2024, arXiv:2410.13439"),
    _captions("paper", "jaccard", "signed_sigmoid", "Takahashi et al. 2026, Listing 1 and Eq. 2"),
    _captions("jaccard-soft", "jaccard", "sigmoid", "the paper's target as a soft label"),
    _captions("dice", "dice", "sigmoid", "the Dice coefficient in the place of Jaccard's"),
    _captions("overlap", "overlap", "sigmoid", "the overlap coefficient in the place of Jaccard's"),
    _captions("idf-jaccard", "idf_jaccard", "sigmoid", "Jaccard's index with rare findings counting more"),
    _findings("truth", "jaccardio"),
    _findings("truth-parents", "jaccardio", statements="findings+parents", needs_groups=True),
    _findings("truth-negations", "jaccardio", statements="findings+negations"),
    _findings("truth-subsets", "jaccardio", statements="findings+subsets"),
    _findings("truth-captions", "jaccardio", statements="findings+captions"),
    _findings("truth-mined", "jaccardio", statements="findings+false_captions"),
    _findings("truth-asymmetric", "asymmetric loss, Ridnik et al. 2021, arXiv:2009.14119", loss="asymmetric"),
    _findings("truth-weighted", "positives weighted as in the paper's section 5.7", "objective.positive_weight=true"),
    _findings("truth-prototypes", "after ProtoECGNet, Sethi et al. 2025, arXiv:2504.08713", "objective.prototypes=1.0"),
    _findings("classifier", "supervised ResNet, the paper's section 5.7", "model.kind=classifier"),
    _findings("classifier-asymmetric", "Ridnik et al. 2021, arXiv:2009.14119", "model.kind=classifier", loss="asymmetric"),
    _findings("classifier-weighted", "the paper's section 5.7", "model.kind=classifier", "objective.positive_weight=true"),
)

OBJECTIVES: Mapping[str, Entry] = {entry.name: entry for entry in _ENTRIES}
"""Objectives by name, in the order of tables."""

CONTROLS: tuple[Entry, ...] = (
    _findings("random-encoder", "control: what the encoder's training adds", "training.frozen_encoder=true"),
    _findings("random-vectors", "control: what the sentences' meaning adds", "model.text=random"),
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
