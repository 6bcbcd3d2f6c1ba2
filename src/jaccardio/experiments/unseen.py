"""How well findings are scored of which a run was never told: by their sentences, by their definitions, and by what needs neither.

Each function gives scores (n, k) of a part's ECGs for k findings that were left out of the run's training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from jaccardio.evaluation.auroc import auroc
from jaccardio.evaluation.probes import fit_probes, probe_scores
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.sentences import Named, looked_once, sentence_scores, statement_degrees
from jaccardio.findings.contradictions import NORMAL_CODES
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.definitions import Definition
from jaccardio.measurement.statements import measured_statements, truths
from jaccardio.models.text_projection import TextProjection
from jaccardio.prediction.ask import mean_degree
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from jaccardio.training.run_folder import RunFolder

IRRELEVANT = "This ECG shows a wooden table."
"""A sentence that is true of no ECG: what it reaches owes nothing to meaning."""

PROBE_LABELS = 6000
"""ECGs whose labels the linear probe is given."""

RIDGE = 1.0
"""Both penalties of `by_ridge`, per ECG and per finding."""

Scores = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Unseen:
    """A run and the findings that it was not told of.

    Attributes
    ----------
    held_out, validation
        ECGs to score and ECGs to choose on, with the findings left out.
    known
        The findings that the run was told of.
    """

    run: RunFolder
    held_out: HeldOut
    validation: HeldOut
    known: Vocabulary
    cache: Path
    device: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The findings left out."""
        return tuple(self.held_out.vocabulary.codes)

    def by_sentence(self, held_out: HeldOut) -> Scores:
        """The finding's own sentence."""
        return sentence_scores(self.run, held_out, self.held_out.vocabulary.prompts("en"), self.cache, self.device)

    def by_definition(self, held_out: HeldOut, definitions: Mapping[str, Definition]) -> Scores:
        """The definition, as `predict` scores it: over statements as the run sees them and as they were measured."""
        seen, measured = statement_degrees(self.run, held_out, self.cache, self.device), measured_degrees(held_out)
        return defined(self.codes, definitions, {code: mean_degree(measured[code], seen.get(code)) for code in measured})

    def by_seen_definition(self, definitions: Mapping[str, Definition]) -> Scores:
        """The definition, over the statements as the run sees them alone; those that it did not learn are unknown."""
        seen, unknown = statement_degrees(self.run, self.held_out, self.cache, self.device), np.full(len(self.held_out.part), np.nan)
        return defined(self.codes, definitions, {code: seen.get(code, unknown) for code in measured_statements()})

    def by_irrelevant_sentence(self) -> Scores:
        """The same sentence for every finding."""
        return self._repeated(sentence_scores(self.run, self.held_out, [IRRELEVANT], self.cache, self.device)[:, 0])

    def by_not_normal(self) -> Scores:
        """1 - p(normal) for every finding: how little the run takes the ECG for normal."""
        scores, known = self._of_known(self.held_out), self.known.codes
        return self._repeated(1 - scores[:, next(known.index(code) for code in known if code in NORMAL_CODES)])

    def by_nearest_prompt(self, *, whitened: bool) -> Scores:
        """The trained finding whose sentence is nearest to the finding's own, as vectors come or whitened by the trained ones."""

        def scores(predictor: Predictor, rows: NDArray[np.int64]) -> Scores:
            prompts = predictor.model.prompt_vectors.cpu()
            own = predictor.text_vectors(self.held_out.vocabulary.prompts("en")).cpu()
            project = TextProjection(prompts, 1.0 if whitened else 0.0)
            nearest = (project(own) @ project(prompts).T).argmax(dim=1).numpy()
            return predictor.scores(windows_for(predictor, self.held_out.store, rows))[:, nearest]

        what = f"-nearest{'-whitened' if whitened else ''}"
        return looked_once(self.run, self.held_out, what, self.codes, scores, self.cache, self.device)

    def by_best_prompt(self) -> Scores:
        """The trained finding whose scores rank the validation part best for this one, chosen with its labels."""
        scores, labels = self._of_known(self.validation), self.validation.part.labels
        best = []
        for column in labels.T:
            reached = [auroc(column, score) for score in scores.T]
            best.append(int(np.argmax(np.nan_to_num(reached))))
        return self._of_known(self.held_out)[:, best]

    def by_random_vector(self) -> Scores:
        """A random vector in the place of the text vector of each finding's sentence."""

        def scores(predictor: Predictor, rows: NDArray[np.int64]) -> Scores:
            drawn = torch.randn((len(self.codes), predictor.model.prompt_vectors.shape[1]), generator=torch.Generator().manual_seed(0))
            return predictor.vector_scores(windows_for(predictor, self.held_out.store, rows), drawn)

        return looked_once(self.run, self.held_out, "-random-vectors", self.codes, scores, self.cache, self.device)

    def by_ridge(self, training: NDArray[np.int64]) -> Scores:
        """Closed-form ridge from text vectors to classifier weights (Romera-Paredes and Torr 2015, ICML, Eq. 5).

        With frozen features X (n, d) of the training rows, labels Y in {-1, 1} of the k trained findings and their centred text vectors
        S (k, D): V = (X'X + g I)^-1 X'Y S (S'S + l I)^-1; an unseen finding scores x' V s.
        """

        def scores(predictor: Predictor, rows: NDArray[np.int64]) -> Scores:
            store = self.held_out.store
            labels = store.labels[training][:, self._columns(self.known.codes)]
            features = [predictor.embed(windows_for(predictor, store, part)) for part in (training, rows)]
            mean, spread = features[0].mean(axis=0, dtype=np.float64), np.maximum(features[0].std(axis=0, dtype=np.float64), 1e-6)
            ours, theirs = (np.column_stack([(part - mean) / spread, np.ones(len(part))]) for part in features)
            known = predictor.model.prompt_vectors.cpu().numpy().astype(np.float64)
            text = known - known.mean(axis=0)
            own = predictor.text_vectors(self.held_out.vocabulary.prompts("en")).cpu().numpy() - known.mean(axis=0)
            signs = np.where(labels < 0, 0.0, 2.0 * labels - 1)  # unknown pulls nowhere
            left = np.linalg.solve(ours.T @ ours + RIDGE * len(ours) * np.eye(ours.shape[1]), ours.T @ signs @ text)
            weights = np.linalg.solve(text.T @ text + RIDGE * np.eye(text.shape[1]), left.T).T
            return np.asarray(theirs @ weights @ own.T)

        return looked_once(self.run, self.held_out, "-ridge", self.codes, scores, self.cache, self.device)

    def by_probe(self, training: NDArray[np.int64]) -> Scores:
        """The ceiling: a linear probe on the run's frozen features, given `PROBE_LABELS` labels of the findings left out."""

        def scores(predictor: Predictor, rows: NDArray[np.int64]) -> Scores:
            store = self.held_out.store
            columns = self._columns(self.codes)
            chosen = np.sort(np.random.default_rng(0).permutation(training)[:PROBE_LABELS])
            judged = store.rows_of(self.validation.part.ids.tolist())
            ours, theirs, mine = (predictor.embed(windows_for(predictor, store, part)) for part in (chosen, judged, rows))
            probes = fit_probes(ours, store.labels[chosen][:, columns], theirs, store.labels[judged][:, columns])
            return probe_scores(probes, mine)

        return looked_once(self.run, self.held_out, "-probe", self.codes, scores, self.cache, self.device)

    def _columns(self, codes: Sequence[str]) -> list[int]:
        """Columns of the store's labels."""
        return [self.held_out.store.vocabulary.index(code) for code in codes]

    def _of_known(self, held_out: HeldOut) -> Scores:
        return sentence_scores(self.run, held_out, self.known.prompts("en"), self.cache, self.device)

    def _repeated(self, score: Scores) -> Scores:
        return np.repeat(score[:, None], len(self.codes), axis=1)


def measured_degrees(held_out: HeldOut) -> Named:
    """Degree of truth (n,) of each statement by code, as measured, without a model."""
    rows = held_out.store.rows_of(held_out.part.ids.tolist())
    found = truths(held_out.store.measurements[rows]).astype(np.float64)
    return dict(zip(measured_statements(), found.T, strict=True))


def defined(codes: Sequence[str], definitions: Mapping[str, Definition], degrees: Named) -> Scores:
    """(n, k) how well ECGs fit the definitions of findings; where nothing is known of any statement, as well as the others on average."""
    scores = np.stack([definitions[code].score(degrees) for code in codes], axis=1)
    means = np.nanmean(scores, axis=0, keepdims=True)
    return np.where(np.isnan(scores), means, scores)
