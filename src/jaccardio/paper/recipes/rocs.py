"""Appendix 5.4 and 5.6: ROC curves of every finding, at both hospitals."""

from dataclasses import replace

from jaccardio.evaluation.evaluate import evaluate
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Table
from jaccardio.paper.printed import paper_auroc
from jaccardio.paper.study import Study
from jaccardio.report.plots import draw_roc


def rocs(study: Study) -> Table:
    """ROC curve and AUROC of every finding, at the own and at other hospitals.

    Paper: Appendix 5.4 and 5.6. AUROC of low ejection fraction 0.887 at the own hospital, 0.888 at the other; the other areas are in the
    pictures only.
    Command: jaccardio reproduce rocs --scale small --store STORE --external STORE2 --out DIR
    Cost: 3 runs of table3's last column, 8 minutes each on one core.
    Expect: low ejection fraction only where echocardiograms gave the label; it is unknown in PTB-XL and the Challenge's sources.
    """
    table = Table("ROC curves at the own and at other hospitals")
    for place, hospital, held_out in study.places():
        one = study.scored(table, "final", held_out, f"{study.title('final')}, {place}")
        if one is None:
            continue
        printed = paper_auroc(hospital)
        study.findings(table, one, held_out, {}, metrics=("auroc", "auprc"))
        table.rows = [
            replace(row, printed=printed.get(row.finding or "")) if row.model == one.name and row.metric == "auroc" else row
            for row in table.rows
        ]
        labels, scores, codes = held_out.part.labels, one.scores[0], held_out.part.codes
        first = Scored(one.name, one.scores[:1], one.thresholds[:1])
        drawn = evaluate(replace(held_out.part, groups={}), first, replicates=1)
        table.plots[f"{place}, the first seed; in each panel the AUROC, positives of known labels"] = draw_roc(drawn, labels, scores)
        if "low_ef" not in codes or not (labels[:, codes.index("low_ef")] == 1).any():
            table.limitations.append(f"the AUROC of low ejection fraction ({place}): nobody with it is known there")
    study.without_external(table)
    return table
