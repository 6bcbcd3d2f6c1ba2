"""Table 6: the final model at another hospital."""

from jaccardio.evaluation.table import Table
from jaccardio.paper.printed import paper_columns
from jaccardio.paper.study import Study


def table6(study: Study) -> Table:
    """The final model at another hospital, with the thresholds of its own.

    Paper: Table 6. Micro-F1 0.503 at the own hospital, 0.484 at the other, called minimal decline.
    Command: jaccardio reproduce table6 --scale small --store STORE --external STORE2 --out DIR
    Cost: 3 runs of table3's last column, 8 minutes each on one core, and jaccardio-small.
    Expect: AUROC falls less than F1, whose thresholds were fitted to another prevalence and another recorder.
    """
    table = Table("The final model at its own and at another hospital")
    for place, hospital, held_out in study.places():
        title = f"{study.title('final')}, {place}"
        ours = f"{study.title('ours')}, {place}"
        found = [study.scored(table, "final", held_out, title), study.scored(table, "ours", held_out, ours)]
        entered = [one for one in found if one is not None] + [study.control(held_out, place)]
        column = paper_columns()["final" if hospital == "own" else "other-hospital"]
        study.rank(table, held_out, entered, paper={title: column}, reference=title)
    for place in study.external:
        study.moved(table, "final", place, f"Table 6: micro-F1 is higher at the own hospital than at another; here {place}")
    study.without_external(table)
    table.remarks.append(
        "Hospitals annotate other findings: only rows over the findings judged at both compare places. Their patients differ, so these "
        "differences are not paired; each hospital is resampled by itself."
    )
    return table
