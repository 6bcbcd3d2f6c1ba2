import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jaccardio.evaluation.calibration import fit_calibration
from jaccardio.evaluation.evaluate import Evaluation, evaluate
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import Thresholds, fit_thresholds
from jaccardio.report.model_card import CardFacts, write_model_card
from tests.evaluation.cases import Case

HEADINGS = [
    *("Model details", "Intended use", "Uses that are not intended", "Population and data source", "Label sources", "Outcome definition"),
    *("Sample size", "Missing and unknown labels", "Performance", "Per-finding results", "Subgroups and fairness", "Calibration"),
    *("Failure cases", "Limitations", "How to reproduce"),
]


@pytest.fixture
def facts(case: Case) -> CardFacts:
    names = {code: f"name of {code}" for code in case.codes}
    one = {"key": "value"}
    return CardFacts("A model", one, {"databases": "some"}, one, one, names, {"f1": "a proxy"}, seen=False)


def evaluated(case: Case, labels: np.ndarray | None = None) -> Evaluation:
    return evaluate(
        case.part if labels is None else replace(case.part, labels=labels),
        replace(case.scored(), calibration=fit_calibration(case.labels, case.scores)),
        subgroups={"sex": np.array(["female", "male", "unknown"] * 100), "device": np.full(300, "unknown")},
        replicates=20,
    )


def written(folder: Path, evaluation: Evaluation, facts: CardFacts) -> str:
    write_model_card(folder, evaluation, facts)
    return (folder / "model_card.md").read_text("utf-8")


def rows_under(card: str, heading: str) -> list[list[str]]:
    """The cells of every table row of a section."""
    section = re.split(r"^## ", card, flags=re.MULTILINE)[1 + HEADINGS.index(heading)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")]


def test_every_heading_stands_once_and_in_order(case: Case, facts: CardFacts, tmp_path: Path) -> None:
    card = written(tmp_path, evaluated(case), facts)
    assert re.findall(r"^## (.*)$", card, re.MULTILINE) == HEADINGS
    assert "Research software, not a medical device." in card
    assert "- f1: a proxy" in card
    assert "nan" not in card.lower()


def test_metrics_are_those_of_the_evaluation(case: Case, facts: CardFacts, tmp_path: Path) -> None:
    evaluation = evaluated(case)
    card, metrics = written(tmp_path, evaluation, facts), evaluation.metrics
    macro = metrics["macro_auroc"]
    assert ["macro AUROC", f"{macro.value:.3f} ({macro.low:.3f}–{macro.high:.3f})"] in rows_under(card, "Performance")
    findings = {row[0]: row for row in rows_under(card, "Per-finding results")}
    for row in evaluation.per_finding.itertuples():
        assert findings[row.finding][1:4] == [f"name of {row.finding}", str(row.n_known), str(row.n_pos)]
        assert findings[row.finding][4] == f"{row.auroc:.3f} ({row.auroc_low:.3f}–{row.auroc_high:.3f})"
    groups = {row[0]: row for row in rows_under(card, "Subgroups and fairness")}
    female = metrics["subgroups"]["attributes"]["sex"]["groups"]["female"]
    assert groups["female"][1] == "100"
    assert groups["female"][3].startswith(f"{female['macro_auroc'].value:.3f} (")
    assert rows_under(card, "Subgroups and fairness")[0][-2:] == ["ECE, common", "by chance"]
    common = female["common"]
    assert groups["female"][-2].startswith(f"{common['macro_ece'].value:.3f} (")
    assert groups["female"][-1] == f"{common['macro_chance_ece']:.3f}"
    assert "device (not stated for any ECG)" in card
    platt = next(row for row in rows_under(card, "Calibration") if row[0] == "Platt")
    assert platt[1].startswith(f"{metrics['calibration']['methods']['platt']['macro_ece'].value:.3f} (")
    assert platt[2] == f"{metrics['calibration']['methods']['platt']['macro_chance_ece']:.3f}"


def test_failure_cases_are_the_worst_with_their_counts(case: Case, facts: CardFacts, tmp_path: Path) -> None:
    evaluation = evaluated(case)
    cells = rows_under(written(tmp_path, evaluation, facts), "Failure cases")
    decisions = fit_thresholds(case.labels, case.scores).decide(case.scores)
    wrong = {
        "most false positives": {code: int((decisions & (case.labels == 0))[:, i].sum()) for i, code in enumerate(case.codes)},
        "most false negatives": {code: int((~decisions & (case.labels == 1))[:, i].sum()) for i, code in enumerate(case.codes)},
    }
    for heading, counts in wrong.items():
        start = next(index for index, row in enumerate(cells) if row[0] == heading) + 2
        shown = {row[0]: int(row[1]) for row in cells[start : start + 5]}
        assert list(shown.values()) == sorted(counts.values(), reverse=True)[:5]
        assert all(counts[code] == count for code, count in shown.items())
    assert cells[2][0] == evaluation.per_finding.sort_values("auroc")["finding"].iloc[0]


def test_simulated_ecgs_and_a_part_that_was_seen_are_said_to_be_so(case: Case, facts: CardFacts, tmp_path: Path) -> None:
    evaluation = evaluated(case)
    plain = written(tmp_path, evaluation, facts)
    assert "Simulated" not in plain
    assert "optimistic" not in plain
    marked = written(tmp_path, evaluation, replace(facts, population={"databases": "simulated site-a 9"}, seen=True))
    assert "**Simulated ECGs" in marked
    assert "optimistic" in marked


def test_whatever_comes_in_cannot_break_the_card(case: Case, facts: CardFacts, tmp_path: Path) -> None:
    hostile = "a|b\n## <script>x</script> [y](http://z)"
    card = written(
        tmp_path, evaluated(case), replace(facts, title=hostile, model={hostile: hostile}, names=dict.fromkeys(case.codes, hostile))
    )
    assert re.findall(r"^## (.*)$", card, re.MULTILINE) == HEADINGS
    assert "<script" not in card
    assert "](http" not in card
    assert "| f1 | a\\|b ## " in card


@pytest.mark.parametrize("state", [-1, 0])
def test_a_card_without_any_defined_metric_is_still_written(case: Case, facts: CardFacts, tmp_path: Path, state: int) -> None:
    card = written(tmp_path, evaluated(case, np.full_like(case.labels, state)), facts)
    assert ["macro AUROC", "–"] in rows_under(card, "Performance")
    assert "nan" not in card.lower()


def test_scores_that_are_no_probabilities_and_have_no_global_threshold_have_a_card(case: Case, facts: CardFacts, tmp_path: Path) -> None:
    logits, thresholds = 4 * case.scores - 2, Thresholds({"per_finding": np.zeros(6)})
    evaluation = evaluate(case.part, Scored("logits", [logits], [thresholds]), replicates=5)
    card = written(tmp_path, evaluation, facts)
    assert rows_under(card, "Calibration") == []
    assert "Left out: scores lie outside [0, 1]" in card
    assert [row[0] for row in rows_under(card, "Failure cases")][-4:] == ["most false positives", "---", "most false negatives", "---"]
    assert "nan" not in card.lower()
