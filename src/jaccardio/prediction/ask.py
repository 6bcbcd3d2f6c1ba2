"""Findings that a model was never trained on: asked in words or by a definition, answered with the statements that decided."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from jaccardio.findings.labels import ABSENT, PRESENT
from jaccardio.findings.naming import named_spans, names_finding, searchable
from jaccardio.findings.statement_texts import StatementReader
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.vocabulary_file import fold
from jaccardio.measurement.clauses import Clause, Degrees
from jaccardio.measurement.definitions import DEFINED_VOCABULARIES, Definition, definition_of_sentence, definitions_of
from jaccardio.measurement.sentence_parser import statements_of
from jaccardio.measurement.statements import measured_statements, truths
from jaccardio.prediction.predictor import Predictor
from jaccardio.recording.windows import Windows

_JOINTS = re.compile(r"(?=[,;.、。]|\b(?:and|but|with|without)\b)", re.IGNORECASE)
"""Where one part of a prompt ends and another begins."""

_JAPANESE = re.compile(r"[぀-ヿ㐀-鿿]")


@dataclass(frozen=True)
class Reason:
    """A statement that a definition asks for, as it stands there, perhaps denied.

    Attributes
    ----------
    sentence
        Which must hold.
    degree
        How well it does, in [0, 1]; None where it is unknown.
    """

    sentence: str
    degree: float | None


@dataclass(frozen=True)
class Answer:
    """How well one ECG fits what was asked.

    Attributes
    ----------
    asked
        In the words of the question.
    by
        ``definition``, or ``sentence``: the model's score of the sentence alone, where no statement and no defined finding is named.
    score
        In [0, 1], no probability; None where nothing of it is known.
    reasons
        What the definition asks for, what speaks most against the finding first.
    """

    asked: str
    by: str
    score: float | None
    reasons: tuple[Reason, ...] = ()


def definition_of(prompt: str) -> Definition | None:
    """All that a prompt says: the statements that it names, and the shipped definitions of the findings that it names or denies.

    Findings are read in any of the languages of `StatementReader`. None where a prompt names neither, or several findings of which one is
    neither said nor denied ("AF or flutter").
    """
    if prompt in _sentences():
        return definition_of_sentence(prompt)
    parts = _JOINTS.split(prompt)
    reader, named = _named(prompt, [part for part in parts if not _is_statement(part)])
    if not named:
        return definition_of_sentence(prompt)
    labels = reader.read(prompt).labels[[reader.mapper.vocabulary.index(code) for code in named]]
    if len(named) > 1 and not np.isin(labels, (PRESENT, ABSENT)).all():
        return None
    found, denied = list(definitions_of(named).values()), (labels == ABSENT).tolist()
    clauses = [Clause("not", parts=(one.clause,)) if no else one.clause for one, no in zip(found, denied, strict=True)]
    clauses += statements_of("".join(_without_names(part, reader) for part in parts))
    clause = clauses[0] if len(clauses) == 1 else Clause("all", parts=tuple(clauses))
    return Definition(prompt, clause, "; ".join(one.source for one in found))


def _named(prompt: str, parts: Sequence[str]) -> tuple[StatementReader, list[str]]:
    """The findings that a prompt is the whole name of, or that its parts name, by code, and the reader of their vocabulary."""
    readers = [_reader(name) for name in DEFINED_VOCABULARIES]
    if definition_of_sentence(prompt) is None:
        for reader in readers:
            if (own := reader.mapper.vocabulary.spellings.get(fold(prompt.strip()))) is not None:
                return reader, [reader.mapper.vocabulary.codes[own]]
    for reader in readers:
        findings = reader.mapper.vocabulary.findings
        if named := [finding.code for finding in findings if any(names_finding(part, finding) for part in parts)]:
            return reader, named
    return readers[0], []


def _is_statement(part: str) -> bool:
    """Whether the words of a part that name a finding, if any, are those of a statement: "pacing spikes", "ST elevation in V1"."""
    return statements_of(part) != statements_of(_nameless(part))


def _without_names(part: str, reader: StatementReader) -> str:
    """A part without the names of findings; nothing of one that does not plainly say them: its "no" would deny what follows."""
    nameless = part if _is_statement(part) else _nameless(part)
    return nameless if nameless == part or (reader.read(part).labels == PRESENT).any() else ""


def _nameless(part: str) -> str:
    text = searchable(part)
    spans = [span for span, _ in named_spans(text)]
    kept = [letter for place, letter in enumerate(text) if not any(begin <= place < end for begin, end in spans)]
    return "".join(kept) if spans else part


@cache
def _reader(vocabulary: str) -> StatementReader:
    return StatementReader.for_vocabulary(Vocabulary.load(vocabulary))


@cache
def _sentences() -> frozenset[str]:
    """The statements' own sentences, some of which hold the name of a finding: "There is a pacing spike before the QRS complex."."""
    return frozenset(text for one in measured_statements().values() for text in (*one.sentences.values(), *one.denials.values()))


def names_trained(predictor: Predictor, sentence: str) -> bool:
    """Whether a sentence names a finding that the model was trained on."""
    return any(names_finding(sentence, finding) for finding in predictor.vocabulary.findings)


def definition_sought(predictor: Predictor, sentence: str) -> Definition | None:
    """The definition that ranks ECGs by a sentence; None where the network does that.

    The network ranks where the sentence says no more than a finding that it was trained on, or nothing that is defined.
    """
    definition = definition_of(sentence)
    alone = definition is not None and definition.clause in _shipped_clauses()
    return None if alone and names_trained(predictor, sentence) else definition


@cache
def _shipped_clauses() -> frozenset[Clause]:
    codes = [code for name in DEFINED_VOCABULARIES for code in Vocabulary.load(name).codes]
    return frozenset(definition.clause for definition in definitions_of(codes).values())


def seen_degrees(predictor: Predictor, batches: Sequence[Windows]) -> Degrees:
    """Degree of truth (n,) of each statement by code: the mean of what was measured and of what the model sees.

    Where one of the two does not know a statement the other counts, but of an ECG without some leads only what was measured is known: the
    model would guess. The model averages the noise of measuring; measuring knows what the model did not learn.
    """
    measurements = np.concatenate([predictor.measurements(batch) for batch in batches])
    return mean_degrees(measurements, predictor.statement_degrees(batches), np.concatenate([batch.lead_mask for batch in batches]))


def mean_degrees(measurements: NDArray[np.float32], seen: Degrees, lead_masks: NDArray[np.bool_]) -> Degrees:
    """`seen_degrees` from measurements (n, measurements), what the model sees by code, and the leads (n, 12) that were recorded."""
    complete, measured = lead_masks.all(axis=1), dict(zip(measured_statements(), truths(measurements).T.astype(np.float64), strict=True))
    return {code: np.where(complete | ~np.isnan(degree), mean_degree(degree, seen.get(code)), np.nan) for code, degree in measured.items()}


def mean_degree(measured: NDArray[np.float64], seen: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """The mean of two readings of a statement (n,), NaN where unknown; the one that is known where the other is not."""
    if seen is None:
        return measured
    mean = (measured + seen) / 2
    return np.where(np.isnan(measured), seen, np.where(np.isnan(seen), measured, mean))


def ask(
    predictor: Predictor,
    ecg: Windows,
    questions: Sequence[tuple[str, Definition | None]],
    language: str | None = None,
) -> list[Answer]:
    """Answers for one ECG.

    Parameters
    ----------
    ecg
        One prepared ECG.
    questions
        Words, and the definition that they ask for; None scores the words by the model's text encoder.
    language
        Of the statements that decided, en or ja; None: that of the words.

    Raises
    ------
    UsageError, MissingError
        As `Predictor.text_vectors`, where words are scored by themselves.
    """
    degrees = seen_degrees(predictor, [ecg])
    answers = []
    for words, definition in questions:
        if definition is None:
            complete = ecg.lead_mask.all()  # which leads a sentence speaks of is not known
            answers.append(Answer(words, "sentence", float(predictor.sentence_scores([ecg], [words])[0, 0]) if complete else None))
            continue
        score = float(definition.score(degrees)[0])
        reasons = _reasons(definition.clause, degrees, language or ("ja" if _JAPANESE.search(words) else "en"))
        answers.append(Answer(words, "definition", None if np.isnan(score) else score, tuple(reasons)))
    return answers


def _reasons(clause: Clause, degrees: Degrees, language: str) -> list[Reason]:
    """Every statement that a clause speaks of, once, as it must hold."""
    found: dict[str, Reason] = {}
    for code, denied in _leaves(clause):
        statement = measured_statements()[code]
        degree = float(degrees[code][0])
        sentence = (statement.denials if denied else statement.sentences)[language]
        found[sentence] = Reason(sentence, None if np.isnan(degree) else 1 - degree if denied else degree)
    return sorted(found.values(), key=lambda reason: 2.0 if reason.degree is None else reason.degree)


def _leaves(clause: Clause, denied: bool = False) -> list[tuple[str, bool]]:
    """Statements of a clause and whether it denies them."""
    denied ^= clause.how == "not"
    if not clause.parts:
        return [(clause.code, denied)]
    return [leaf for part in clause.parts for leaf in _leaves(part, denied)]
