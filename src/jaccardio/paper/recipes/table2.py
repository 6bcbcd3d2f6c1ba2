"""Table 2: does the language model's knowledge of ECGs matter?"""

from jaccardio.evaluation.table import Table
from jaccardio.paper.scales import SCALES
from jaccardio.paper.study import Study


def table2(study: Study) -> Table:
    """Two text encoders under the Jaccard loss.

    Paper: Table 2. Qwen3-8B micro-F1 0.308, Gemma3-4B ("limited ECG knowledge") 0.269, embedding 128, 250 epochs.
    Command: jaccardio reproduce table2 --scale small --store STORE --out DIR
    Cost: 3 runs at small beside those of table1, 5 minutes each on one core.
    Expect: at small scale MiniLM against random vectors, so the question is whether any language helps; little or no difference.
    """
    first, second = study.scale.texts
    table = Table(f"Two text encoders: {first} and {second}")
    as_printed = study.scale.texts == SCALES["paper"].texts
    study.compare(
        table,
        ["jaccard", "other-text", "ours"],
        paper={"jaccard": "modified", "other-text": "gemma"} if as_printed else {},
        reference="other-text",
        claims={"jaccard": "Table 2: a language model that knows more of ECGs gives a higher micro-F1"},
    )
    if not as_printed:
        table.remarks.append(
            f"Here {first} stands for the better language model and {second} for the lesser; no number of the paper is theirs."
        )
    if "random" in study.scale.texts:
        table.remarks.append("random: a fixed random vector for each sentence, which knows nothing of ECGs or of language.")
    return table
