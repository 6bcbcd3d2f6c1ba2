"""How large a reproduction is: what `smoke`, `demo`, `small` and `paper` mean for data, network, budget and statistics."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """One size of everything.

    Attributes
    ----------
    description
        One line for the report.
    sampling_rate
        Hz of the stores.
    preset
        What the paper's models start from.
    texts
        Two text encoders or more, which Table 2 compares: the first is also that of all other runs, the second what the others are measured
        against.
    schedules
        Settings of ``short`` (the paper's 250 epochs with 5,000 warm-up steps), ``long`` (600 with 20,000), ``own`` (on top of a
        preset that a run names itself) and ``brief`` (the same, where a recipe trains many of that preset).
    longer
        Epochs of the two longer lengths at which the objectives of Table 1 are compared once more.
    common
        Settings of every run.
    deviations
        What of the settings that the paper states is otherwise here; empty where nothing is.
    supervised
        What the supervised ResNet of Table 8 has of its own.
    seeds
        Of each run; those that only look aside (`PaperRun.aside`) have one.
    replicates
        Of the bootstrap.
    hospitals
        Simulated ECGs of the first hospital and their sampling rate, where the scale makes its own hospitals; None: it needs a store.
    """

    name: str
    description: str
    sampling_rate: float
    preset: str
    texts: tuple[str, ...]
    schedules: Mapping[str, tuple[str, ...]]
    longer: tuple[int, int]
    common: tuple[str, ...] = ()
    deviations: str = ""
    supervised: tuple[str, ...] = ()
    seeds: int = 3
    replicates: int = 1000
    hospitals: tuple[int, float] | None = None


_DEVIATIONS = (
    "AdamW at 0.002 with weight decay 0.01 and a tenth of the steps as warm-up, for Adam at 0.001 with 5,000 or 20,000 steps; the "
    "supervised ResNet has the same, for a rate of 0.0001 and a batch of 32; sentences centred and scaled, for the raw vectors of Listing 1"
)

SCALES: Mapping[str, Scale] = {
    scale.name: scale
    for scale in (
        Scale(
            "smoke",
            "smoke: small simulated hospitals, networks too small and trained too shortly to learn much; it shows that everything runs",
            sampling_rate=100.0,
            preset="paper-small",
            texts=("random", "table"),
            schedules={
                "short": ("training.epochs=1",),
                "long": ("training.epochs=2",),
                "own": ("training.epochs=2",),
                "brief": ("training.epochs=1",),
            },
            longer=(2, 3),
            common=("model.width=4", "training.batch_size=64", "training.precision=fp32"),
            deviations=_DEVIATIONS,
            seeds=1,
            replicates=100,
            hospitals=(480, 100.0),
        ),
        Scale(
            "demo",
            "demo: simulated hospitals, 100 Hz, ResNet-18 of width 32, batch 128, 24 epochs (for a seventh of PTB-XL's ECGs)",
            sampling_rate=100.0,
            preset="paper-small",
            texts=("minilm", "random"),
            schedules={
                "short": ("training.epochs=24",),
                "long": ("training.epochs=48",),
                "own": ("training.epochs=24",),
                "brief": ("training.epochs=8",),
            },
            longer=(48, 72),
            deviations=_DEVIATIONS,
            seeds=1,
            hospitals=(3000, 500.0),
        ),
        Scale(
            "small",
            "small: 100 Hz, ResNet-18 of width 8, batch 128, 12 epochs for the paper's 250 and 24 for its 600; jaccardio-small with 8",
            sampling_rate=100.0,
            preset="paper-small",
            texts=("minilm", "random", "gemma3-270m", "use-multilingual", "table"),
            schedules={
                "short": ("model.width=8", "training.epochs=12"),
                "long": ("model.width=8", "training.epochs=24"),
                "own": ("training.epochs=8",),
                "brief": ("training.epochs=8",),
            },
            longer=(36, 72),
            deviations=_DEVIATIONS,
        ),
        Scale(
            "paper",
            "paper: 500 Hz, ResNet-18 of width 64, the paper's epochs, warm-up, optimiser and language models",
            sampling_rate=500.0,
            preset="paper",
            texts=("Qwen/Qwen3-8B", "google/gemma-3-4b-it"),
            schedules={
                "short": ("training.epochs=250", "training.warmup=5000"),
                "long": ("training.epochs=600", "training.warmup=20000"),
                "own": (),
                "brief": ("training.epochs=8",),
            },
            longer=(600, 1200),
            supervised=("training.learning_rate=1e-4", "training.batch_size=32"),
        ),
    )
}
"""Scales by name."""
