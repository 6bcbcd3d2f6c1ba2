"""Beyond the paper: what a model says of findings that it was never told of, by their sentences alone."""

from jaccardio.evaluation.contest import Contestant
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.experiments.contestants import HeldOut
from jaccardio.experiments.paper_runs import LEFT_OUT
from jaccardio.experiments.study import Study
from jaccardio.experiments.tables import Table


def left_out(study: Study) -> Table:
    """Zero-shot on left-out findings: models that were never told of four findings beside the same models that were.

    Paper: nothing of it; the models are that of table3's last column and jaccardio-small.
    Command: jaccardio reproduce left_out --scale small --store STORE --out DIR
    Cost: 6 runs at small beside those of table3's last column and jaccardio-small, 6 to 8 minutes each on one core.
    Expect: far below the models that were told; above chance through findings whose sentences and ECGs are alike.
    """
    table = Table("Zero-shot on left-out findings")
    if missing := [code for code in LEFT_OUT if code not in study.home.vocabulary.codes]:
        table.could_not.append(f"left-out findings: {', '.join(missing)} cannot be learned from this cohort")
        return table
    part = study.home.of_findings(LEFT_OUT)
    study.train(["final-left-out", "ours-left-out", "final", "ours"])
    for name in ("final", "ours"):
        told, untold = (_scored(study, table, part, name + kind) for kind in ("", "-left-out"))
        entered = [one for one in (told, untold) if one is not None]
        study.contest(table, part, entered, paper={}, reference=study.title(name))
        for one in entered:
            study.findings(table, one, part, {}, figures=("auroc", "auprc"))
    table.remarks.append(
        f"Left out of training, all at once: {', '.join(LEFT_OUT)}, chosen before any was scored, so that findings near to them stay. "
        "No thresholds were fitted for findings that a model does not know. Chance is an AUROC of 0.5."
    )
    return table


def _scored(study: Study, table: Table, part: HeldOut, name: str) -> Contestant | None:
    seeds = study.sentence_scores(table, name, part, part.vocabulary.prompts("en"))
    return Contestant(study.title(name), seeds, [Thresholds({})] * len(seeds), [float("nan")] * len(seeds)) if seeds else None
