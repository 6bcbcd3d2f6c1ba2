from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from jaccardio import Predictor
from jaccardio.cohort.store import Store
from jaccardio.prediction.embed import write_embeddings
from jaccardio.prediction.search import Index, search
from jaccardio.prediction.store_signals import windows_for
from tests.conftest import Hospitals


def test_search_ranks_as_the_finding_scores_do(trained: Path, hospitals: Hospitals) -> None:
    predictor, store = Predictor.from_pretrained(trained, device="cpu"), Store.open(hospitals.away)
    column = predictor.vocabulary.index("af")
    scores = predictor.scores(windows_for(predictor, store, np.arange(len(store))))[:, column]
    prompt = predictor.vocabulary.prompts()[column]
    hits = search(predictor, store, prompt, top=5)
    assert [hit.recording_id for hit in hits] == [str(store.ids[row]) for row in np.argsort(-scores, kind="stable")[:5]]
    assert hits[0].similarity >= hits[-1].similarity
    row = store.rows_of([hits[0].recording_id])[0]
    assert set(hits[0].findings) == {code for code, label in zip(store.vocabulary.codes, store.labels[row], strict=True) if label == 1}


def test_embeddings_hold_every_record_once(trained: Path, hospitals: Hospitals, tmp_path: Path) -> None:
    predictor, store = Predictor.from_pretrained(trained, device="cpu"), Store.open(hospitals.away)
    records, dimension = write_embeddings(predictor, store, tmp_path / "features.parquet")
    table = pq.read_table(tmp_path / "features.parquet")
    assert (records, dimension) == (len(store), 16)
    assert table.column("recording_id").to_pylist() == store.ids.tolist()
    expected = predictor.embed(windows_for(predictor, store, np.arange(3)))
    np.testing.assert_allclose(np.array(table.column("embedding").to_pylist()[:3]), expected, atol=1e-5)


def test_ecgs_like_one_can_be_sought_among_some(trained: Path, hospitals: Hospitals) -> None:
    predictor, store = Predictor.from_pretrained(trained, "cpu"), Store.open(hospitals.home)
    index = Index(predictor, store)
    (ecg,) = predictor.embed(windows_for(predictor, store, np.array([7])))
    everything = index.similar(ecg, len(store))
    assert everything[0].recording_id == store.ids[7]
    assert everything[0].similarity == pytest.approx(1, abs=1e-5)
    others = index.similar(ecg, len(store), np.arange(len(store)) != 7)
    assert others == everything[1:]
