"""What a store keeps of the checks of quality, and what it says of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.quality_counts import quality_counts, quality_line
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.recording.checks.table import CHECKS, configured
from tests.conftest import Hospitals

NAMES = list(CHECKS)


def test_what_is_not_known_is_no_verdict(make_store: Callable[..., Store]) -> None:
    store = make_store(np.zeros((3, 1), dtype=np.int8))
    assert np.isnan(store.quality).all()
    counts = quality_counts(store)
    assert all(count == {"found": 0, "unknown": 3} for count in counts.values())
    assert quality_line(counts) == "nothing found"


def test_thresholds_and_actions_are_those_of_ingest(hospitals: Hospitals, tmp_path: Path) -> None:
    home = Store.open(hospitals.home)
    noise, wander = (home.quality[:, NAMES.index(name)] for name in ("noise", "wander"))
    middle, high = float(np.median(noise)), float(np.quantile(wander, 0.8))
    settings = [f"noise={middle}", f"wander=refuse:{high}", "pacing=ignore", "reversal_suspect=ignore", "rate_suspect=ignore"]
    report = ingest(
        hospitals.folder / "site-a",
        tmp_path / "store",
        corpus="manifest",
        vocabulary="paper26",
        sampling_rate=100.0,
        key_file=hospitals.folder / "patient.key",
        checks=configured(settings),
    )
    store = Store.open(tmp_path / "store")
    kept = wander <= np.float32(high)
    assert 0 < len(report.rejected) == (~kept).sum()
    assert all("wander" in rejection.reason for rejection in report.rejected)
    assert store.ids.tolist() == home.ids[kept].tolist()
    np.testing.assert_array_equal(store.quality, home.quality[kept])
    flagged = np.array([any(flag.startswith("noise:") for flag in flags) for flags in store.records["flags"]])
    np.testing.assert_array_equal(flagged, noise[kept] > np.float32(middle))
    counts = quality_counts(store)
    assert counts["noise"]["found"] == flagged.sum()
    assert "pacing" not in counts
    assert quality_line(counts).startswith(f"noise {flagged.sum()}")
    assert store.manifest["checks"]["wander"] == {"threshold": high, "action": "refuse"}


def test_a_store_of_before_says_so(make_store: Callable[..., Store]) -> None:
    store = make_store(np.zeros((3, 1), dtype=np.int8))
    files = {name: entry for name, entry in store.manifest["files"].items() if name != "quality.parquet"}
    old = replace(store, manifest=store.manifest | {"files": files})
    with pytest.raises(DataError, match="another version of jaccardio"):
        quality_counts(old)
