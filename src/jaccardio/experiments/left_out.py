"""Zero-shot on left-out findings: what a model says of findings that it was never told of, by their sentences alone.

One run knows nothing of the findings (``data.hidden_findings``: no label, no statement, no prompt in its bank), its twin is trained on them
all. Both score the same test ECGs by the same sentences.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined
from jaccardio.evaluation.differences import two_sided_p
from jaccardio.evaluation.metrics import MINIMUM_POSITIVES, evaluated_on, left_out_of_macro
from jaccardio.evaluation.ranking import auroc
from jaccardio.evaluation.samples import auroc_samples, estimate, number
from jaccardio.experiments.evaluate_run import rows_of_part
from jaccardio.experiments.run_cache import RunCache
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_scores import signals_for
from jaccardio.training.config import TrainConfig
from jaccardio.training.leakage import check_unseen
from jaccardio.training.run_folder import RunFolder

HIDDEN, SEEN, CHANCE = "hidden in training", "seen in training", "chance"


def left_out_findings(
    cache: RunCache, name: str, config: TrainConfig, codes: Sequence[str], *, seeds: int = 1, replicates: int = 1000
) -> dict[str, Any]:
    """Trains with and without some findings and scores both models on them by their sentences, on the test part of the cache's split.

    A score is the inner product of ECG and sentence embedding, as in ``jaccardio search``: within one finding the model's scale and
    bias do not change the order of ECGs.

    Parameters
    ----------
    name
        Name in the cache of the run that knows all findings.
    config
        Its configuration; with another seed for each of `seeds`.
    codes
        Findings to leave out, all at once. Those that follow from them stay in: choose them so that no other finding tells them.
    seeds
        Runs of each kind; figures are means over them.

    Returns
    -------
    dict
        ``rows``: run, finding (or ``macro``), metric, value, ci95, seeds, per_seed. In the rows of `CHANCE` the interval holds 95 % of
        random orders of the ECGs. ``differences`` of hidden minus seen, paired; ``codes``; and what was scored.

    Raises
    ------
    UsageError
        No or unknown codes, or a model without sentences of its own language (a classifier, the finding table).
    DataError
        A run could not be trained, or the test part is empty.
    """
    store, vocabulary = cache.store, cache.store.vocabulary
    if config.model.kind != "text" or config.model.text == "table":
        raise UsageError("left-out findings are scored by their sentences: a model of kind text with a language model is needed.")
    columns = sorted({vocabulary.index(code) for code in codes})
    if not columns:
        raise UsageError("no finding to leave out is named.")
    codes = tuple(vocabulary.codes[column] for column in columns)
    sentences = [vocabulary.prompts(config.model.language)[column] for column in columns]
    scores: dict[str, list[NDArray[np.float64]]] = {HIDDEN: [], SEEN: []}
    for seed in range(seeds):
        seeded = config.model_copy(update={"training": config.training.model_copy(update={"seed": seed})})
        hiding = seeded.model_copy(update={"data": config.data.model_copy(update={"hidden_findings": codes})})
        for kind, run_name, one in ((HIDDEN, f"{name}-hidden", hiding), (SEEN, name, seeded)):
            run = cache.train(run_name, one)
            if run is None:
                raise DataError(f"left-out findings: a run could not be trained: {'; '.join(cache.failures.values())}")
            scores[kind].append(_similarities(run, cache, sentences))
    rows = store.rows_of(cache.split.parts["test"])
    return _document(
        store.labels[np.ix_(rows, np.array(columns))], store.records["patient_key"].to_numpy()[rows], codes, scores, replicates
    )


def _similarities(run: RunFolder, cache: RunCache, sentences: Sequence[str]) -> NDArray[np.float64]:
    """Inner products (n, m) of the test ECGs and some sentences; the look is written into the run."""
    rows = rows_of_part(run, cache.store, "test")
    check_unseen(run, cache.store, rows.tolist())
    predictor = Predictor.from_pretrained(run.path, cache.device)
    ecgs, texts = predictor.embed(signals_for(predictor, cache.store, rows)), predictor.encode_text(sentences)
    run.record_test_use(cache.store, "test", len(rows))
    return (ecgs @ texts.T).astype(np.float64)


def _document(
    labels: NDArray[np.int8],
    patients: NDArray[np.str_],
    codes: Sequence[str],
    scores: dict[str, list[NDArray[np.float64]]],
    replicates: int,
) -> dict[str, Any]:
    bootstrap = PatientBootstrap(patients, replicates)
    left_out = left_out_of_macro(labels, codes, MINIMUM_POSITIVES)
    in_macro = np.array([code not in left_out for code in codes])
    rows: list[dict[str, Any]] = []
    means: dict[str, dict[str, NDArray[np.float64]]] = {}
    tables = {kind: np.stack([auroc_samples(labels, run, bootstrap) for run in runs]) for kind, runs in scores.items()}
    for kind, table in {**tables, CHANCE: _random_orders(labels, replicates)[None]}.items():
        figures = {code: table[:, :, column] for column, code in enumerate(codes)}
        figures["macro"] = np.stack([mean_of_defined(np.where(in_macro, samples, np.nan)) for samples in table])
        means[kind] = {finding: samples.mean(axis=0) for finding, samples in figures.items()}
        rows += [
            {"run": kind, "finding": finding, "metric": "auroc", **estimate(means[kind][finding])}
            | {"seeds": len(samples), "per_seed": [number(value) for value in samples[:, 0]]}
            for finding, samples in figures.items()
        ]
    gaps = {finding: samples - means[SEEN][finding] for finding, samples in means[HIDDEN].items()}
    differences = [
        {"run": HIDDEN, "reference": SEEN, "finding": finding, "metric": "auroc", **estimate(gap), "p": number(two_sided_p(gap[1:]))}
        for finding, gap in gaps.items()
    ]
    return {"codes": list(codes), "rows": rows, "differences": differences, **evaluated_on(labels, codes, left_out, bootstrap)}


def _random_orders(labels: NDArray[np.int8], orders: int) -> NDArray[np.float64]:
    """AUROC of each finding under random orders of the ECGs, (orders + 1, k): first its expectation, one half, then each order."""
    random = np.random.default_rng(0)
    table = np.array([[auroc(column, random.random(len(column))) for column in labels.T] for _ in range(orders)])
    return np.concatenate([np.where(np.isnan(table[:1]), np.nan, 0.5), table])
