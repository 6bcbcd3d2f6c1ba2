"""What the checks of quality found in a store, in numbers and in one line."""

from collections.abc import Mapping

import numpy as np

from jaccardio.cohort.store import Store
from jaccardio.recording.checks.table import CHECKS, IGNORE


def quality_counts(store: Store) -> dict[str, dict[str, int]]:
    """Per check the ECGs with a verdict at the thresholds of ingest (``found``) and those that do not tell (``unknown``).

    Raises
    ------
    DataError
        The store was made before ECGs were checked.
    """
    values = store.quality
    over = values > np.array([store.manifest["checks"][name]["threshold"] for name in CHECKS], dtype=np.float32)
    return {
        name: {"found": int(over[:, column].sum()), "unknown": int(np.isnan(values[:, column]).sum())}
        for column, name in enumerate(CHECKS)
        if store.manifest["checks"][name]["action"] != IGNORE
    }


def quality_line(counts: Mapping[str, Mapping[str, int]]) -> str:
    """``wander 3, noise 1``: the checks that found something, most first."""
    found = sorted(((count["found"], name) for name, count in counts.items() if count["found"]), key=lambda pair: -pair[0])
    return ", ".join(f"{name} {number}" for number, name in found) or "nothing found"
