"""Does the length of training decide Table 1?"""

from jaccardio.evaluation.table import Table
from jaccardio.paper.study import Study


def schedule(study: Study, table: Table) -> None:
    """SigLIP and the literal Jaccard loss at three lengths of training."""
    names = {loss: [f"{loss}-length-{place}" for place in (1, 2, 3)] for loss in ("standard", "jaccard")}
    study.train([found[place] for place in range(3) for found in names.values()])  # the short ones first
    for place, epochs in enumerate(study.scale.lengths):
        entered = [study.scored(table, found[place], study.home) for found in names.values()]
        claim = f"Table 1: the Jaccard loss has a higher micro-F1 than standard SigLIP; {epochs} epochs"
        study.rank(
            table,
            study.home,
            [one for one in entered if one is not None],
            paper={},
            reference=study.title(names["standard"][place]),
            claims={study.title(names["jaccard"][place]): claim},
        )
    for first, _, last in names.values():
        study.pair(table, last, first, f"{study.title(last)}: a higher micro-F1 than after {study.scale.lengths[0]}")
