"""Beyond the paper: findings that a model was never told of, scored by their sentences, by their definitions, and by trivial controls."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from jaccardio.evaluation.auroc import auroc
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Table
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.unseen import Scores, Unseen, defined, measured_degrees
from jaccardio.findings.families import FAMILIES
from jaccardio.findings.labels import ABSENT
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.definitions import Definition, definitions_of
from jaccardio.models.folder import VOCABULARY
from jaccardio.paper.runs import left_out_run
from jaccardio.paper.study import Study

DEFINED = "definition"
SEEN = "definition, statements as the model sees them"
SENTENCE = "own sentence"
BOTH = "own sentence and definition"
LEARNED = "sentence, definition or both, as learned"
MEASURED = "definition, statements as measured"
CEILING = "linear probe, 6,000 labels"


def left_out(study: Study, table: Table) -> None:
    """Families of findings left out one at a time; the findings of all families are judged together, on all ECGs and on abnormal ones."""
    unseen = _unseen(study, table)
    if not unseen:
        return
    codes = [code for one in unseen.values() for code in one.codes]
    definitions = definitions_of(codes)
    validation = HeldOut.of(study.store, study.split, "validation")
    reached = {family: _reached(one, definitions, _abnormal(validation)) for family, one in unseen.items()}
    parts = [_scores(one, study, definitions, _learned(reached, family)) for family, one in unseen.items()]
    whole, abnormal = study.home.of_findings(codes), _abnormal(study.home)
    order = [codes.index(code) for code in whole.vocabulary.codes]
    models = {name: np.concatenate([part[name] for part in parts], axis=1)[:, order] for name in parts[0]}
    for title, rows in ((", abnormal ECGs", abnormal), (", all ECGs", np.arange(len(whole.part)))):
        held_out = whole.of_records(rows)
        scored = [Scored(f"{name}{title}", [scores[rows]], [Thresholds({})]) for name, scores in models.items()]
        study.rank(table, held_out, scored, reference=f"{DEFINED}{title}")
        for one in scored:
            study.findings(table, one, held_out, metrics=("auroc",))


def _unseen(study: Study, table: Table) -> dict[str, Unseen]:
    """The run without each family, and its findings that this cohort knows."""
    vocabulary = study.home.vocabulary
    families = {family: [code for code in codes if code in vocabulary.codes] for family, codes in FAMILIES.get(vocabulary.name, {}).items()}
    lacking = [family for family, codes in families.items() if not codes] if families else ["families of findings"]
    if lacking:
        table.limitations.append(f"left out: {', '.join(lacking)}, of which vocabulary {vocabulary.name} or this cohort knows none")
    names = {family: left_out_run(vocabulary.name, family) for family, codes in families.items() if codes}
    trained = study.train(list(names.values()))
    validation = HeldOut.of(study.store, study.split, "validation")
    found = {}
    for family, name in names.items():
        for run in trained[name][:1]:
            known = Vocabulary.from_dict(run.model_manifest.json_of(VOCABULARY))
            judged, chosen_on = (part.of_findings(families[family]) for part in (study.home, validation))
            found[family] = Unseen(run, judged, chosen_on, known, study.cache, study.device)
    return found


def _abnormal(held_out: HeldOut) -> NDArray[np.int64]:
    """Rows of the ECGs that are known not to be normal; of all where nobody says what is normal."""
    normal = held_out.part.is_normal
    return np.flatnonzero((held_out.part.labels[:, normal] == ABSENT).all(axis=1))


def _scores(unseen: Unseen, study: Study, definitions: Mapping[str, Definition], learned: str) -> dict[str, Scores]:
    """Every way to score one family's findings, by the name that tables use."""
    training = np.sort(study.store.rows_of(study.split.parts["train"]))
    told = _told(unseen, unseen.held_out, definitions)
    return {
        **told,
        LEARNED: told[learned],
        SEEN: unseen.by_seen_definition(definitions),
        MEASURED: defined(unseen.codes, definitions, measured_degrees(unseen.held_out)),
        "1 - p(normal)": unseen.by_not_normal(),
        "nearest trained sentence": unseen.by_nearest_prompt(whitened=False),
        "nearest trained sentence, whitened": unseen.by_nearest_prompt(whitened=True),
        "best trained sentence, chosen with labels": unseen.by_best_prompt(),
        "an irrelevant sentence": unseen.by_irrelevant_sentence(),
        "random vectors": unseen.by_random_vector(),
        "ridge from text vectors to classifier weights": unseen.by_ridge(training),
        CEILING: unseen.by_probe(training),
    }


def _told(unseen: Unseen, held_out: HeldOut, definitions: Mapping[str, Definition]) -> dict[str, Scores]:
    """Own sentence, definition, and the mean of both by rank."""
    sentence, definition = unseen.by_sentence(held_out), unseen.by_definition(held_out, definitions)
    return {DEFINED: definition, SENTENCE: sentence, BOTH: (_ranks(sentence) + _ranks(definition)) / 2}


def _ranks(scores: Scores) -> Scores:
    """Rank of each ECG by its score, as a share, equals at their mean: scores of two kinds become comparable."""
    ranks: Scores = rankdata(scores, axis=0) / len(scores)
    return ranks


def _reached(unseen: Unseen, definitions: Mapping[str, Definition], abnormal: NDArray[np.int64]) -> dict[str, float]:
    """Mean AUROC on the abnormal ECGs of the validation part of each way to use words, for one family."""
    labels = unseen.validation.part.labels[abnormal]
    reached = {}
    for name, scores in _told(unseen, unseen.validation, definitions).items():
        reached[name] = float(np.nanmean([auroc(column, score) for column, score in zip(labels.T, scores[abnormal].T, strict=True)]))
    return reached


def _learned(validation: Mapping[str, Mapping[str, float]], family: str) -> str:
    """The way that reached most for the other families: those play the part of findings not yet seen."""
    others = [reached for other, reached in validation.items() if other != family] or list(validation.values())
    return max(others[0], key=lambda name: float(np.mean([reached[name] for reached in others])))
