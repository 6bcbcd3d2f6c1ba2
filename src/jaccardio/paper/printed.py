"""What the paper printed (``data/paper.toml``), and what follows from it by arithmetic alone."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

COMMON_BASE = ("standard", "embedding-256", "crop", "final", "supervised")
"""Columns of the paper's home hospital that share one label base: the mean of their densities; two have half."""


def implied_density(hamming_loss: float, precision: float, recall: float) -> float:
    """Share of label cells that are present, which Hamming loss, micro precision and micro recall of one table fix together.

    With density d, missed cells are d (1 - R) and false positives d R (1 / P - 1); their sum is the Hamming loss.
    """
    return hamming_loss / (recall / precision + 1 - 2 * recall)


@dataclass(frozen=True)
class PaperColumn:
    """One model's column of Tables 1 to 3, 6 and 8 as printed.

    Attributes
    ----------
    hospital
        ``home``, or ``external`` for the second one.
    jaccard
        The paper does not say how its Jaccard index averages.
    """

    table: str
    hospital: str
    name: str
    hamming_loss: float
    micro_precision: float
    micro_recall: float
    micro_f1: float
    jaccard: float

    @property
    def density(self) -> float:
        """Share of label cells that are present, as Hamming loss, precision and recall imply it."""
        return implied_density(self.hamming_loss, self.micro_precision, self.micro_recall)

    @property
    def jaccard_micro(self) -> float:
        """Jaccard index over all cells, which micro-F1 fixes: J = F1 / (2 - F1)."""
        return self.micro_f1 / (2 - self.micro_f1)

    @property
    def hamming_on_common_base(self) -> float:
        """Hamming loss at the label density of `COMMON_BASE`; precision and recall do not depend on it. The external hospital keeps its."""
        if self.hospital != "home":
            return self.hamming_loss
        base = sum(paper_columns()[key].density for key in COMMON_BASE) / len(COMMON_BASE)
        return self.hamming_loss / self.density * base

    def to_dict(self) -> dict[str, Any]:
        """Printed and recomputed numbers, as documents hold them."""
        return asdict(self) | {
            "density": self.density,
            "jaccard_micro": self.jaccard_micro,
            "hamming_on_common_base": self.hamming_on_common_base,
        }


@dataclass(frozen=True)
class PaperFinding:
    """One finding's line of Table 5 or 7 as printed."""

    accuracy: float
    precision: float
    recall: float
    f1: float

    @property
    def prevalence(self) -> float | None:
        """Share of ECGs with the finding, implied as in `implied_density`; None without a true positive."""
        return implied_density(1 - self.accuracy, self.precision, self.recall) if self.precision else None


@cache
def paper_columns() -> Mapping[str, PaperColumn]:
    """Columns by key, in the order of the tables."""
    return {key: PaperColumn(**column) for key, column in _document()["columns"].items()}


@cache
def paper_findings(table: str) -> Mapping[str, PaperFinding]:
    """Lines of ``table5`` or ``table7`` by code of the vocabulary paper26."""
    return {code: PaperFinding(*numbers) for code, numbers in _document()[table].items()}


def paper_auroc(hospital: str) -> Mapping[str, float]:
    """Areas under the ROC curve that the paper gives for a hospital (``home``, ``external``), by code."""
    areas: Mapping[str, float] = _document()["auroc"][hospital]
    return areas


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads((resources.files("jaccardio.paper") / "data" / "paper.toml").read_text("utf-8"))
