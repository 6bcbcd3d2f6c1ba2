"""The folder of a study: what stands in a table stands in JSON, page and Markdown, and whatever comes in is escaped."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from jaccardio.errors import UsageError
from jaccardio.evaluation.estimate import NAN, Estimate
from jaccardio.evaluation.table import RANGES, Claim, Difference, Row, Table
from jaccardio.evaluation.thresholds import ORACLE
from jaccardio.report.results import plots_are_whole, table_document, write_results, write_study

PIXEL = bytes.fromhex("89504e470d0a1a0a")
HOSTILE = "<script>alert(1)</script>"


def difference(model: str, metric: str, policy: str | None, value: float, p: float = 0.02, reference: str = "base") -> Difference:
    seeds = (value - 0.001, value, value + 0.001)
    return Difference(model, reference, metric, Estimate(value, value - 0.01, value + 0.01, seeds), policy, p=p)


def study() -> dict[str, Table]:
    first = Table(
        "First",
        rows=[
            Row("model a", "macro_auroc", Estimate(0.9111, 0.9, 0.92, (0.9, 0.9222))),
            Row("model a", "training_minutes", Estimate(1.25)),
            Row("model a", "micro_f1", Estimate(0.2222), "fixed", printed=0.3, implied=0.25),
            Row("model a", "micro_f1", Estimate(0.3333), "global"),
            Row("model a", "micro_f1", Estimate(0.4), ORACLE),
            Row("model c", "macro_auroc", Estimate(NAN)),
            Row("model a", "auroc", Estimate(0.4444), finding="AF", printed=0.543),
            Row("model a", "positives", Estimate(12.0), finding="AF"),
        ],
        differences=[
            difference("model a", "macro_auroc", None, 0.0666),
            difference("model a", "micro_f1", "global", 0.0777, 0.5),
            difference("model c", "macro_auroc", None, 0.0888),
        ],
        notes={"model a": "what it is"},
        scored=["12 ECGs"],
        left_out={"vt": "0 positives, fewer than 10"},
        warnings=["too few"],
        remarks=["Read it so."],
        limitations=["the private hospitals"],
        links={"a report": "reports/a.html"},
        plots={"A plot": PIXEL},
    )
    first.claims = [Claim("A beats base", first.differences[1]), Claim(HOSTILE, first.differences[0])]
    return {"table1": first, "table2": Table(HOSTILE, limitations=["the private hospitals", "the scale"])}


def cells_of(html: str) -> list[list[str]]:
    """The cells of every table row, without markup."""
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in found]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in line] for line in cells]


def test_the_folder_holds_everything(tmp_path: Path) -> None:
    document = write_study(tmp_path / "new", study(), title="Two", facts={"Data": "simulated hospital A"})
    folder = tmp_path / "new"
    assert {path.name for path in folder.iterdir()} == {"results.json", "results.html", "results.md", "table1-1.png"}
    assert json.loads((folder / "results.json").read_text()) == document
    assert list(document) == ["title", "facts", "tables"]
    row = document["tables"]["table1"]["rows"][0]
    assert row == {
        **{"model": "model a", "metric": "macro_auroc", "policy": None, "finding": None},
        **{"value": 0.9111, "low": 0.9, "high": 0.92, "per_seed": [0.9, 0.9222]},
    }
    assert [one["p_holm"] for one in document["tables"]["table1"]["differences"]] == [0.04, 0.5, 0.04]  # settled


def test_the_page_shows_every_row(tmp_path: Path) -> None:
    write_study(tmp_path, study(), title="Two", facts={"Data": "simulated hospital A"})
    html = (tmp_path / "results.html").read_text("utf-8")
    lines = cells_of(html)
    assert ["Model", "AUROC, macro", "Training minutes"] in lines
    assert ["model a what it is", "0.911 0.900–0.920 ± 0.016", "1.2"] in lines
    assert ["model c", "–", ""] in lines
    assert ["model a", "0.222 paper 0.300 paper, implied 0.250"] in lines
    assert ["model a", "0.333"] in lines
    assert re.search(r'<tr class="left-out"><th>model a</th><td>0.400', html)  # the oracle stands aside
    for policy in ("Fixed, 0.5", "Global: one threshold", "Oracle, not a result"):
        assert f"<caption>{policy}" in html
    assert ["Finding", "AUROC", "Positive"] in lines
    assert ["AF", "0.444 paper 0.543", "12"] in lines
    assert ["Difference", "AUROC, macro", "F1, micro, global"] in lines
    assert ["model a minus base", "+0.067 +0.057 to +0.077 p 0.040", "+0.078 +0.068 to +0.088 p 0.500"] in lines
    assert ["model c minus base", "+0.089 +0.079 to +0.099 p 0.040", ""] in lines  # no thresholds, so no F1
    assert html.count('class="differ"') >= 2
    for text in ("12 ECGs", "too few", "Read it so.", "vt (0 positives, fewer than 10)", "Simulated ECGs", "Research software"):
        assert text in html
    assert re.findall(r"(?:src|href)\s*=\s*\"(?!data:|#)(.*?)\"", html) == ["reports/a.html"]
    assert html.count("data:image/png;base64,") == 1
    limits = re.findall(r"<li>(.*?)</li>", html[html.index('<section id="claims">') :], re.DOTALL)
    assert [" ".join(re.sub(r"<[^>]+>", "", item).split()) for item in limits] == ["the private hospitals", "the scale (table2)"]


def test_each_claim_stands_with_its_verdict_error_and_p(tmp_path: Path) -> None:
    write_study(tmp_path, study(), title="Two", facts={})
    lines = cells_of((tmp_path / "results.html").read_text("utf-8"))
    claim = next(line for line in lines if line[0] == "A beats base")
    assert claim[1:4] == ["open", "global", "+0.078 +0.068 to +0.088 p 0.500"]
    held = next(line for line in lines if line[0].startswith("&lt;script"))
    assert held[1] == "held"
    assert held[4:] == ["0.001", "0.000"]


def test_markdown_holds_the_same(tmp_path: Path) -> None:
    write_study(tmp_path, study(), title="Two", facts={"Data": "here"})
    text = (tmp_path / "results.md").read_text("utf-8")
    assert "| model a | 0.9111 [0.900, 0.920] ± 0.0157 | 1.2 |" in text
    assert "| model a | 0.2222; paper 0.300; paper, implied 0.250 |" in text
    assert "| model a minus base | +0.067 [+0.057, +0.077] (p 0.040) | +0.078 [+0.068, +0.088] (p 0.500) |" in text
    assert "| AF | 0.4444; paper 0.543 | 12 |" in text
    assert "| A beats base | global | +0.078 [+0.068, +0.088] (p 0.500) | 0.000 | open |" in text
    assert "Left out of macro metrics: vt (0 positives, fewer than 10)." in text
    assert text.endswith("## Limitations\n\n- the private hospitals\n- the scale (table2)\n")
    assert text.count(RANGES) == 1  # the second table has no rows


def test_models_stand_side_by_side_for_each_finding(tmp_path: Path) -> None:
    rows = [Row(f"m{number}", "auroc", Estimate(number / 10), finding=code) for number in range(3) for code in ("AF", "LBBB")]
    write_study(tmp_path, {"one": Table("One", rows=rows)}, title="One", facts={})
    lines = cells_of((tmp_path / "results.html").read_text("utf-8"))
    assert ["Finding", *(f"AUROC, m{number}" for number in range(3))] in lines
    assert ["LBBB", "0.000", "0.100", "0.200"] in lines
    rows += [Row(f"m{number}", "auprc", Estimate(0.5), finding="AF") for number in range(5)]
    write_study(tmp_path, {"one": Table("One", rows=rows)}, title="One", facts={})
    lines = cells_of((tmp_path / "results.html").read_text("utf-8"))  # ten columns are too many for one grid
    assert lines.count(["Finding", "m0", "m1", "m2", "m3", "m4"]) == 2


def test_counts_of_ecgs_stand_once_for_all_models_of_the_same_ecgs(tmp_path: Path) -> None:
    positives = {"all ECGs": {"AF": 5, "LBBB": 7}, "abnormal ECGs": {"AF": 5, "LBBB": 6}}
    models = [f"{name}, {ecgs}" for ecgs in positives for name in ("a", "b, c", "d", "e", "f")]

    def counts(models: list[str]) -> list[Row]:
        return [Row(one, "positives", Estimate(n), finding=code) for one in models for code, n in positives[one.split(", ")[-1]].items()]

    def lines(rows: list[Row]) -> list[list[str]]:
        write_study(tmp_path, {"one": Table("One", rows=rows)}, title="One", facts={})
        return cells_of((tmp_path / "results.html").read_text("utf-8"))

    assert lines(counts(models)) == [["Finding", "all ECGs", "abnormal ECGs"], ["AF", "5", "5"], ["LBBB", "7", "6"]]
    unlike = [replace(row, model=f"{number}") for number, row in enumerate(counts(["a, all ECGs"])[:1] * 9)]
    assert lines(unlike) == [["Finding", "all models"], ["AF", "5"]]


def test_whatever_comes_in_is_escaped(tmp_path: Path) -> None:
    table = study()["table1"]
    table.rows.append(Row(HOSTILE, HOSTILE, Estimate(0.5), finding=HOSTILE))
    table.notes[HOSTILE] = table.links[HOSTILE] = table.left_out[HOSTILE] = HOSTILE
    table.scored = table.warnings = table.remarks = table.limitations = [HOSTILE]
    write_study(tmp_path, {"table1": table}, title=HOSTILE, facts={HOSTILE: HOSTILE})
    html = (tmp_path / "results.html").read_text("utf-8")
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 12


def test_plots_are_found_again_or_their_loss_is_said(tmp_path: Path) -> None:
    table = study()["table1"]
    table.settle()
    document = table_document(tmp_path, "table1", table)
    assert plots_are_whole(tmp_path, document)
    write_results(tmp_path, {"table1": document}, title="One", facts={}, notes={"table1": ["made earlier"]})
    assert "12 ECGs; made earlier." in (tmp_path / "results.html").read_text("utf-8")
    assert json.loads((tmp_path / "results.json").read_text())["tables"]["table1"]["scored"] == ["12 ECGs"]
    (tmp_path / "table1-1.png").write_bytes(PIXEL + b"x")
    assert not plots_are_whole(tmp_path, document)
    (tmp_path / "table1-1.png").unlink()
    with pytest.raises(UsageError, match=r"table1-1\.png: this plot of table1 is missing"):
        write_results(tmp_path, {"table1": document}, title="One", facts={})
