"""Table 2: does the language model's knowledge of ECGs matter?"""

from jaccardio.errors import MissingError
from jaccardio.evaluation.table import Table
from jaccardio.paper.printed import paper_columns
from jaccardio.paper.runs import TEXT_OBJECTIVES, text_run
from jaccardio.paper.scales import SCALES
from jaccardio.paper.study import Study, beside_printed
from jaccardio.text.create import create_text_encoder

CLAIM = "a language model that knows more of ECGs gives a higher micro-F1"
CLAIMS = {"jaccard": f"Table 2: {CLAIM}", "truth": f"Table 2, with the truth of single findings as the target: {CLAIM}"}
KINDS = {
    "random": "a fixed random vector for each sentence, which knows nothing of ECGs or of language",
    "table": "a trained vector for each finding, which knows no language",
}


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


def _on_this_machine(study: Study, table: Table) -> list[int]:
    """Places of the scale's text encoders that can be used here; the others are named among the table's limitations."""
    there = []
    for place, text in enumerate(study.scale.texts):
        try:
            create_text_encoder(text, study.store.vocabulary)
        except MissingError as error:
            table.limitations.append(f"models with text {text}: {error}")
        else:
            there.append(place)
    return there
