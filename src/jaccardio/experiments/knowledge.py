"""What a language model knows of ECGs before any training: whether its vectors order findings as cardiology and the data do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from jaccardio.errors import UsageError
from jaccardio.evaluation.bootstrap import PatientBootstrap, percentile_interval
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.relatedness import co_occurrence, cosines, nearest_is_same, related_nearer, same_order
from jaccardio.evaluation.table import Row
from jaccardio.findings.families import FAMILIES
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.text_projection import TextProjection
from jaccardio.text.encoder import TextEncoder

SPREADS: Mapping[str, float | Literal["none"]] = {"as they come": "none", "centred": 0.0, "whitened by half": 0.5}
"""What is done to vectors before they are compared, as values of model.whitening."""

CONTROL = "random vectors"
DRAWS = 200
CONTROL_DIMENSION = 384

Vectors = Mapping[str, NDArray[np.float32]]
"""(k, D) of the findings' prompts by language, the vocabulary's own order; the first language is that of the model."""


@dataclass
class Knowledge:
    """What models know, and what could not be asked of them.

    Attributes
    ----------
    rows
        By model and spread ("minilm, centred"); metrics are those of `probe_knowledge`.
    left_out
        "MODEL, LANGUAGE" -> why that language was not asked of it.
    """

    rows: list[Row] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def probe_knowledge(
    encoders: Sequence[TextEncoder],
    vocabulary: Vocabulary,
    language: str = "en",
    labels: NDArray[np.int8] | None = None,
    replicates: int = 1000,
) -> Knowledge:
    """How well the vectors of each model's prompts order the findings of a vocabulary, and the control of random vectors.

    ========================  ==========================================================================================
    same LEVEL nearer         AUROC: is a pair of one group of a level of the hierarchy, or of one family (`FAMILIES`),
                              more similar than a pair of two groups? Findings without a group are not asked.
    order of co-occurrence    Spearman's correlation of similarity with the Jaccard index of the findings' ECGs
    LANGUAGE to LANGUAGE      how often the nearest prompt in another language names the same finding
    ========================  ==========================================================================================

    Parameters
    ----------
    language
        Of the prompts; its relation to every other language that names all findings is asked too. Other languages are centred onto it as
        `CentredEncoder` does, except for vectors as they come.
    labels
        (n, k) of training ECGs; None: co-occurrence is not asked.
    replicates
        Of the bootstrap over findings. The control's interval is over `DRAWS` draws instead.

    Raises
    ------
    UsageError
        The vocabulary has no names in the language, or a model cannot read it.
    """
    others = [one for one in vocabulary.templates if one != language and all(one in finding.names for finding in vocabulary.findings)]
    asked = partial(_estimates, related=_related(vocabulary), together=None if labels is None else co_occurrence(labels))
    findings = PatientBootstrap(np.array(vocabulary.codes), replicates)
    knowledge = Knowledge()
    for encoder in encoders:
        vectors = {language: encoder.encode(vocabulary.prompts(language))}
        for other in others:
            try:
                vectors[other] = encoder.encode(vocabulary.prompts(other))
            except UsageError as error:
                knowledge.left_out[f"{encoder.name}, {other}"] = str(error)
        for (spread, metric), estimate in asked(vectors, findings).items():
            knowledge.rows.append(Row(f"{encoder.name}, {spread}", metric, estimate))
    generator = np.random.default_rng(0)
    once = PatientBootstrap(np.array(vocabulary.codes), 0)
    shape = (len(vocabulary), CONTROL_DIMENSION)
    drawn = [asked({one: generator.standard_normal(shape, np.float32) for one in (language, *others)}, once) for _ in range(DRAWS)]
    for spread, metric in drawn[0]:
        values = np.array([draw[spread, metric].value for draw in drawn])
        knowledge.rows.append(Row(f"{CONTROL}, {spread}", metric, Estimate(float(values.mean()), *percentile_interval(values))))
    return knowledge


def _estimates(
    vectors: Vectors, findings: PatientBootstrap, *, related: Mapping[str, NDArray[np.int8]], together: NDArray[np.float64] | None
) -> dict[tuple[str, str], Estimate]:
    """By spread and metric. Known of pairs of findings (k, k): by level whether they are `related`, and how often they stand `together`."""
    language, *others = vectors
    found: dict[tuple[str, str], Estimate] = {}
    for spread, whitening in SPREADS.items():
        bank = torch.from_numpy(vectors[language])
        project = TextProjection(bank, whitening)
        own = project(bank).numpy()
        near = cosines(own, own)
        for level, same in related.items():
            found[spread, f"same {level} nearer"] = related_nearer(near, same, findings)
        if together is not None:
            found[spread, "order of co-occurrence"] = same_order(near, together, findings)
        for other in others:
            said = torch.from_numpy(vectors[other])
            moved = said if whitening == "none" else said - said.mean(dim=0) + bank.mean(dim=0)
            across = cosines(own, project(moved).numpy())
            found[spread, f"{language} to {other}"] = nearest_is_same(across, findings)
            found[spread, f"{other} to {language}"] = nearest_is_same(across.T, findings)
    return found


def _related(vocabulary: Vocabulary) -> dict[str, NDArray[np.int8]]:
    """Level -> (k, k): 1 where two findings share a group, 0 where they have two, -1 where one has none.

    Levels without a pair of both kinds are not there.
    """
    levels = {level: [columns for _, columns in groups] for level, groups in vocabulary.groups().items()}
    if vocabulary.name in FAMILIES:
        levels["family"] = [
            tuple(vocabulary.codes.index(code) for code in codes if code in vocabulary.codes)
            for codes in FAMILIES[vocabulary.name].values()
        ]
    related = {}
    for level, groups in levels.items():
        group = np.full(len(vocabulary), -1)
        for number, columns in enumerate(groups):
            group[list(columns)] = number
        same = np.where(group[:, None] == group, PRESENT, ABSENT).astype(np.int8)
        same[(group < 0)[:, None] | (group < 0)] = UNKNOWN
        np.fill_diagonal(same, UNKNOWN)
        if (same == PRESENT).any() and (same == ABSENT).any():
            related[level] = same
    return related
