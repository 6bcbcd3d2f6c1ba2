"""Table 2: does the language model's knowledge of ECGs matter?"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from jaccardio.errors import MissingError
from jaccardio.evaluation.correlation import spearman
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.table import Row, Table
from jaccardio.experiments.knowledge import probe_knowledge
from jaccardio.files import user_cache
from jaccardio.paper.printed import paper_columns
from jaccardio.paper.runs import TEXT_OBJECTIVES, text_run
from jaccardio.paper.scales import SCALES
from jaccardio.paper.study import Study, beside_printed
from jaccardio.text.create import create_text_encoder
from jaccardio.text.encoder import TextEncoder

CLAIM = "a language model that knows more of ECGs gives a higher micro-F1"
CLAIMS = {"jaccard": f"Table 2: {CLAIM}", "truth": f"Table 2, with the truth of single findings as the target: {CLAIM}"}
KINDS = {
    "random": "a fixed random vector for each sentence, which knows nothing of ECGs or of language",
    "table": "a trained vector for each finding, which knows no language",
}

FEWEST = 3
"""Language models whose order can agree with another one."""


def table2(study: Study, table: Table) -> None:
    """Every text encoder of the scale that is on this machine, under the paper's loss and under the truth target, against the second."""
    texts = study.scale.texts
    there = _on_this_machine(study, table)
    for objective in TEXT_OBJECTIVES:
        names = [text_run(objective, place) for place in there]
        study.compare(table, [*names, "ours"], reference=text_run(objective, 1), claims={objective: CLAIMS[objective]})
    if texts == SCALES["paper"].texts:
        columns = paper_columns()
        beside_printed(table, {study.title("jaccard"): columns["modified"], study.title(text_run("jaccard", 1)): columns["gemma"]})
    else:
        table.remarks.append(
            f"Here {texts[0]} stands for the better language model and {texts[1]} for the lesser; no number of the paper is theirs."
        )
    table.remarks += [f"{text}: {kind}." for text, kind in KINDS.items() if text in texts]
    _knowledge(study, table, {place: encoder for place, encoder in there.items() if texts[place] not in KINDS})


def _on_this_machine(study: Study, table: Table) -> dict[int, TextEncoder]:
    """The scale's text encoders that can be used here, by place; the others are named among the table's limitations."""
    there = {}
    for place, text in enumerate(study.scale.texts):
        try:
            there[place] = create_text_encoder(text, study.store.vocabulary, user_cache())
        except MissingError as error:
            table.limitations.append(f"models with text {text}: {error}")
    return there


def _knowledge(study: Study, table: Table, models: Mapping[int, TextEncoder]) -> None:
    """What the vectors of each language model knew before training, and whether the models trained with them rank in that order."""
    if len(models) < FEWEST:
        return
    labels = study.store.labels[study.store.rows_of(list(study.split.parts["train"]))]
    trained = {(row.model, row.metric): row.estimate.value for row in table.rows}
    known: dict[str, list[float]] = {}
    for place, encoder in models.items():
        found = probe_knowledge([encoder], study.store.vocabulary, labels=labels, replicates=study.scale.replicates)
        for row in found.rows:
            if row.model == f"{encoder.name}, centred":
                table.rows.append(replace(row, model=f"vectors of {study.scale.texts[place]}"))
                known.setdefault(row.metric, []).append(row.estimate.value)
    for objective in TEXT_OBJECTIVES:
        titles = [study.title(text_run(objective, place)) for place in models]
        after = [trained.get((title, "macro_auroc"), np.nan) for title in titles]  # one that could not be trained leaves no order
        for metric, before in known.items():
            if len(before) < len(models):
                continue  # a language that one of them cannot read
            order = spearman(np.array(before), np.array(after))
            table.rows.append(Row(f"{objective}, {len(models)} language models", f"macro_auroc in the order of: {metric}", Estimate(order)))
    table.remarks.append(
        "Vectors of: what the centred vectors of a language model know of the findings before any training, as `jaccardio text knowledge` "
        "has it. In the order of: Spearman's correlation of that with the macro-AUROC of the models trained with them, over language "
        "models; of so few it has no interval, and with four even a perfect order is chance one time in twelve."
    )
