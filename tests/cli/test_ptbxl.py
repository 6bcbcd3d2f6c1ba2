"""PTB-XL by its default split, on a ten-fold folder in its native layout. The signals are random numbers."""

import json
from collections.abc import Callable
from pathlib import Path

from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from tests.conftest import SETTINGS, Command


def test_ten_folds_with_the_default_split(jaccardio: Command, make_ptbxl: Callable[[int], Path], tmp_path: Path) -> None:
    store, run, out = tmp_path / "store", tmp_path / "run", tmp_path / "evaluation"
    source = make_ptbxl(120)
    assert jaccardio("ingest", source, store, "--corpus", "ptbxl", "--vocabulary", "ptbxl71", "--fs", "100").status == 0
    assert jaccardio("split", store).status == 0
    trained = jaccardio("train", "--preset", "jaccardio-small", "--store", store, "--out", run, *SETTINGS, "--set", "training.epochs=1")
    assert trained.status == 0, trained.err
    assert jaccardio("evaluate", run, "--store", store, "--part", "test", "--out", out, "--replicates", 20).status == 0

    split = load_split(Store.open(store))
    assert split is not None
    fold = dict(zip(*(Store.open(store).records[name] for name in ("recording_id", "fold")), strict=True))
    folds = {part: {int(fold[name]) for name in names} for part, names in split.parts.items()}
    assert folds == {"train": set(range(1, 9)), "validation": {9}, "test": {10}}
    levels = json.loads((out / "metrics.json").read_text())["levels"]
    assert list(levels) == ["all", "diagnostic", "sub", "super", "form", "rhythm"]
    for name, level in levels.items():
        assert 0 < level["macro_auroc"]["value"] < 1, name
        assert level["n_statements"] > 0, name
