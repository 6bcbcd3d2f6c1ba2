"""Augmentations: random changes of training ECGs. What is drawn for the ECGs of a batch does not depend on which of them are read here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from jaccardio.recording.leads import LEADS

if TYPE_CHECKING:
    from torch import Tensor

Array = TypeVar("Array", NDArray[Any], "Tensor")
"""Counts as they are read, or as they lie on a device."""

LIMB, CHEST = slice(0, 6), slice(6, len(LEADS))


class Augmentation(Protocol):
    """Crops of n ECGs to changed crops of the same ECGs: first `draw` for all of a batch, then `apply` to some.

    Attributes
    ----------
    stream
        Number of its own random stream: adding an augmentation changes nothing that the others draw. `TrainingBatches`, the crop and the
        regularisers take 0 to 3.
    """

    stream: ClassVar[int]

    def draw(self, recorded: NDArray[np.int64], random: np.random.Generator) -> NDArray[Any]:
        """What happens to each ECG of a batch, (n, ...), by the samples (n,) that were recorded of its window."""
        ...

    def apply(self, counts: Array, drawn: Array) -> Array:
        """Counts (n, 12, samples) int16, 1 microvolt each, changed as was drawn for them; in operations that arrays and tensors share."""
        ...


@dataclass(frozen=True)
class RandomCrop:
    """A stretch of `samples` recorded samples of each ECG, from anywhere in its window; of all, as long as the shortest has."""

    stream: ClassVar[int] = 1
    samples: int

    def draw(self, recorded: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
        """First sample and length (n, 2) of each crop."""
        length = min(self.samples, int(recorded.min()))
        starts = random.integers(0, recorded - length + 1)
        return np.stack([starts, np.full_like(starts, length)], axis=1)

    @staticmethod
    def cut(counts: NDArray[np.int16], drawn: NDArray[np.int64]) -> NDArray[np.int16]:
        """The crops (n, 12, length) of whole windows."""
        return np.stack([window[:, start : start + length] for window, (start, length) in zip(counts, drawn, strict=True)])


@dataclass(frozen=True)
class LeadMasking:
    """A share of the ECGs loses leads, so that a model can be asked about ECGs that never had them (`draw_kept_leads`)."""

    stream: ClassVar[int] = 4
    share: float

    def draw(self, recorded: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.bool_]:
        """Which leads each ECG keeps, (n, 12)."""
        return draw_kept_leads(len(recorded), self.share, random)

    def apply(self, counts: Array, drawn: Array) -> Array:
        masked: Array = counts * drawn[:, :, None]
        return masked


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
