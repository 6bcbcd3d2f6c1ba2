"""Beyond the paper: what measured statements add where few labels, or all, are there."""

from jaccardio.evaluation.table import Table
from jaccardio.paper.runs import SHARES
from jaccardio.paper.study import Study


def few_labels(study: Study, table: Table) -> None:
    """For each share of the labels a model with measured statements against one without, in as many steps."""
    names = [f"labels-{share:g}-{kind}" for share in SHARES for kind in ("without", "with")]
    study.train(names)
    for without, measured in zip(names[::2], names[1::2], strict=True):
        study.compare(table, [without, measured], reference=without)
