"""How a run scores its ECGs against sentences, computed once and cached."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.retrieval import distinct_statements
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.score_cache import Columns, cache_file, cached_table
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from jaccardio.training.leakage import check_unseen
from jaccardio.training.run_folder import RunFolder


def statements_of(held_out: HeldOut, language: str = "en") -> tuple[NDArray[np.bool_], list[str]]:
    """The distinct finding sets (m, k) that the ECGs of a part show, and a sentence for each.

    Raises
    ------
    UsageError
        The vocabulary has no names in this language.
    """
    statements = distinct_statements(held_out.part.labels)
    return statements, [held_out.vocabulary.sentence(np.flatnonzero(statement).tolist(), language) for statement in statements]


def sentence_scores(run: RunFolder, held_out: HeldOut, sentences: Sequence[str], cache: Path, device: str) -> NDArray[np.float64]:
    """Scores (n, m) of a part's ECGs and sentences, made as those of findings are; the look is written into the run.

    Raises
    ------
    DataError
        The run has seen some of the ECGs.
    UsageError
        The run's text encoder cannot read a sentence.
    """
    columns = [str(number) for number in range(len(sentences))]

    def scores() -> Columns:
        ids, store = held_out.part.ids, held_out.store
        rows = store.rows_of(ids.tolist())
        check_unseen(run, store, rows.tolist())
        predictor = Predictor.from_pretrained(run.path, device)
        of_sentences = predictor.sentence_scores(windows_for(predictor, store, rows), sentences)
        run.record_test_use(store, held_out.name, len(rows))
        return ids, dict(zip(columns, of_sentences.T, strict=True))

    file = cache_file(cache, run, held_out, f"-sentences-{hashlib.sha256(chr(10).join(sentences).encode()).hexdigest()[:8]}")
    return cached_table(file, held_out.part.ids, columns, scores)
