"""Table 4: the findings, and whether they are spread evenly over the parts."""

from jaccardio.cohort.split import PARTS, audit
from jaccardio.evaluation.estimate import NAN, Estimate
from jaccardio.evaluation.table import Row, Table
from jaccardio.paper.printed import paper_findings
from jaccardio.paper.study import Study


def table4(study: Study, table: Table) -> None:
    """The findings, with their prevalence in each part and how far the parts lie apart."""
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
