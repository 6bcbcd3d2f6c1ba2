"""Does the length of training decide Table 1?"""

from jaccardio.evaluation.table import Table
from jaccardio.paper.study import Study


def schedule(study: Study) -> Table:
    """SigLIP, the literal Jaccard loss and its soft form at three lengths of training.

    Paper: Table 1 trains 250 epochs, Table 3 at last 600; no learning curve is shown.
    Command: jaccardio reproduce schedule --scale small --store STORE --out DIR
    Cost: 27 runs at small, 12, 36 and 72 epochs of width 16: 4, 12 and 24 minutes each on one core, 6 hours in all, in parts of any size.
    Expect: more epochs help the literal loss at one threshold and SigLIP hardly; per finding and in AUROC SigLIP stays ahead.
    """
    table = Table("Table 1 at three lengths of training")
    names = {loss: [f"{loss}-length-{place}" for place in (1, 2, 3)] for loss in ("standard", "jaccard", "soft")}
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
    table.remarks.append(
        "The models of table1 (at scale small half as wide) with a tenth of the steps as warm-up at every length, validated twelve times "
        "where they are long enough for it: no length has more epochs to choose from than another."
    )
    return table
