"""Table 2: does the language model's knowledge of ECGs matter?"""

from jaccardio.evaluation.table import Table
from jaccardio.paper.printed import paper_columns
from jaccardio.paper.scales import SCALES
from jaccardio.paper.study import Study, beside_printed


def table2(study: Study, table: Table) -> None:
    """The paper's columns, where the text encoders are the paper's, and otherwise what stands for them."""
    first, second = study.scale.texts
    if study.scale.texts == SCALES["paper"].texts:
        beside_printed(table, {study.title("jaccard"): paper_columns()["modified"], study.title("other-text"): paper_columns()["gemma"]})
    else:
        table.remarks.append(
            f"Here {first} stands for the better language model and {second} for the lesser; no number of the paper is theirs."
        )
    if "random" in study.scale.texts:
        table.remarks.append("random: a fixed random vector for each sentence, which knows nothing of ECGs or of language.")
