"""The page of a reproduction: rows arranged as tables, and what became of the paper's claims."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaccardio.report.reproduction_page import _compared, _pivot, write_reproduction

HOSTILE = "<script>alert(1)</script>"


def row(run: str, metric: str, threshold: str | None = None, value: float | None = 0.5, **more: Any) -> dict[str, Any]:
    return {"run": run, "metric": metric, "threshold": threshold, "value": value, "ci95": None, "seeds": None, "paper": None} | more


def difference(run: str, metric: str, threshold: str | None, value: float, p_holm: float | None = 0.02) -> dict[str, Any]:
    ci95 = [value - 0.01, value + 0.01]
    return {"run": run, "reference": "base", "metric": metric, "threshold": threshold, "value": value, "ci95": ci95, "p_holm": p_holm}


def table(**parts: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {name: [] for name in ("rows", "differences", "claims", "paper", "scored", "remarks", "could_not", "pictures")}
    return {"title": "A table"} | empty | parts


def written(folder: Path, **tables: dict[str, Any]) -> str:
    write_reproduction(folder / "report.html", tables, folder, facts={"Data": "some ECGs"})
    return (folder / "report.html").read_text("utf-8")


def rows_of(html: str) -> list[list[str]]:
    """The cells of every table row, without markup."""
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in found]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in line] for line in cells]


def test_a_pivot_has_a_line_a_run_and_the_deviation_over_seeds() -> None:
    rows = [
        row("b", "auprc", seeds=[0.2, 0.4, 0.9]),
        row("b", "auroc", value=0.7, seeds=[0.7]),
        row("a", "auroc", value=0.8, seeds=[0.8, None, 0.6]),
        row("a", "f1", value=0.1),
    ]
    found = _pivot(rows)
    assert found["metrics"] == ["auprc", "auroc", "f1"]
    assert {run: list(line) for run, line in found["lines"].items()} == {"b": ["auprc", "auroc"], "a": ["auroc", "f1"]}
    assert list(found["lines"]) == ["b", "a"]
    assert found["lines"]["b"]["auprc"]["sd"] == pytest.approx(np.sqrt((0.3**2 + 0.1**2 + 0.4**2) / 2))
    assert found["lines"]["a"]["auroc"]["sd"] == pytest.approx(0.1 * np.sqrt(2))
    assert found["lines"]["b"]["auroc"]["sd"] is None
    assert found["lines"]["a"]["f1"]["sd"] is None
    assert found["lines"]["a"]["auroc"]["value"] == 0.8


def test_differences_stand_by_pair_and_figure() -> None:
    rows = [
        difference("b", "micro_f1", "global", 0.1),
        difference("a", "micro_f1", "fixed", 0.2),
        difference("b", "micro_f1", "fixed", 0.3),
        difference("b", "micro_f1", "global", 0.4) | {"reference": "other"},
    ]
    found = _compared(rows)
    assert found["figures"] == [("micro_f1", "global"), ("micro_f1", "fixed")]
    assert found["pairs"] == {
        ("b", "base"): {("micro_f1", "global"): rows[0], ("micro_f1", "fixed"): rows[2]},
        ("a", "base"): {("micro_f1", "fixed"): rows[1]},
        ("b", "other"): {("micro_f1", "global"): rows[3]},
    }
    assert list(found["pairs"]) == [("b", "base"), ("a", "base"), ("b", "other")]


def test_the_page_shows_each_claim_with_its_verdict_error_and_p(tmp_path: Path) -> None:
    held = difference("a", "micro_f1", "global", 0.0437, 0.0123) | {
        "claim": "A beats base",
        "verdict": "held",
        "seed_error": 0.0078,
        "p_seeds": 0.031,
    }
    unsure = difference("b", "micro_f1", "fixed", -0.2, None) | {"claim": HOSTILE, "verdict": "open", "seed_error": None, "p_seeds": None}
    html = written(tmp_path, table1=table(claims=[held]), table2=table(claims=[unsure]))
    cells = rows_of(html)
    assert ["A beats base", "held", "global", "+0.044 +0.034 to +0.054", "0.008", "0.031", "0.012"] in cells
    other = next(line for line in cells if line[0].startswith("&lt;script"))
    assert (other[1], other[2], *other[4:]) == ("open", "fixed", "–", "–", "–")
    assert "<script" not in html


def test_the_page_shows_figures_decisions_findings_and_differences(tmp_path: Path) -> None:
    html = written(
        tmp_path,
        table1=table(
            rows=[
                row("model a", "macro_auroc", value=0.9111, ci95=[0.9, 0.92], seeds=[0.9, 0.9222]),
                row("model a", "micro_f1", "fixed", 0.2222),
                row("model a", "micro_f1", "global", 0.3333),
                row("model a", "auroc", value=0.4444, finding="AF", paper=0.543),
            ],
            differences=[
                difference("model a", "macro_auroc", None, 0.0666),
                difference("model a", "micro_f1", "global", 0.0777, 0.5),
                difference("model c", "macro_auroc", None, 0.0888),
            ],
            could_not=["the private hospitals"],
        ),
        table2=table(could_not=["the private hospitals", "the scale"]),
    )
    lines = rows_of(html)
    assert ["model a", "0.911 ± 0.016 0.900–0.920"] in lines
    policies = [line for line in lines if line[0].startswith(("Fixed", "Global")) or line[:1] == ["model a"]]
    assert policies[1:5] == [
        ["Fixed, 0.5"],
        ["model a", "0.222"],
        ["Global: one threshold, fitted on validation"],
        ["model a", "0.333"],
    ]
    assert ["AF", "0.444 paper 0.543"] in lines
    assert ["model a", "base", "+0.067 +0.057 to +0.077", "0.020", "+0.078 +0.068 to +0.088", "0.500"] in lines
    assert ["model c", "base", "+0.089 +0.079 to +0.099", "0.020", "", ""] in lines  # no thresholds, so no F1
    limits = re.findall(r"<li>(.*?)</li>", html[html.index('<section id="limits">') :], re.DOTALL)
    assert [" ".join(re.sub(r"<[^>]+>", "", item).split()) for item in limits] == ["the private hospitals", "the scale (table2)"]
