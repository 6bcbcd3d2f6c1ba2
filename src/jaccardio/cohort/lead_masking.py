"""Lead masking: training ECGs lose leads at random, so that a model can be asked about ECGs that never had them."""

import numpy as np
from numpy.typing import NDArray

from jaccardio.recording.leads import LEADS

LIMB, CHEST = slice(0, 6), slice(6, len(LEADS))


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
