"""Section 2.1's choice of encoder: ResNet-18 against a vision transformer."""

from jaccardio.evaluation.table import Table
from jaccardio.paper.study import Study


def encoder(study: Study) -> Table:
    """ResNet-18 against a vision transformer as the ECG encoder.

    Paper: section 2.1 takes ResNet-18 because earlier work found it better than a vision transformer; no number of its own.
    Command: jaccardio reproduce encoder --scale small --store STORE --out DIR
    Cost: 1 run at small beside those of table3's last column and jaccardio-small, 20 to 40 minutes on one core.
    Expect: the ResNet ahead: a transformer from scratch needs more ECGs.
    """
    table = Table("ResNet-18 against a vision transformer")
    study.compare(
        table,
        ["vit", "final", "ours"],
        paper={"final": "final"},
        reference="vit",
        claims={"final": "Section 2.1: ResNet-18 has a higher micro-F1 than a vision transformer"},
    )
    table.remarks.append("The transformer has the optimiser's settings of the ResNet; with one seed no verdict is given.")
    return table
