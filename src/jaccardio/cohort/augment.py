"""Augmentations: random changes of training ECGs, each a function of the ECGs and a random generator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from jaccardio.recording.leads import LEADS
from jaccardio.recording.windows import Windows

LIMB, CHEST = slice(0, 6), slice(6, len(LEADS))


class Augmentation(Protocol):
    """Windows of n ECGs, one of each, to changed windows of the same ECGs.

    Attributes
    ----------
    stream
        Number of its own random stream: adding an augmentation changes nothing that the others draw. `TrainingBatches` and the
        regularisers take 0, 2 and 3.
    """

    stream: ClassVar[int]

    def __call__(self, windows: Windows, random: np.random.Generator) -> Windows: ...


@dataclass(frozen=True)
class RandomCrop:
    """A stretch of `samples` recorded samples of each ECG, from anywhere in its window; of all, as long as the shortest has."""

    stream: ClassVar[int] = 1
    samples: int

    def __call__(self, windows: Windows, random: np.random.Generator) -> Windows:
        length = min(self.samples, int(windows.recorded.min()))
        starts = random.integers(0, windows.recorded - length + 1)
        crops = [signal[:, start : start + length] for signal, start in zip(windows.signal, starts, strict=True)]
        return replace(windows, signal=np.stack(crops), recorded=np.full(len(crops), length))


@dataclass(frozen=True)
class LeadMasking:
    """A share of the ECGs loses leads, so that a model can be asked about ECGs that never had them (`draw_kept_leads`)."""

    stream: ClassVar[int] = 4
    share: float

    def __call__(self, windows: Windows, random: np.random.Generator) -> Windows:
        kept = draw_kept_leads(len(windows), self.share, random)
        return replace(windows, signal=np.where(kept[:, :, None], windows.signal, np.float32(0)), lead_mask=windows.lead_mask & kept)


AUGMENTATIONS: Mapping[str, Callable[[float], Augmentation]] = {"lead_masking": LeadMasking}
"""What follows the crop, in this order: the key of ``[data]`` that says how much of it, 0 for none, and what makes it."""


def draw_kept_leads(ecgs: int, share: float, random: np.random.Generator) -> NDArray[np.bool_]:
    """Which leads each ECG keeps.

    A share of the ECGs keeps a subset: of the limb leads all (they follow from I and II), one, or none; of the chest leads all, some, or
    none; never all of both, never none of both. So the sets that devices record are frequent (6 limb leads, lead II, I II and a few
    chest leads), and every single lead occurs.

    Parameters
    ----------
    share
        Of the ECGs that lose leads, in [0, 1].

    Returns
    -------
    (ecgs, 12) bool.
    """
    kept = np.ones((ecgs, len(LEADS)), dtype=np.bool_)
    for ecg in np.flatnonzero(random.random(ecgs) < share):
        kept[ecg] = False
        while kept[ecg].all() or not kept[ecg].any():
            kept[ecg, LIMB] = _some(6, random, (0.5, 0.25, 0.25), most=1)
            kept[ecg, CHEST] = _some(6, random, (0.25, 0.25, 0.5), most=5)
    return kept


def _some(leads: int, random: np.random.Generator, shares: tuple[float, float, float], most: int) -> NDArray[np.bool_]:
    """All leads, 1 to `most` of them, or none, as often as `shares` say."""
    state = random.choice(3, p=shares)
    number = (leads, random.integers(1, most + 1), 0)[state]
    kept: NDArray[np.bool_] = random.permutation(leads) < number
    return kept
