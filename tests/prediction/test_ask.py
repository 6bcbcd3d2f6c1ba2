"""Findings asked in words: by definition over statements as measured and as the model sees them, with the statements that decided."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort.store import Store
from jaccardio.evaluation.auroc import auroc
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.clauses import Clause
from jaccardio.measurement.definitions import DEFINED_VOCABULARIES, definition_of_sentence, definitions_of
from jaccardio.measurement.measure import MEASUREMENTS
from jaccardio.measurement.statements import measured_statements
from jaccardio.prediction.ask import ask, definition_of, mean_degree, seen_degrees
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from tests.conftest import Hospitals


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("This ECG shows atrial fibrillation.", "atrial_waves"),
        ("心房細動", "atrial_waves"),
        ("complete left bundle branch block", "qrs_wide"),
        ("ST elevation in II, III and aVF", "st_up.aVF"),
        ("V1〜V4でT波が陰性", "t_inverted.V3"),
    ],
)
def test_words_name_statements_or_a_finding_with_a_definition(prompt: str, code: str) -> None:
    definition = definition_of(prompt)
    assert definition is not None
    assert code in definition.clause.codes()
    assert definition.finding == prompt


@pytest.mark.parametrize(
    ("denial", "name"),
    [("no LBBB", "LBBB"), ("心房細動はない", "心房細動"), ("Vorhofflimmern ausgeschlossen", "AF"), ("AF (-)", "AF")],
)
def test_a_finding_that_is_denied_is_what_its_definition_leaves(denial: str, name: str) -> None:
    denied, named = definition_of(denial), definition_of(name)
    assert denied is not None
    assert named is not None
    assert denied.clause == Clause("not", parts=(named.clause,))


@pytest.mark.parametrize(
    ("prompt", "said", "denied"),
    [
        ("atrial fibrillation with wide QRS", ("AFIB", "qrs_wide"), ()),
        ("心房細動を伴う幅の広いQRS", ("AFIB", "qrs_wide"), ()),
        ("no LBBB but wide QRS", ("qrs_wide",), ("CLBBB",)),
        ("no LBBB, wide QRS", ("qrs_wide",), ("CLBBB",)),
        ("LBBBなし、QRS幅が広い", ("qrs_wide",), ("CLBBB",)),
        ("AF without wide QRS", ("AFIB",), ("qrs_wide",)),
        ("sinus tachycardia with PVCs", ("PVC", "STACH"), ()),
        ("Vorhofflimmern, kein Linksschenkelblock", ("AFIB",), ("CLBBB",)),
    ],
)
def test_all_that_a_prompt_says_counts(prompt: str, said: tuple[str, ...], denied: tuple[str, ...]) -> None:
    definition = definition_of(prompt)
    assert definition is not None
    assert definition.clause.how == "all"
    assert set(definition.clause.parts) == {_claim(code, True) for code in said} | {_claim(code, False) for code in denied}


def _claim(code: str, true: bool) -> Clause:
    if code in measured_statements():
        return Clause("statement" if true else "not", code)
    clause = definitions_of([code])[code].clause
    return clause if true else Clause("not", parts=(clause,))


@pytest.mark.parametrize("prompt", ["AF or flutter", "LVH/LAE", "no evidence of infarction, normal axis"])
def test_one_of_several_findings_is_left_open(prompt: str) -> None:
    assert definition_of(prompt) is None


def test_a_statement_says_itself_whatever_it_names() -> None:
    for one in measured_statements().values():
        for text in (*one.sentences.values(), *one.denials.values()):
            assert definition_of(text) == definition_of_sentence(text)


@pytest.mark.parametrize("name", DEFINED_VOCABULARIES)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_name_of_a_defined_finding_has_a_definition(name: str, language: str) -> None:
    assert [one.code for one in Vocabulary.load(name).findings if definition_of(one.names[language]) is None] == []


def test_other_words_have_no_definition() -> None:
    assert definition_of("This ECG shows a wooden table.") is None


def test_two_readings_of_a_statement_are_averaged_and_one_stands_for_the_other() -> None:
    measured, seen = np.array([0.2, np.nan, 0.4, np.nan]), np.array([0.6, 0.5, np.nan, np.nan])
    np.testing.assert_allclose(mean_degree(measured, seen), [0.4, 0.5, 0.4, np.nan])
    assert mean_degree(measured, None) is measured


def test_a_definition_finds_fibrillation_in_simulated_ecgs_without_a_label(hospitals: Hospitals, trained: Path) -> None:
    store, predictor = Store.open(hospitals.away), Predictor.from_pretrained(trained, "cpu")
    assert predictor.statements == ()  # the model learned none: the measurements decide
    rows = np.arange(len(store))
    definition = definition_of("atrial fibrillation")
    assert definition is not None
    scores = definition.score(seen_degrees(predictor, list(windows_for(predictor, store, rows))))
    assert auroc(store.labels[:, store.vocabulary.index("af")], np.nan_to_num(scores, nan=0.5)) > 0.95


def test_an_answer_gives_every_statement_and_what_speaks_against_first(hospitals: Hospitals, trained: Path) -> None:
    store, predictor = Store.open(hospitals.home), Predictor.from_pretrained(trained, "cpu")
    row = int(np.flatnonzero(store.labels[:, store.vocabulary.index("af")] == 1)[0])
    (ecg,) = windows_for(predictor, store, np.array([row]))
    asked = ("atrial fibrillation", "心房細動", "no P waves", "no AF")
    answers = ask(predictor, ecg, [(words, definition_of(words)) for words in asked])
    english, japanese, denied, without = answers
    assert english.score == japanese.score
    assert english.score is not None
    assert english.score > 0.5
    assert without.score == pytest.approx(1 - english.score)
    assert "There are P waves." in {reason.sentence for reason in without.reasons}
    degrees = [reason.degree for reason in english.reasons]
    assert degrees == sorted(degrees, key=lambda degree: 2.0 if degree is None else degree)
    assert {reason.sentence for reason in japanese.reasons} <= {one.sentences["ja"] for one in measured_statements().values()} | {
        one.denials["ja"] for one in measured_statements().values()
    }
    assert [reason.sentence for reason in denied.reasons] == ["There are no P waves."]
    unmeasured = replace(ecg, measurements=np.full((1, len(MEASUREMENTS)), np.nan, dtype=np.float32))
    nothing = ask(predictor, unmeasured, [("atrial fibrillation", definition_of("atrial fibrillation"))])[0]
    assert nothing.score is None
    assert all(reason.degree is None for reason in nothing.reasons)


def test_words_without_statement_are_scored_by_their_sentence(hospitals: Hospitals, trained: Path) -> None:
    store, predictor = Store.open(hospitals.home), Predictor.from_pretrained(trained, "cpu")
    (ecg,) = windows_for(predictor, store, np.array([0]))
    words = "This ECG shows a wooden table."
    answer = ask(predictor, ecg, [(words, None)])[0]
    assert (answer.by, answer.reasons) == ("sentence", ())
    assert answer.score == pytest.approx(predictor.sentence_scores([ecg], [words])[0, 0])
    partial = ask(predictor, ecg.without_leads(np.array([6])), [(words, None)])[0]
    assert partial.score is None  # which leads a sentence speaks of is not known


def test_a_model_does_not_guess_what_missing_leads_would_have_shown(
    hospitals: Hospitals, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, predictor = Store.open(hospitals.home), Predictor.from_pretrained(trained, "cpu")
    (ecg,) = windows_for(predictor, store, np.array([0]))
    monkeypatch.setattr(Predictor, "statement_degrees", lambda *_: {"axis_left": np.array([0.9]), "rate_fast": np.array([0.9])})
    measurements = store.measurements[:1].copy()
    measurements[:, list(MEASUREMENTS).index("qrs_axis")] = np.nan
    whole, few = (seen_degrees(predictor, [replace(one, measurements=measurements)]) for one in (ecg, ecg.without_leads(np.array([0, 2]))))
    assert whole["axis_left"] == 0.9
    assert np.isnan(few["axis_left"])
    assert few["rate_fast"] == whole["rate_fast"]
