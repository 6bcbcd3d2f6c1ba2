"""How a run scores its ECGs against sentences, computed once and kept."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.retrieval import distinct_statements
from jaccardio.experiments.contestants import Columns, HeldOut, kept_file, kept_table
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_scores import windows_for
from jaccardio.training.leakage import check_unseen
from jaccardio.training.run_folder import RunFolder


def statements_of(part: HeldOut) -> tuple[NDArray[np.bool_], list[str]]:
    """The distinct finding sets (m, k) that the ECGs of a part show, and a sentence for each."""
    statements = distinct_statements(part.labels)
    return statements, [part.vocabulary.sentence(np.flatnonzero(statement).tolist()) for statement in statements]


def sentence_scores(run: RunFolder, part: HeldOut, sentences: Sequence[str], kept: Path, device: str) -> NDArray[np.float64]:
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
        rows = part.store.rows_of(part.ids.tolist())
        check_unseen(run, part.store, rows.tolist())
        predictor = Predictor.from_pretrained(run.path, device)
        found = predictor.sentence_scores(windows_for(predictor, part.store, rows), sentences)
        run.record_test_use(part.store, part.part, len(rows))
        return part.ids, dict(zip(columns, found.T, strict=True))

    file = kept_file(kept, run, part, f"-sentences-{hashlib.sha256(chr(10).join(sentences).encode()).hexdigest()[:8]}")
    return kept_table(file, part.ids, columns, scores)
