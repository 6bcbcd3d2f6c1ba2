"""The page of a shift is written whole, also where figures are undefined."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from jaccardio.evaluation.shift import Place, measure_shift
from jaccardio.evaluation.shift_page import write_shift
from jaccardio.evaluation.thresholds import fit_thresholds

from .cases import random_case

HOSTILE = "<script>alert(1)</script>"


@pytest.mark.parametrize("unknown", [False, True])
def test_the_folder_holds_everything(tmp_path: Path, unknown: bool) -> None:
    places = []
    for seed in (0, 1):
        case = random_case(120, 3, seed)
        labels = np.full_like(case.labels, -1) if unknown and seed else case.labels
        places.append(Place(labels, case.scores, np.random.default_rng(seed).normal(size=(120, 2)).astype(np.float32), case.patients))
    codes = ("f0", "f1", HOSTILE)
    document = measure_shift(places[0], places[1], codes, fit_thresholds(places[0].labels, places[0].scores), replicates=10)
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
