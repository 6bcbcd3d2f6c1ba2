"""The page of a shift is written whole, also where figures are undefined."""

import copy
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from jaccardio.evaluation.shift import Place, measure_shift
from jaccardio.evaluation.thresholds import fit_thresholds
from jaccardio.report.shift_page import draw_changes, draw_retuning, write_shift
from tests.evaluation.cases import random_case

HOSTILE = "<script>alert(1)</script>"


def _document(unknown: bool = False) -> dict[str, Any]:
    places = []
    for seed in (0, 1):
        case = random_case(120, 3, seed)
        labels = np.full_like(case.labels, -1) if unknown and seed else case.labels
        places.append(Place(labels, case.scores, np.random.default_rng(seed).normal(size=(120, 2)).astype(np.float32), case.patients))
    thresholds = fit_thresholds(places[0].labels, places[0].scores)
    return measure_shift(places[0], places[1], ("f0", "f1", HOSTILE), thresholds, replicates=10)


@pytest.mark.parametrize("unknown", [False, True])
def test_the_folder_holds_everything(tmp_path: Path, unknown: bool) -> None:
    document = _document(unknown)
    write_shift(tmp_path, document, title=HOSTILE, facts={"Home": "simulated hospital A"}, names={"f0": HOSTILE})
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "auroc_change.png", "retuning.png", "shift.html"}
    assert json.loads((tmp_path / "results.json").read_text()) == document
    html = (tmp_path / "shift.html").read_text("utf-8")
    assert "<script" not in html
    assert "Simulated ECGs" in html
    assert html.count("data:image/png;base64,") == 2
    assert (document["macro_auroc"]["change"]["value"] is None) is unknown
    for name in ("auroc_change.png", "retuning.png"):
        assert imread(io.BytesIO((tmp_path / name).read_bytes())).std() > 0.005


def test_pictures_show_every_figure_of_the_document() -> None:
    document = _document()
    changes, retuning = draw_changes(document), draw_retuning(document)
    assert (draw_changes(document), draw_retuning(document)) == (changes, retuning)
    lowest, *_, highest = sorted((row["auroc"]["change"] for row in document["findings"]), key=lambda change: change["value"])
    middle = (lowest["value"] + highest["value"]) / 2  # within the axes, and the order stays
    for where, name in (("macro_auroc", "value"), ("macro_auroc", "ci95"), ("findings", "value"), ("findings", "ci95")):
        other = copy.deepcopy(document)
        changed = [other["macro_auroc"]] if where == "macro_auroc" else [row["auroc"] for row in other["findings"]]
        figure = next(one["change"] for one in changed if one["change"]["value"] not in (lowest["value"], highest["value"]))
        figure[name] = middle if name == "value" else [middle, middle]
        assert draw_changes(other) != changes, (where, name)
    for name in ("home_micro_f1", "retuned_micro_f1"):
        other = copy.deepcopy(document)
        other["thresholds"][2][name]["value"] = other["thresholds"][0][name]["value"]
        assert draw_retuning(other) != retuning, name
