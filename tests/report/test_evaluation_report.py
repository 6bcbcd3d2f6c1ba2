import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jaccardio.evaluation.evaluate import evaluate
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.report.evaluation_report import Example, write_evaluation
from tests.evaluation.cases import Case

PIXEL = bytes.fromhex("89504e470d0a1a0a")
WRITTEN = {
    "metrics.json",
    "per_finding.csv",
    "predictions.parquet",
    "roc.png",
    "precision_recall.png",
    "auroc.png",
    "reliability.png",
    "report.html",
    "manifest.json",
}


def written(case: Case, folder: Path, labels: np.ndarray | None = None, **extra: object) -> str:
    case = case if labels is None else replace(case, labels=labels)
    settings = {"title": "A model", "facts": {"Data": "some ECGs"}} | extra
    part, scored = case.part, case.scored()
    write_evaluation(folder, evaluate(part, scored, replicates=20), part, scored, **settings)
    return (folder / "report.html").read_text("utf-8")


def test_the_folder_holds_everything_and_no_nan(case: Case, tmp_path: Path) -> None:
    written(case, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert {path.name for path in folder.iterdir()} == WRITTEN

    def refuse(name: str) -> float:
        raise AssertionError(name)

    metrics = json.loads((folder / "metrics.json").read_text(), parse_constant=refuse)
    table = pd.read_csv(folder / "per_finding.csv")
    assert table["finding"].tolist() == list(case.codes)
    assert metrics["macro_auroc"]["value"] == pytest.approx(table["auroc"].mean())
    assert all((folder / name).read_bytes().startswith(PIXEL) for name in WRITTEN if name.endswith(".png"))


@pytest.mark.usefixtures("without_plots")
def test_predictions_keep_unknown_as_null(case: Case, tmp_path: Path) -> None:
    written(case, tmp_path)
    table = pd.read_parquet(tmp_path / "predictions.parquet")
    assert list(table.columns) == ["recording_id", *(f"y_{code}" for code in case.codes), *(f"score_{code}" for code in case.codes)]
    labels = table[[f"y_{code}" for code in case.codes]]
    assert {str(dtype) for dtype in labels.dtypes} == {"Int8"}
    assert np.array_equal(labels.fillna(-1).to_numpy(np.int8), case.labels)
    assert np.array_equal(table["score_f3"], case.scores[:, 3])


@pytest.mark.usefixtures("without_plots")
def test_ece_stands_beside_that_of_chance(case: Case, tmp_path: Path) -> None:
    sexes = np.array(["female", "male"] * 150)
    labels = case.labels.copy()
    labels[np.flatnonzero((labels[:, 3] == 1) & (sexes == "female"))[9:], 3] = 0  # a finding that only one sex can judge
    judged = replace(case, labels=labels)
    part, scored = judged.part, judged.scored()
    evaluation = evaluate(part, scored, subgroups={"sex": sexes}, replicates=5)
    write_evaluation(tmp_path, evaluation, part, scored, title="A model", facts={})
    html = re.sub(r'<span class="interval">.*?</span>', "", (tmp_path / "report.html").read_text("utf-8"))
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)]
    as_is = evaluation.metrics["calibration"]["methods"]["as_is"]
    all_ecgs = next(row for row in rows if row[0] == "As they are")
    assert all_ecgs[1:3] == [f"{as_is['macro_ece'].value:.3f}", f"{as_is['macro_chance_ece']:.3f}"]
    header = next(row for row in rows if row[0] == "Group")
    assert header[-2:] == ["ECE, common", "by chance"]
    for sex, group in evaluation.metrics["subgroups"]["attributes"]["sex"]["groups"].items():
        shown = next(row for row in rows if row[0] == sex)
        assert group["macro_ece"].value != pytest.approx(group["common"]["macro_ece"].value) or sex == "female"
        assert shown[-2:] == [f"{group['common']['macro_ece'].value:.3f}", f"{group['common']['macro_chance_ece']:.3f}"]


def test_the_report_needs_nothing_else(case: Case, tmp_path: Path) -> None:
    html = written(
        case, tmp_path, examples=[Example(PIXEL, "recording r:1", [("f1", 0.7, 0.4, True, "absent")], "contradictory: normal beside f1")]
    )
    assert not re.search(r"(src|href)\s*=\s*(?!\"data:)", html)
    assert not re.search(r"url\(|@import|<script|<link|https?://", html)
    assert html.count("data:image/png;base64,") == 5
    assert "Research software, not a medical device" in html
    assert "nan" not in re.sub(r"base64,[^\"]*", "", html).lower()


@pytest.mark.usefixtures("without_plots")
def test_whatever_comes_in_is_escaped(case: Case, tmp_path: Path) -> None:
    hostile = '<script>alert("x")</script>'
    html = written(
        case,
        tmp_path,
        title=hostile,
        facts={hostile: hostile},
        names={"f1": hostile},
        examples=[Example(PIXEL, hostile, [(hostile, 0.5, 0.5, True, hostile)])],
    )
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 7


@pytest.mark.usefixtures("without_plots")
@pytest.mark.parametrize(("fact", "marked"), [("Simulated hospital A", True), ("PTB-XL, fold 9", False)])
def test_simulated_ecgs_are_called_so(case: Case, tmp_path: Path, fact: str, marked: bool) -> None:
    assert ("<li>Simulated ECGs</li>" in written(case, tmp_path, facts={"Data": fact})) is marked


@pytest.mark.usefixtures("without_plots")
def test_findings_left_out_say_why(case: Case, tmp_path: Path) -> None:
    labels = case.labels.copy()
    labels[np.flatnonzero(labels[:, 1] == 1)[3:], 1] = 0
    labels[:, 2] = -1
    html = written(case, tmp_path, labels)
    assert "left out: 3 positives, fewer than 10" in html
    assert "left out: unknown in every record" in html
    assert html.count('class="left-out"') == 2


@pytest.mark.parametrize("state", [-1, 0])
def test_a_report_without_any_defined_metric_is_still_written(case: Case, tmp_path: Path, state: int) -> None:
    assert "–" in written(case, tmp_path, np.full_like(case.labels, state))


def test_scores_that_are_no_probabilities_and_have_no_global_threshold_are_reported(case: Case, tmp_path: Path) -> None:
    written(case, tmp_path)
    assert (tmp_path / "reliability.png").is_file()
    logits, thresholds = 4 * case.scores - 2, Thresholds({"per_finding": np.zeros(6)})
    scored = Scored("logits", [logits], [thresholds])
    write_evaluation(tmp_path, evaluate(case.part, scored, replicates=5), case.part, scored, title="Logits", facts={})
    assert {path.name for path in tmp_path.iterdir()} == WRITTEN - {"reliability.png"}
    html = (tmp_path / "report.html").read_text("utf-8")
    assert "Left out: scores lie outside [0, 1]" in html
    assert html.count("data:image/png;base64,") == 3
    assert "nan" not in re.sub(r"base64,[^\"]*", "", html).lower()
    assert pd.read_csv(tmp_path / "per_finding.csv")["ece"].isna().all()
