"""The models that the paper's tables are made of, each defined once: a run that two tables show is trained once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from jaccardio.findings.families import FAMILIES
from jaccardio.paper.scales import Scale
from jaccardio.training.config import TrainConfig, load_preset

OURS = "jaccardio-small"
"""The preset that stands beside the paper's models."""

DEMO = ("siglip-small", "paper-small", "truth-small")
"""The presets that the demo compares."""

LANGUAGES: Mapping[str, str] = {"japanese": "ja", "english": "en"}
"""Languages that the models of the sister paper's recipe are trained in, and each is asked in both."""

_NETWORK = ("model.score_parts=[1]", "model.evidence=false")
"""How runs of the brief schedule are scored: by the network alone, which sees an ECG in one piece."""

_STANDARD, _SOFT = ("method=siglip",), ("method=jaccard-soft",)
_EQUAL_SETS = ("objective.target=exact",)
_NARROW, _WIDE, _WIDER = ("model.embedding=128",), ("model.embedding=256",), ("model.embedding=512",)
_WHOLE = ("data.crop_seconds=0",)
_INFONCE = (*_WIDE, "method=clip", f"model.initial_scale={1 / 0.07}")
_FIXED_INFONCE = (*_INFONCE, "model.train_scale=false", "data.caption_order=random")


@dataclass(frozen=True)
class PaperRun:
    """One model at any scale.

    Attributes
    ----------
    name
        As tables call it; ``{text}`` stands for the text encoder, ``{epochs}`` for the length.
    settings
        What makes it that model, on top of the scale's preset (method `paper` with random crops): ``method=NAME`` and
        ``section.key=value``.
    schedule
        ``short`` or ``long`` (the paper's two), ``own``: that of its own preset, or ``brief``: what half an hour allows.
    longer
        Which of the scale's two longer lengths takes the place of the schedule's.
    text
        Which of the scale's text encoders.
    supervised
        Whether the scale's settings of the supervised ResNet belong to it.
    preset
        Where it starts from; None is the scale's preset.
    aside
        Whether one seed is enough: no claim of the paper's own tables rests on it.
    repeats
        How many times the epochs of its schedule: a run on a share of the ECGs then takes as many steps as one on all.
    """

    name: str
    settings: tuple[str, ...] = ()
    schedule: Literal["short", "long", "own", "brief"] = "short"
    longer: Literal[0, 1] | None = None
    text: int = 0
    supervised: bool = False
    preset: str | None = None
    aside: bool = False
    repeats: int = 1

    def configure(self, scale: Scale, seed: int) -> TrainConfig:
        """The whole configuration at a scale.

        Raises
        ------
        UsageError
            A setting does not fit.
        """
        preset = self.preset or scale.preset
        settings = (
            f"data.sampling_rate={scale.sampling_rate}",
            f"model.text={scale.texts[self.text]}",
            *scale.common,
            *scale.schedules[self.schedule],
            *(() if self.longer is None else _of_length(scale.longer[self.longer])),
            *(scale.supervised if self.supervised else ()),
            *self.settings,
            f"training.seed={seed}",
        )
        config = load_preset(preset, settings)
        if self.repeats == 1:
            return config
        epochs, every = (config.training.epochs or 0) * self.repeats, config.training.validate_every * self.repeats
        return load_preset(preset, (*settings, f"training.epochs={epochs}", f"training.validate_every={every}"))

    def title(self, scale: Scale) -> str:
        """The name at a scale."""
        return self.name.format(text=scale.texts[self.text], epochs=scale.longer[self.longer or 0])


def _of_length(epochs: int) -> tuple[str, ...]:
    """Settings that make a run of any length comparable: a tenth of it is warm-up, and the best of some twelve epochs is taken."""
    return (f"training.epochs={epochs}", "training.warmup=0.1", f"training.validate_every={max(1, epochs // 12)}")


def left_out_run(vocabulary: str, family: str) -> str:
    """Name of the run that leaves a family of a vocabulary out."""
    return f"ours-without-{vocabulary}-{family}"


SHARES = (0.01, 0.1, 1.0)
"""Shares of the training patients whose labels are kept."""

_LABELS = {
    f"labels-{share:g}-{kind}": PaperRun(
        f"{100 * share:g} % of the labels, {words}",
        (*_NETWORK, f"data.labelled={share}", f"method={method}"),
        "brief",
        preset=OURS,
        repeats=1 if kind == "with" else round(1 / share),
    )
    for share in SHARES
    for kind, words, method in (
        ("without", "no measured statements", "truth"),
        ("with", "measured statements of all ECGs", "truth-measured"),
    )
}

RUNS: Mapping[str, PaperRun] = {
    "standard": PaperRun("standard SigLIP", (*_STANDARD, *_NARROW, *_WHOLE)),
    "equal-sets": PaperRun("equal sets alone", (*_EQUAL_SETS, *_NARROW, *_WHOLE)),
    "jaccard": PaperRun("Jaccard loss, text {text}", (*_NARROW, *_WHOLE)),
    "soft": PaperRun("soft Jaccard, text {text}", (*_SOFT, *_NARROW, *_WHOLE)),
    "truth": PaperRun("truth of single findings, text {text}", ("method=truth", "model.initial_bias=mean-target", *_NARROW, *_WHOLE)),
    "embedding-256": PaperRun("embedding 256", (*_WIDE, *_WHOLE)),
    "embedding-512": PaperRun("embedding 512", (*_WIDER, *_WHOLE), aside=True),
    "crop": PaperRun("256, random crop", _WIDE),
    "final": PaperRun("256, random crop, long schedule", _WIDE, "long"),
    "supervised": PaperRun(
        "supervised ResNet, weighted", ("method=classifier-weighted", "model.initial_bias=mean-target"), "long", supervised=True
    ),
    "vit": PaperRun("ViT in the place of ResNet", (*_WIDE, "model.encoder=vit1d"), "long", aside=True),
    "sister": PaperRun("symmetric InfoNCE at 0.07", _INFONCE, aside=True),
    **{
        name: PaperRun(f"trained in {name.capitalize()}, text {{text}}", (*_FIXED_INFONCE, f"model.language={code}"))
        for name, code in LANGUAGES.items()
    },
    "ours": PaperRun(OURS, schedule="own", preset=OURS),
    **{
        left_out_run(vocabulary, family): PaperRun(
            f"without {family}", (*_NETWORK, f"data.hidden_findings={json.dumps(codes)}"), "brief", preset=OURS, aside=True
        )
        for vocabulary, families in FAMILIES.items()
        for family, codes in families.items()
    },
    **{preset: PaperRun(preset, schedule="own", preset=preset, aside=True) for preset in DEMO},
    **_LABELS,
    **{
        f"{name}-longer-{place + 1}": PaperRun(f"{title}, {{epochs}} epochs", (*settings, *_NARROW, *_WHOLE), longer=place)
        for name, title, settings in (("standard", "standard SigLIP", _STANDARD), ("jaccard", "Jaccard loss", ()))
        for place in (0, 1)
    },
}
"""Models by the name of their run folders."""

TEXT_OBJECTIVES = ("jaccard", "truth")
"""Runs that Table 2 trains with every text encoder of a scale: the paper's loss, and the plainest target that there is."""


def text_run(name: str, place: int) -> str:
    """Name of the run that trains one of `TEXT_OBJECTIVES` or `LANGUAGES` with one of a scale's text encoders."""
    return f"{name}-text-{place + 1}" if place else name


def runs_of(scale: Scale) -> Mapping[str, PaperRun]:
    """`RUNS`, and those of each of `TEXT_OBJECTIVES` and `LANGUAGES` with each text encoder of a scale."""
    names, places = (*TEXT_OBJECTIVES, *LANGUAGES), range(1, len(scale.texts))
    return {**RUNS, **{text_run(name, place): replace(RUNS[name], text=place) for name in names for place in places}}
