"""How a run scores its ECGs against sentences and measured statements, computed once and cached."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.retrieval import distinct_statements
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.score_cache import Rows, cache_file, cached_table
from jaccardio.models.folder import CONFIG
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from jaccardio.training.leakage import check_unseen
from jaccardio.training.run_folder import RunFolder

Named = dict[str, NDArray[np.float64]]


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

    def scores(predictor: Predictor, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        return predictor.sentence_scores(windows_for(predictor, held_out.store, rows), sentences)

    columns = [str(number) for number in range(len(sentences))]
    what = f"-sentences-{hashlib.sha256(chr(10).join(sentences).encode()).hexdigest()[:8]}"
    return looked_once(run, held_out, what, columns, scores, cache, device)


def statement_degrees(run: RunFolder, held_out: HeldOut, cache: Path, device: str) -> Named:
    """Degree of truth (n,) of each measured statement by code, as a run sees a part's ECGs; raises as `sentence_scores`."""
    codes = [str(code) for code in run.model_manifest.json_of(CONFIG)["statements"]]

    def degrees(predictor: Predictor, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        found = predictor.statement_degrees(windows_for(predictor, held_out.store, rows))
        return np.array([found[code] for code in codes]).T

    found = looked_once(run, held_out, "-statements", codes, degrees, cache, device)
    return dict(zip(codes, found.T, strict=True))


def looked_once(
    run: RunFolder,
    held_out: HeldOut,
    what: str,
    columns: Sequence[str],
    compute: Callable[[Predictor, NDArray[np.int64]], NDArray[np.float64]],
    cache: Path,
    device: str,
) -> NDArray[np.float64]:
    """(n, columns) of a part's ECGs, from a cache or computed once; a look at ECGs that are not the run's own is written into it.

    Parameters
    ----------
    what
        What the file's name says of it.
    compute
        (n, columns) from the run's predictor and rows of the store.

    Raises
    ------
    DataError
        The run has seen some of the ECGs, which are not its validation part.
    """

    def look() -> Rows:
        store, ids = held_out.store, held_out.part.ids
        rows = store.rows_of(ids.tolist())
        if held_out.name != "validation":
            check_unseen(run, store, rows.tolist())
        found = compute(Predictor.from_pretrained(run.path, device), rows)
        if held_out.name != "validation":
            run.record_test_use(store, held_out.name, len(rows))
        return ids, found

    return cached_table(cache_file(cache, run, held_out, what), held_out.part.ids, columns, look)
