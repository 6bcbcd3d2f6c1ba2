"""The paper's figures and what follows from them by arithmetic."""

import re
from pathlib import Path

import numpy as np
import pytest

from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.paper.printed import implied_density, paper_auroc, paper_columns, paper_findings
from jaccardio.paper.recipes import RECIPES

ROOT = Path(__file__).parents[2]

IMPLIED = {  # density, Hamming loss on the common base, micro-Jaccard: worked out by hand from the printed columns
    "standard": (0.0666, 0.0665, 0.0353),
    "modified": (0.0333, 0.0903, 0.1822),
    "gemma": (0.0333, 0.1077, 0.1551),
    "embedding-256": (0.0666, 0.0769, 0.2337),
    "crop": (0.0666, 0.0856, 0.2651),
    "final": (0.0666, 0.0680, 0.3358),
    "external": (0.0492, 0.0536, 0.3193),
    "supervised": (0.0666, 0.1854, 0.2345),
}

PREVALENCE = {  # per cent, at the first and the second hospital; None: cannot be told
    "low_ef": (8.69, 7.99),
    "normal": (15.65, 22.54),
    "long_qt": (6.43, 4.30),
    "tall_t": (0.91, 0.68),
    "left_axis": (5.24, 4.19),
    "lae": (17.58, None),
    "lvh": (30.14, 23.05),
    "pacemaker": (2.94, 3.35),
    "ivcd": (1.92, 0.95),
    "crbbb": (8.37, 7.75),
    "clbbb": (1.94, 1.02),
    "flat_t": (12.63, 11.23),
    "inverted_t": (6.52, 5.44),
    "st_t": (17.24, 12.82),
    "poor_r": (5.34, 3.53),
    "abnormal_q": (1.65, 1.33),
    "anterior_mi": (0.86, 0.72),
    "lateral_mi": (0.75, 1.27),
    "inferior_mi": (2.55, 1.49),
    "anteroseptal_mi": (2.16, 1.13),
    "vpc": (6.06, 3.69),
    "frequent_vpc": (2.26, None),
    "bigeminy": (0.61, 0.43),
    "vt": (None, None),
    "couplet": (0.80, 0.29),
    "af": (13.71, 8.61),
}


def test_columns_imply_their_label_base() -> None:
    assert {
        key: tuple(round(figure, 4) for figure in (column.density, column.hamming_on_common_base, column.jaccard_micro))
        for key, column in paper_columns().items()
    } == {key: pytest.approx(figures, abs=1.01e-4) for key, figures in IMPLIED.items()}


def test_printed_columns_and_lines_are_consistent_in_themselves() -> None:
    for column in paper_columns().values():
        precision, recall = column.micro_precision, column.micro_recall
        assert 2 * precision * recall / (precision + recall) == pytest.approx(column.micro_f1, abs=2e-4)
    for table in ("table5", "table7"):
        assert set(paper_findings(table)) == set(Vocabulary.load("paper26").codes)
        for line in paper_findings(table).values():
            if line.precision:
                assert 2 * line.precision * line.recall / (line.precision + line.recall) == pytest.approx(line.f1, abs=2e-4)
            else:
                assert line.f1 == 0
    assert (paper_auroc("home"), paper_auroc("external")) == ({"low_ef": 0.887}, {"low_ef": 0.888})


def test_lines_imply_prevalence() -> None:
    for code, (own, other) in PREVALENCE.items():
        first, second = paper_findings("table5")[code], paper_findings("table7")[code]
        for implied, expected in ((first.prevalence, own), (second.prevalence, other)):
            if expected is None:
                assert implied is None
            else:
                assert implied is not None
                assert 100 * implied == pytest.approx(expected, abs=0.006), code
    known = [line.prevalence for line in paper_findings("table5").values() if line.prevalence is not None]
    assert sum(known) == pytest.approx(1.73, abs=0.005)


def test_the_map_of_the_paper_names_files_that_exist() -> None:
    named = re.findall(r"`(src/[^`]+)`", (ROOT / "docs" / "paper.md").read_text("utf-8"))
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_map_of_the_paper_lists_every_recipe() -> None:
    listed = re.findall(
        r"^\| `(\w+)` \| ([^|]+) \|[^|]+\|$",
        (ROOT / "docs" / "paper.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert listed == [(name, recipe.what) for name, recipe in RECIPES.items()]


def test_implied_density_is_the_share_of_positives() -> None:
    rng = np.random.default_rng(0)
    present, predicted = rng.random(4000) < 0.2, rng.random(4000) < 0.3
    hits = (present & predicted).sum()
    density = implied_density(float((present != predicted).mean()), hits / predicted.sum(), hits / present.sum())
    assert density == pytest.approx(present.mean())
