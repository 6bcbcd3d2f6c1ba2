"""A finding that is hidden leaves no trace in the run."""

from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.experiments.run_cache import RunCache
from jaccardio.models.folder import WEIGHTS
from jaccardio.training.config import TrainConfig, load_preset
from jaccardio.training.material import Material
from tests.conftest import TINY

CODES = ("af", "crbbb")


def _silent(_: str) -> None:
    pass


def _config(*settings: str) -> TrainConfig:
    return load_preset("truth-small", (*TINY, "training.epochs=1", *settings))


def _cache(folder: Path, store: Store, split: Split) -> RunCache:
    return RunCache(folder, store, split, jobs=1, device="cpu", say=_silent)


@pytest.mark.parametrize("settings", [(), ("data.sampling=repeat-rare",), ("objective.statements=captions", "objective.target=jaccard")])
def test_the_labels_of_hidden_findings_change_nothing(store: Store, split: Split, tmp_path: Path, settings: tuple[str, ...]) -> None:
    config = _config(*settings, 'data.hidden_findings=["af", "crbbb"]')
    columns = [store.vocabulary.index(code) for code in CODES]
    other = store.labels.copy()
    other[:, columns] = np.random.default_rng(0).permutation(other[:, columns])
    assert (other != store.labels).any()
    weights = []
    for place, labels in enumerate((store.labels, other)):
        changed = Store(store.path, store.manifest, store.contract, store.vocabulary, store.records, labels)
        run = _cache(tmp_path / str(place), changed, split).train("hidden", config)
        assert run is not None
        weights.append((run.model / WEIGHTS).read_bytes())
    assert weights[0] == weights[1]


def test_what_is_hidden_is_not_in_the_material(store: Store, split: Split) -> None:
    whole, hiding = Material.gather(store, split), Material.gather(store, split, CODES)
    assert set(whole.vocabulary.codes) - set(hiding.vocabulary.codes) == set(CODES)
    assert hiding.left_out == whole.left_out
    kept = [whole.vocabulary.index(code) for code in hiding.vocabulary.codes]
    assert (hiding.training_labels == whole.training_labels[:, kept]).all()
    with pytest.raises(UsageError, match="unknown finding"):
        Material.gather(store, split, ["nonsense"])
    with pytest.raises(DataError, match="hide fewer"):
        Material.gather(store, split, store.vocabulary.codes)
