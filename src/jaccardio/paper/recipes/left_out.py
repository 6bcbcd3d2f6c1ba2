"""Beyond the paper: how a model scores findings that it had no label of in training, beside one minus its score of "normal"."""

import numpy as np

from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Table
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.experiments.held_out import HeldOut
from jaccardio.findings.contradictions import NORMAL_CODES
from jaccardio.paper.runs import LEFT_OUT
from jaccardio.paper.study import Study


def left_out(study: Study, table: Table) -> None:
    """Left-out findings: models trained without any label of four findings, beside 1 - p(normal) and the same models trained with them."""
    if missing := [code for code in LEFT_OUT if code not in study.home.vocabulary.codes]:
        table.limitations.append(f"left-out findings: {', '.join(missing)} cannot be learned from this cohort")
        return
    held_out = study.home.of_findings(LEFT_OUT)
    study.train(["final-left-out", "ours-left-out", "final", "ours"])
    for name in ("final", "ours"):
        with_labels, without = (_scored(study, table, held_out, name + kind) for kind in ("", "-left-out"))
        trivial = _one_minus_normal(study, table, held_out, f"{name}-left-out")
        models = [one for one in (with_labels, without, trivial) if one is not None]
        study.rank(table, held_out, models, reference=study.title(name))
        if without is not None and trivial is not None:
            study.rank(table, held_out, [without, trivial], reference=trivial.name)
        for one in models:
            study.findings(table, one, held_out, {}, metrics=("auroc", "auprc"))


def _scored(study: Study, table: Table, held_out: HeldOut, name: str) -> Scored | None:
    seeds = study.sentence_scores(table, name, held_out, held_out.vocabulary.prompts("en"))
    return Scored(study.title(name), seeds, [Thresholds({})] * len(seeds)) if seeds else None


def _one_minus_normal(study: Study, table: Table, held_out: HeldOut, name: str) -> Scored | None:
    """One score for all left-out findings: how little the run takes the ECG for normal."""
    known = study.home.vocabulary
    normal = [prompt for code, prompt in zip(known.codes, known.prompts("en"), strict=True) if code in NORMAL_CODES]
    if not normal:
        table.limitations.append("the baseline 1 - p(normal): this cohort knows no normal ECG")
        return None
    seeds = [
        np.repeat(1 - of_seed, len(held_out.vocabulary), axis=1) for of_seed in study.sentence_scores(table, name, held_out, normal[:1])
    ]
    title = f"{study.title(name)}: 1 - p(normal)"
    return Scored(title, seeds, [Thresholds({})] * len(seeds)) if seeds else None
