"""Table 4: the findings, and whether they are spread evenly over the parts."""

from jaccardio.cohort.split import PARTS, audit
from jaccardio.evaluation.estimate import NAN, Estimate
from jaccardio.evaluation.table import Row, Table
from jaccardio.paper.printed import paper_findings
from jaccardio.paper.study import Study


def table4(study: Study) -> Table:
    """The findings, with their prevalence in each part and how far the parts lie apart.

    Paper: Table 4 lists 26 findings; section 2.2 says that their distribution is uniform across the parts, without numbers. The prevalences
    of its test part follow from Table 5.
    Command: jaccardio reproduce table4 --scale small --store STORE --out DIR
    Cost: no run, a second.
    Expect: no part further than a percentage point or so from the whole, unless a finding is rare or the corpus's folds are used.
    """
    table = Table("Findings, their prevalence in each part, and the largest deviation of a part")
    printed = paper_findings("table5")
    for code, row in audit(study.store, study.split).iterrows():
        for part in PARTS:
            implied = printed[str(code)].prevalence if part == "test" and code in printed else None
            share = Estimate(NAN if row[f"{part}_known"] == 0 else float(row[f"{part}_prevalence"]))
            table.rows.append(Row("split", f"known, {part}", Estimate(float(row[f"{part}_known"])), finding=str(code)))
            table.rows.append(Row("split", f"prevalence, {part}", share, finding=str(code), implied=implied))
        deviation = Estimate(float(row["deviation"]))  # undefined where a part knows nothing of the finding
        table.rows.append(Row("split", "largest deviation", deviation, finding=str(code)))
    parts = ", ".join(f"{part} {len(study.split.parts[part]):,}" for part in PARTS)
    table.scored.append(f"all parts: {parts} ECGs; split by {study.split.method['name']}; no patient and no waveform stands in two parts")
    table.remarks.append("Beside the prevalence in the test part: the paper's, implied by accuracy, precision and recall of its Table 5.")
    return table
