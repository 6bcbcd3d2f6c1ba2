"""The model card: what a model was judged on, how it did, and where it fails, from the documents of one evaluation.

Headings after Mitchell et al. 2019, "Model Cards for Model Reporting", and TRIPOD+AI (Collins et al. 2024, BMJ 385:e078378). Every metric
stands in ``metrics.json`` or ``per_finding.csv``; the card adds no metric of its own and names no record and no patient.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jaccardio.disclaimer import DISCLAIMER
from jaccardio.evaluation.evaluate import Evaluation
from jaccardio.evaluation.thresholds import POLICIES
from jaccardio.files import write_atomic
from jaccardio.report.language import ENGLISH
from jaccardio.report.pages import render

CARD = "model_card.md"
WORST = 5


@dataclass(frozen=True)
class CardFacts:
    """What the metrics do not tell, as pairs of name and text for each section that needs it; no patient data.

    Attributes
    ----------
    title
        Model and data.
    model, population, labels, reproduction
        Pairs for the sections of these names. A fact of `population` that says "simulated" marks the card so.
    names, notes
        Finding code -> name, and what a reader must know of it.
    seen
        The part chose the epoch and the thresholds, so its metrics are optimistic.
    """

    title: str
    model: Mapping[str, str]
    population: Mapping[str, str]
    labels: Mapping[str, str]
    reproduction: Mapping[str, str]
    names: Mapping[str, str]
    notes: Mapping[str, str]
    seen: bool


def write_model_card(folder: Path, evaluation: Evaluation, facts: CardFacts, language: str = ENGLISH) -> None:
    """Writes ``model_card.md`` in a language of `languages`."""
    table = evaluation.per_finding
    judged = table[table["in_macro"]]
    card = render(
        "model_card.md.j2",
        facts=facts.population,
        language=language,
        card=facts,
        metrics=evaluation.metrics,
        findings=table.sort_values("prevalence", ascending=False, kind="stable", na_position="last").to_dict("records"),
        lowest_auroc=judged.sort_values("auroc", kind="stable").head(WORST).to_dict("records"),
        most_false_positives=_most(table, "false_positives").to_dict("records"),
        most_false_negatives=_most(table, "false_negatives").to_dict("records"),
        minimum_positives=evaluation.metrics["subgroups"]["minimum_positives"],
        policies=POLICIES,
        disclaimer=DISCLAIMER,
    )
    write_atomic(folder / CARD, card)


def _most(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """The findings with the highest counts in a column; none where it is undefined."""
    return table.dropna(subset=column).sort_values(column, ascending=False, kind="stable").head(WORST)
