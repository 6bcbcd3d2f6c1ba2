import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from jaccardio.evaluation.contest import Contest, Contestant, rank
from jaccardio.evaluation.thresholds import fit_thresholds
from jaccardio.report.ranking_page import write_contest
from jaccardio.report.ranking_plots import _lowest_shown, draw_gains, draw_ranking
from tests.evaluation.cases import Case

HOSTILE = '<script>alert("$x$ $\\frac$")</script>'


def contest_of(case: Case, names: list[str], labels: np.ndarray | None = None) -> Contest:
    rng = np.random.default_rng(0)
    labels = case.labels if labels is None else labels
    contestants = []
    for name in names:
        scores = case.scores + rng.normal(0, 0.1, case.scores.shape)
        contestants.append(Contestant(name, [scores], [fit_thresholds(labels, scores)], [90.0], note=f"note on {name}"))
    return rank(labels, case.patients, case.codes, contestants, reference=names[0], replicates=5)


def test_the_folder_holds_everything_and_every_contestant(case: Case, tmp_path: Path) -> None:
    names = [f"objective {place}" for place in range(12)]
    contest = contest_of(case, names)
    write_contest(tmp_path / "new", contest, title="Twelve", facts={"Data": "simulated hospital A"})
    folder = tmp_path / "new"
    assert {path.name for path in folder.iterdir()} == {"ranking.json", "per_finding_gains.csv", "gains.png", "ranking.png", "ranking.html"}
    assert json.loads((folder / "ranking.json").read_text()) == contest.document
    gains = pd.read_csv(folder / "per_finding_gains.csv")
    assert len(gains) == 12 * 6
    html = (folder / "ranking.html").read_text("utf-8")
    tables = re.findall(r"<table.*?</table>", html, re.DOTALL)
    counts = [len(re.findall(r"<th[^>]*>objective \d+<", table)) for table in tables]
    assert counts == [12, 11, 12, 12, 12]  # ranking, differences, one for each threshold policy
    assert all(f"note on {name}<" in html for name in names)
    assert not re.search(r"(src|href)\s*=\s*(?!\"data:)", html)
    assert not re.search(r"url\(|@import|<link|https?://", html)
    assert html.count("data:image/png;base64,") == 2
    assert "Simulated ECGs" in html
    assert "The best 8 of 11 models" in html
    assert "Training, minutes" in html


def test_training_times_that_nobody_knows_have_no_column(case: Case, tmp_path: Path) -> None:
    untimed = [Contestant(name, [case.scores], [fit_thresholds(case.labels, case.scores)], [float("nan")]) for name in "ab"]
    contest = rank(case.labels, case.patients, case.codes, untimed, reference="a", replicates=5)
    write_contest(tmp_path, contest, title="Untimed", facts={})
    assert "Training" not in (tmp_path / "ranking.html").read_text("utf-8")


def test_whatever_comes_in_is_escaped(case: Case, tmp_path: Path) -> None:
    write_contest(tmp_path, contest_of(case, [HOSTILE, "b"]), title=HOSTILE, facts={HOSTILE: HOSTILE})
    html = (tmp_path / "ranking.html").read_text("utf-8")
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 8


@pytest.mark.parametrize(
    "names", [["alone"], ["a", "b"], [f"a rather long name of an objective, the number {place} of many" for place in range(30)]]
)
def test_pictures_of_few_and_many(case: Case, names: list[str]) -> None:
    contest = contest_of(case, names)
    for png in (draw_ranking(contest), draw_gains(contest)) if len(names) > 1 else (draw_ranking(contest),):
        picture = imread(io.BytesIO(png))
        assert picture.std() > 0.01
        assert 100 < picture.shape[0] < 1400


@pytest.mark.parametrize("names", [["alone"], ["a", "b"]])
def test_a_page_without_any_defined_figure_is_still_written(case: Case, tmp_path: Path, names: list[str]) -> None:
    write_contest(tmp_path, contest_of(case, names, np.full_like(case.labels, -1)), title="None", facts={})
    html = (tmp_path / "ranking.html").read_text("utf-8")
    assert "–" in html
    assert ("Differences from" in html) is (len(names) > 1)


def test_a_control_far_behind_does_not_squeeze_the_others() -> None:
    def figure(low: float, high: float) -> dict[str, object]:
        return {"value": (low + high) / 2, "ci95": [low, high]}

    near = _lowest_shown([figure(0.9, 0.92), figure(0.89, 0.91)])
    far = _lowest_shown([figure(0.9, 0.92), figure(0.89, 0.91), figure(0.5, 0.5)])
    assert near is not None
    assert 0.88 < near < 0.89
    assert far == pytest.approx(0.92 - 0.03 / 0.4)
    assert _lowest_shown([{"value": None, "ci95": None}]) is None
