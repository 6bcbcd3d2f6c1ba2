from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from jaccardio import Predictor
from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.models.ensemble import EcgEnsemble
from jaccardio.prediction.ask import definition_of, seen_degrees
from jaccardio.prediction.embed import write_embeddings
from jaccardio.prediction.search import Index
from jaccardio.prediction.store_signals import windows_for
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train
from tests.conftest import TINY, Hospitals


def test_search_ranks_as_the_finding_scores_do(trained: Path, hospitals: Hospitals) -> None:
    predictor, store = Predictor.from_pretrained(trained, device="cpu"), Store.open(hospitals.away)
    column = predictor.vocabulary.index("af")
    scores = predictor.scores(windows_for(predictor, store, np.arange(len(store))))[:, column]
    prompt = predictor.vocabulary.prompts()[column]
    hits = Index(predictor, store).search(predictor, prompt, top=5)
    assert [hit.recording_id for hit in hits] == [str(store.ids[row]) for row in np.argsort(-scores, kind="stable")[:5]]
    assert hits[0].similarity >= hits[-1].similarity
    row = store.rows_of([hits[0].recording_id])[0]
    assert set(hits[0].findings) == {code for code, label in zip(store.vocabulary.codes, store.labels[row], strict=True) if label == 1}


@pytest.mark.parametrize(
    ("sentence", "by_definition"),
    [
        ("This ECG shows atrial fibrillation.", False),  # trained: its vector ranks
        ("no atrial fibrillation", True),
        ("atrial fibrillation with a wide QRS complex", True),
        ("an irregular rhythm without P waves", True),
        ("心房粗動", True),  # atrial flutter has a definition and is no finding of the model
        ("This ECG shows a wooden table.", False),
    ],
)
def test_what_ranks_ecgs(trained: Path, hospitals: Hospitals, sentence: str, by_definition: bool) -> None:
    predictor, store = Predictor.from_pretrained(trained, device="cpu"), Store.open(hospitals.away)
    hits = Index(predictor, store).search(predictor, sentence, len(store))
    batches = list(windows_for(predictor, store, np.arange(len(store))))
    if by_definition:
        definition = definition_of(sentence)
        assert definition is not None
        scores = definition.score(seen_degrees(predictor, batches))
    else:
        scores = predictor.embed(batches) @ predictor.encode_text([sentence])[0]
    assert len(hits) == np.isfinite(scores).sum()
    np.testing.assert_allclose([hit.similarity for hit in hits], np.sort(scores[np.isfinite(scores)])[::-1], atol=1e-5)


def test_what_the_network_sees_of_statements_is_kept_in_embeddings(hospitals: Hospitals, tmp_path: Path) -> None:
    store, split = Store.open(hospitals.home), load_split(Store.open(hospitals.home))
    assert split is not None
    settings = (*TINY, "method=truth-measured", "model.score_parts=[1]")
    train(store, split, load_preset("truth-small", settings), tmp_path / "run", device="cpu")
    member = Predictor.from_pretrained(tmp_path / "run", device="cpu")
    two = Predictor(replace(member.pretrained, model=EcgEnsemble([member.pretrained.model, member.pretrained.model])), "cpu")
    batches = list(windows_for(member, store, np.arange(20)))
    for predictor in (member, two):
        seen = predictor.embedded_degrees(predictor.embed(batches), store.lead_masks[:20])
        assert len(seen) > 100
        for code, degrees in predictor.statement_degrees(batches).items():
            np.testing.assert_allclose(seen[code], degrees, atol=1e-6)


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
