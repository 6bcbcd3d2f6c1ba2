"""`METHODS`: the methods of the field, the paper's and our own, each a cell of the grid statements x target x loss and what it adds.

SupCon contrasts ECGs with ECGs; here the same targets stand between ECGs and sentences. `truth` and `classifier` are one cell: the logits
are those of the prompts, or the outputs of a classifier.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from jaccardio.contrast.banks import BANKS
from jaccardio.contrast.objective import Objective
from jaccardio.contrast.statements import Reading


@dataclass(frozen=True)
class Method:
    """One way to train.

    Attributes
    ----------
    objective
        The cell of the grid.
    classifier
        One output a finding in the place of sentences.
    positive_weight
        Weight the positives of each finding by its ratio of negatives to positives in training.
    views, prototypes
        Weights of the regularisers `view_contrast` and `prototype_contrast`.
    description
        One line.
    source
        Whose method it is.
    """

    objective: Objective
    classifier: bool
    positive_weight: bool
    views: float
    prototypes: float
    description: str
    source: str

    @property
    def cell(self) -> str:
        """The cell and all that is added to it, in words."""
        added = {name: getattr(self, name) for name in ("classifier", "positive_weight", "views", "prototypes")}
        words = [name if value is True else f"{name} {value:g}" for name, value in added.items() if value]
        return ", ".join((" x ".join((self.objective.statements, self.objective.target, self.objective.loss)), *words))

    @property
    def needs_groups(self) -> bool:
        """Whether the vocabulary must have groups of two findings and more."""
        return any(BANKS[bank].reading == Reading.ANY for bank in self.objective.banks)


def _methods() -> dict[str, Method]:
    text = (resources.files("jaccardio.contrast") / "data" / "methods.csv").read_text("utf-8")
    return {
        row["name"]: Method(
            Objective(row["statements"], row["target"], row["loss"]),
            row["classifier"] == "yes",
            row["positive_weight"] == "yes",
            float(row["views"] or 0),
            float(row["prototypes"] or 0),
            row["description"],
            row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    }


METHODS: Mapping[str, Method] = _methods()
"""Methods by name, in the order of tables."""
