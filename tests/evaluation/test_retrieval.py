"""Retrieval against loops that try every value an unknown label could have."""

import json
from itertools import product

import numpy as np
import pytest

from jaccardio.errors import DataError
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.estimate import jsonable
from jaccardio.evaluation.retrieval import (
    CUTS,
    distinct_statements,
    ecg_superset,
    exact,
    retrieve_ecgs,
    retrieve_statements,
    statement_superset,
)

RNG = np.random.default_rng(0)
LABELS = RNG.choice(np.array([-1, 0, 1], np.int8), (40, 4), p=[0.1, 0.5, 0.4])
PATIENTS = np.array([f"p{key}" for key in RNG.integers(0, 18, 40)])
STATEMENTS = distinct_statements(LABELS)
SIMILARITY = np.round(RNG.normal(0, 1, (40, len(STATEMENTS))) + LABELS @ STATEMENTS.T, 1)  # with ties

MEANINGS = {
    "ecg_superset": (ecg_superset, lambda ecg, statement: statement <= ecg),
    "superset": (statement_superset, lambda ecg, statement: ecg <= statement),
    "exact": (exact, lambda ecg, statement: ecg == statement),
}


def relevance(meaning: str, ecg: np.ndarray, statement: np.ndarray) -> int:
    """1 or 0 if every completion of the unknown labels says so, else -1."""
    holds = MEANINGS[meaning][1]
    named = {finding for finding, states in enumerate(statement) if states}
    completions = product(*([0, 1] if label < 0 else [int(label)] for label in ecg))
    answers = {holds({finding for finding, label in enumerate(full) if label}, named) for full in completions}
    return int(answers.pop()) if len(answers) == 1 else -1


def ranking(relevances: list[int], similarities: np.ndarray) -> list[int]:
    """Known candidates, nearest first, of equals the irrelevant first."""
    known = [place for place, state in enumerate(relevances) if state >= 0]
    return sorted(known, key=lambda place: (-similarities[place], relevances[place]))


def figures_of(ranked: list[tuple[int, int]]) -> dict[str, float]:
    """Figures of (candidate, relevance) in order; copies of a candidate stand together and share the last one's place."""
    total = sum(state for _, state in ranked)
    if total == 0:
        return {}
    found, precisions = 0, {}
    for place, (candidate, state) in enumerate(ranked, start=1):
        found += state
        precisions[candidate] = found / place
    figures = {"map": sum(precisions[candidate] for candidate, state in ranked if state) / total}
    for cut in CUTS:
        hits = sum(state for _, state in ranked[:cut])
        figures |= {f"recall_at_{cut}": hits / total, f"precision_at_{cut}": hits / cut, f"accuracy_at_{cut}": float(hits > 0)}
    return figures


@pytest.mark.parametrize("meaning", list(MEANINGS))
def test_relevance_is_what_holds_for_every_value_of_the_unknown_labels(meaning: str) -> None:
    function = MEANINGS[meaning][0]
    expected = [[relevance(meaning, ecg, statement) for statement in STATEMENTS] for ecg in LABELS]
    assert {-1, 0, 1} == {state for row in expected for state in row}
    assert function(LABELS[:, None], STATEMENTS[None]).tolist() == expected
    assert [function(row, STATEMENTS).tolist() for row in LABELS] == expected


def test_ecgs_found_by_statements_equal_the_loop_in_the_sample_and_in_every_replicate() -> None:
    bootstrap = PatientBootstrap(PATIENTS, replicates=20)
    document = retrieve_ecgs(LABELS, STATEMENTS, [SIMILARITY], bootstrap, minimum_relevant=1)
    weights = np.vstack([np.ones((1, 40), np.uint16), bootstrap.weights(0, 20)])
    names = ("map", *(f"{figure}_at_{cut}" for cut in CUTS for figure in ("recall", "precision")))
    table = {name: np.full((len(weights), len(STATEMENTS)), np.nan) for name in names}
    for draw, drawn in enumerate(weights):
        for query, (statement, similarities) in enumerate(zip(STATEMENTS, SIMILARITY.T, strict=True)):
            states = [relevance("ecg_superset", ecg, statement) for ecg in LABELS]
            order = ranking(states, similarities)
            for name, value in figures_of([(place, states[place]) for place in order for _ in range(drawn[place])]).items():
                if name in table:
                    table[name][draw, query] = value
    for column in table["map"].T:  # a replicate repeats ECGs, which lifts average precision: the mean excess is taken off
        column[1:] = np.clip(column[1:] - (np.nanmean(column[1:]) - column[0]), 0, 1)
    means = {name: np.nanmean(values, axis=1) for name, values in table.items()}
    assert document["queries"] == len(STATEMENTS)
    for name in names:
        assert document[name].value == pytest.approx(means[name][0], abs=1e-12)
        assert [document[name].low, document[name].high] == pytest.approx(np.quantile(means[name][1:], [0.025, 0.975]).tolist(), abs=1e-12)


def test_statements_found_by_ecgs_equal_the_loop_in_the_sample_and_in_every_replicate() -> None:
    bootstrap = PatientBootstrap(PATIENTS, replicates=20)
    document = retrieve_statements(LABELS, STATEMENTS, [SIMILARITY], bootstrap)
    assert document["candidates"] == len(STATEMENTS)
    for meaning in ("exact", "superset"):
        queries = {}
        for place, (ecg, similarities) in enumerate(zip(LABELS, SIMILARITY, strict=True)):
            states = [relevance(meaning, ecg, statement) for statement in STATEMENTS]
            if 0 in states and 1 in states:
                queries[place] = figures_of([(other, states[other]) for other in ranking(states, similarities)])
        assert 0 < len(queries) < 40  # some ECGs ask nothing, as their unknown labels leave every statement open
        assert document[meaning]["queries"] == len(queries)
        for name in ("map", *(f"{figure}_at_{cut}" for cut in CUTS for figure in ("accuracy", "recall"))):
            values = {place: figures[name] for place, figures in queries.items()}
            replicates = [
                sum(drawn[place] * value for place, value in values.items()) / sum(drawn[place] for place in values)
                for drawn in bootstrap.weights(0, 20).astype(float)
            ]
            assert document[meaning][name].value == pytest.approx(np.mean(list(values.values())), abs=1e-12)
            expected = np.quantile(replicates, [0.025, 0.975]).tolist()
            assert [document[meaning][name].low, document[meaning][name].high] == pytest.approx(expected, abs=1e-12)


def test_hiding_a_label_only_takes_candidates_away() -> None:
    """A pair that a hidden label leaves open is neither relevant nor irrelevant; all others stay what they were."""
    known = (LABELS == 1).astype(np.int8)
    for function, _ in MEANINGS.values():
        full, partly = function(known[:, None], STATEMENTS[None]), function(np.where(LABELS < 0, LABELS, known)[:, None], STATEMENTS[None])
        assert (full >= 0).all()
        assert np.array_equal(partly[partly >= 0], full[partly >= 0])


def test_a_perfect_model_finds_everything_and_one_that_tells_nothing_apart_finds_the_least() -> None:
    labels = (LABELS == 1).astype(np.int8)
    statements = distinct_statements(labels)
    nearness = -np.abs(labels[:, None].astype(float) - statements[None]).sum(axis=-1)
    bootstrap = PatientBootstrap(PATIENTS, replicates=5)
    perfect = retrieve_statements(labels, statements, [nearness], bootstrap)
    assert perfect["exact"]["accuracy_at_1"].value == perfect["exact"]["map"].value == 1
    flat = retrieve_statements(labels, statements, [np.zeros_like(nearness)], bootstrap)
    assert flat["exact"]["accuracy_at_1"].value == flat["exact"]["accuracy_at_10"].value == 0
    assert flat["exact"]["map"].value == pytest.approx(1 / len(statements))


def test_single_findings_are_statements_too_and_undefined_metrics_are_null() -> None:
    bootstrap = PatientBootstrap(PATIENTS, replicates=5)
    eye = np.eye(4, dtype=bool)
    assert retrieve_ecgs(LABELS, eye, [LABELS.astype(float)], bootstrap)["precision_at_5"].value == 1
    nothing = retrieve_ecgs(np.full_like(LABELS, -1), eye, [np.zeros((40, 4))], bootstrap)
    assert (nothing["queries"], nothing["map"].to_dict()) == (0, {"value": None, "low": None, "high": None, "per_seed": [None]})
    json.dumps(jsonable(retrieve_statements(np.full_like(LABELS, -1), eye, [np.zeros((40, 4))], bootstrap)), allow_nan=False)


def test_distinct_statements_are_those_that_ecgs_show() -> None:
    labels = np.array([[1, 0, -1], [1, 0, 0], [0, 0, 0], [0, 1, 1]], np.int8)
    assert distinct_statements(labels).tolist() == [[False, True, True], [True, False, False]]


def test_what_does_not_belong_together_is_refused() -> None:
    bootstrap = PatientBootstrap(PATIENTS, replicates=1)
    for similarity, statements in ((SIMILARITY.T, STATEMENTS), (SIMILARITY, STATEMENTS[:, :3]), (SIMILARITY, STATEMENTS.astype(int))):
        with pytest.raises(DataError, match="do not belong together"):
            retrieve_ecgs(LABELS, statements, [similarity], bootstrap)
    with pytest.raises(DataError, match="1 similarities are not finite"):
        retrieve_statements(
            LABELS, STATEMENTS, [np.where(np.arange(SIMILARITY.size).reshape(SIMILARITY.shape) == 3, np.inf, SIMILARITY)], bootstrap
        )
    with pytest.raises(DataError, match="similarities of shapes \\[\\]"):
        retrieve_ecgs(LABELS, STATEMENTS, [], bootstrap)


def test_metrics_of_several_seeds_are_their_means() -> None:
    bootstrap = PatientBootstrap(PATIENTS, replicates=5)
    both = [SIMILARITY, RNG.normal(0, 1, SIMILARITY.shape)]
    apart = [retrieve_ecgs(LABELS, STATEMENTS, [one], bootstrap)["map"].value for one in both]
    together = retrieve_ecgs(LABELS, STATEMENTS, both, bootstrap)["map"]
    assert list(together.per_seed) == apart
    assert together.value == pytest.approx(np.mean(apart))
    exactly = [retrieve_statements(LABELS, STATEMENTS, [one], bootstrap)["exact"]["map"].value for one in both]
    assert retrieve_statements(LABELS, STATEMENTS, both, bootstrap)["exact"]["map"].per_seed == pytest.approx(exactly)


def test_statements_with_few_relevant_ecgs_look_for_none() -> None:
    bootstrap = PatientBootstrap(PATIENTS, replicates=5)
    relevant = np.array([sum(relevance("ecg_superset", ecg, statement) == 1 for ecg in LABELS) for statement in STATEMENTS])
    assert 0 < (relevant >= 10).sum() < len(relevant)
    found = retrieve_ecgs(LABELS, STATEMENTS, [SIMILARITY], bootstrap)
    assert found == retrieve_ecgs(LABELS, STATEMENTS[relevant >= 10], [SIMILARITY[:, relevant >= 10]], bootstrap)
    assert found["queries"] == (relevant >= 10).sum()
