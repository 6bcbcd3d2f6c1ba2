"""Table 7: the final model at another hospital, finding by finding."""

from jaccardio.evaluation.table import Table
from jaccardio.paper.printed import paper_findings
from jaccardio.paper.study import Study


def table7(study: Study) -> Table:
    """Each finding by the final model at another hospital, with intervals.

    Paper: Table 7. The other hospital had no positive of left atrial enlargement and of frequent ventricular premature contraction.
    Command: jaccardio reproduce table7 --scale small --store STORE --external STORE2 --out DIR
    Cost: 3 runs of table3's last column, 8 minutes each on one core, and jaccardio-small.
    Expect: as table5, a little lower; findings that the other hospital does not annotate are unknown there, not absent.
    """
    table = Table("Each finding by the final model, at another hospital")
    for place, part in study.external.items():
        for name in ("final", "ours"):
            one = study.scored(table, name, part, f"{study.title(name)}, {place}")
            if one is not None:
                study.findings(table, one, part, paper_findings("table7") if name == "final" else {})
    study.without_external(table)
    return table
