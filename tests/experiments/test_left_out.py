"""A finding that is hidden leaves no trace in the run, and is scored by its sentence all the same."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from jaccardio.cohort.split import Split, load_split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.experiments.left_out import CHANCE, HIDDEN, SEEN, left_out_findings
from jaccardio.experiments.run_cache import RunCache
from jaccardio.models.folder import WEIGHTS
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_scores import signals_for
from jaccardio.training.config import TrainConfig, load_preset
from jaccardio.training.material import Material
from tests.conftest import TINY, Hospitals

CODES = ("af", "crbbb")


def _silent(_: str) -> None:
    pass


def _config(*settings: str) -> TrainConfig:
    return load_preset("truth-small", (*TINY, "training.epochs=2", *settings))


@pytest.fixture(scope="module")
def store(hospitals: Hospitals) -> Store:
    return Store.open(hospitals.home)


@pytest.fixture(scope="module")
def split(store: Store) -> Split:
    split = load_split(store)
    assert split is not None
    return split


def _cache(folder: Path, store: Store, split: Split) -> RunCache:
    return RunCache(folder, store, split, jobs=1, device="cpu", say=_silent)


def test_the_figures_are_those_of_the_sentences(store: Store, split: Split, tmp_path: Path) -> None:
    cache = _cache(tmp_path, store, split)
    document = left_out_findings(cache, "truth", _config(), CODES, seeds=2, replicates=20)
    assert document["codes"] == ["crbbb", "af"]  # in the order of the vocabulary
    rows = store.rows_of(split.parts["test"])
    for kind, pattern in ((HIDDEN, "truth-hidden-*"), (SEEN, "truth-????????")):
        folders = sorted(tmp_path.glob(pattern))
        assert len(folders) == 2
        for code in CODES:
            labels = store.labels[rows, store.vocabulary.index(code)]
            expected = set()
            for folder in folders:
                predictor = Predictor.from_pretrained(folder, "cpu")
                assert (code in predictor.vocabulary.codes) is (kind == SEEN)
                sentence = store.vocabulary.prompts("en")[store.vocabulary.index(code)]
                scores = predictor.embed(signals_for(predictor, store, rows)) @ predictor.encode_text([sentence])[0]
                expected.add(round(roc_auc_score(labels[labels >= 0], scores[labels >= 0]), 6))
            row = next(row for row in document["rows"] if (row["run"], row["finding"]) == (kind, code))
            assert {round(value, 6) for value in row["per_seed"]} == expected
            assert row["value"] == pytest.approx(np.mean(row["per_seed"]))
    values = {(row["run"], row["finding"]): row["value"] for row in document["rows"]}
    for row in document["differences"]:
        one, other = values[row["run"], row["finding"]], values[row["reference"], row["finding"]]
        assert row["value"] is None if one is None else row["value"] == pytest.approx(one - other)
    chance = [row for row in document["rows"] if row["run"] == CHANCE]
    assert len(chance) == len(CODES) + 1
    assert {row["value"] for row in chance if row["finding"] in CODES} == {0.5}
    assert all(row["ci95"][0] < 0.5 < row["ci95"][1] for row in chance if row["finding"] in CODES)


@pytest.mark.parametrize("settings", [(), ("data.sampling=label-aware",), ("objective.statements=captions", "objective.target=jaccard")])
def test_the_labels_of_hidden_findings_change_nothing(store: Store, split: Split, tmp_path: Path, settings: tuple[str, ...]) -> None:
    config = _config(*settings, "training.epochs=1", 'data.hidden_findings=["af", "crbbb"]')
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


def test_what_cannot_be_scored_is_refused(store: Store, split: Split, tmp_path: Path) -> None:
    cache = _cache(tmp_path, store, split)
    for config in (_config("model.text=table"), _config("model.kind=classifier")):
        with pytest.raises(UsageError, match="sentences"):
            left_out_findings(cache, "run", config, CODES)
    with pytest.raises(UsageError, match="no finding to leave out"):
        left_out_findings(cache, "run", _config(), ())
    assert not list(tmp_path.iterdir())
