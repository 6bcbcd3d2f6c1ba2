"""Tables 5 and 7 and the appendix's ROC curves: the final model, finding by finding, at the home and at external hospitals."""

from dataclasses import replace

from jaccardio.evaluation.evaluate import evaluate
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Table
from jaccardio.experiments.held_out import HeldOut
from jaccardio.paper.printed import paper_auroc, paper_findings
from jaccardio.paper.study import Study
from jaccardio.report.plots import draw_curves


def table5(study: Study, table: Table) -> None:
    """At the home hospital."""
    _findings(study, table, study.home, "", "table5")


def table7(study: Study, table: Table) -> None:
    """At external hospitals."""
    for place, held_out in study.external.items():
        _findings(study, table, held_out, f", {place}", "table7")
    study.without_external(table)


def rocs(study: Study, table: Table) -> None:
    """AUROC and ROC curve everywhere."""
    for place, hospital, held_out in study.places():
        one = study.scored(table, "final", held_out, f"{study.title('final')}, {place}")
        if one is None:
            continue
        printed = {code: {"auroc": area} for code, area in paper_auroc(hospital).items()}
        study.findings(table, one, held_out, printed, metrics=("auroc", "auprc"))
        part = replace(held_out.part, groups={})
        drawn = evaluate(part, Scored(one.name, one.scores[:1], one.thresholds[:1]), replicates=1)
        caption = f"{place}, the first seed; in each panel the AUROC, positives of known labels"
        table.plots[caption] = draw_curves("roc", drawn, part.labels, one.scores[0])
        positives = dict(zip(part.codes, part.positives.tolist(), strict=True))
        if not positives.get("low_ef"):
            table.limitations.append(f"the AUROC of low ejection fraction ({place}): nobody with it is known there")
    study.without_external(table)


def _findings(study: Study, table: Table, held_out: HeldOut, where: str, printed: str) -> None:
    paper = {code: vars(line) for code, line in paper_findings(printed).items()}
    for name in ("final", "ours"):
        if one := study.scored(table, name, held_out, f"{study.title(name)}{where}"):
            study.findings(table, one, held_out, paper if name == "final" else {})
