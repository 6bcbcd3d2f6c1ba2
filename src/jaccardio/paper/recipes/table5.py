"""Table 5: the final model, finding by finding."""

from jaccardio.evaluation.table import Table
from jaccardio.paper.printed import paper_findings
from jaccardio.paper.study import Study


def table5(study: Study) -> Table:
    """Each finding by the final model, with intervals.

    Paper: Table 5. F1 from 0.88 (atrial fibrillation) to 0 (ventricular tachycardia); 8 of 26 findings below 0.2, macro-F1 0.379.
    Command: jaccardio reproduce table5 --scale small --store STORE --out DIR
    Cost: 3 runs of table3's last column, 8 minutes each on one core, and jaccardio-small.
    Expect: the paper's order: rhythms and bundle branch blocks easy, abnormal Q waves and sites of infarction hard; wide intervals where a
    finding is rare.
    """
    table = Table("Each finding by the final model")
    for name in ("final", "ours"):
        one = study.scored(table, name, study.home)
        if one is not None:
            study.findings(table, one, study.home, paper_findings("table5") if name == "final" else {})
    table.remarks.append("Accuracy, precision, recall and F1 at the global threshold, fitted on the validation part.")
    return table
