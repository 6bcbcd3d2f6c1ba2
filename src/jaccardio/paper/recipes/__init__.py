"""Recipes: one for each table, appendix or claim of the paper. Their data stands in ``data/recipes.toml``, what they compute here."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources

from jaccardio.errors import UsageError
from jaccardio.evaluation.table import Table
from jaccardio.paper.recipes.crop_robustness import crop_robustness
from jaccardio.paper.recipes.few_labels import few_labels
from jaccardio.paper.recipes.findings import rocs, table5, table7
from jaccardio.paper.recipes.left_out import left_out
from jaccardio.paper.recipes.retrieval import japanese98, retrieval, sister
from jaccardio.paper.recipes.schedule import schedule
from jaccardio.paper.recipes.table2 import table2
from jaccardio.paper.recipes.table4 import table4
from jaccardio.paper.recipes.table6 import table6
from jaccardio.paper.study import Study

COMPUTED: Mapping[str, Callable[[Study, Table], None]] = {
    function.__name__: function
    for function in (
        table2,
        table4,
        table5,
        rocs,
        table6,
        table7,
        crop_robustness,
        sister,
        japanese98,
        retrieval,
        left_out,
        few_labels,
        schedule,
    )
}
"""What recipes add to their table beside the comparison of their runs, by name of the recipe."""


@dataclass(frozen=True)
class Recipe:
    """How a table is made.

    Attributes
    ----------
    what, title
        One line for lists, and the heading.
    paper, cost, expect
        What the paper says, what it takes, what to expect.
    external
        Whether it needs an external hospital.
    texts
        The text encoders that it is meant for, where they are not the scale's.
    runs, reference
        Runs to compare on the test part, and the one that the others are measured against; none where all is computed.
    columns
        Run -> the paper's column.
    claims
        Run -> what is claimed of its micro-F1 against the reference's.
    pairs
        Two runs more to compare, and perhaps a claim.
    remarks
        What a reader must know.
    """

    name: str
    what: str
    title: str
    paper: str
    cost: str
    expect: str
    external: bool = False
    texts: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    reference: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, str] = field(default_factory=dict)
    pairs: tuple[tuple[str, ...], ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """How to make it at scale small."""
        external = " --external STORE2" if self.external else ""
        texts = f" --texts {','.join(self.texts)}" if self.texts else ""
        return f"jaccardio reproduce {self.name} --scale small --store STORE{external}{texts} --out DIR"

    def make(self, study: Study) -> Table:
        """The table of a study."""
        table = Table(self.title)
        if self.runs:
            study.compare(table, self.runs, paper=self.columns, reference=self.reference, claims=self.claims)
        for pair in self.pairs:
            study.pair(table, *pair)
        if self.name in COMPUTED:
            COMPUTED[self.name](study, table)
        table.remarks += self.remarks
        return table


def _load() -> dict[str, Recipe]:
    document = tomllib.loads((resources.files("jaccardio.paper") / "data" / "recipes.toml").read_text("utf-8"))
    return {name: Recipe(name, **entry) for name, entry in document.items()}


RECIPES: Mapping[str, Recipe] = _load()
"""Recipes by name, in the paper's order, the longest last."""


def chosen(names: str) -> list[str]:
    """Recipes by name in the paper's order: ``all``, or names with commas between them.

    Raises
    ------
    UsageError
        An unknown name, or none.
    """
    wanted = set(RECIPES) if names == "all" else {name.strip() for name in names.split(",") if name.strip()}
    if not wanted or (unknown := sorted(wanted - set(RECIPES))):
        what = f"unknown recipe {', '.join(unknown)}" if wanted else "no recipe named"
        raise UsageError(f"{what}; use all, or some of {', '.join(RECIPES)}.")
    return [name for name in RECIPES if name in wanted]
