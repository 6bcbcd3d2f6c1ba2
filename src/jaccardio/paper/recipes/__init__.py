"""Recipes: one for each table, appendix or claim of the paper, one a file. `RECIPES` lists them in the paper's order, the longest last."""

import inspect
from collections.abc import Callable, Mapping

from jaccardio.errors import UsageError
from jaccardio.evaluation.table import Table
from jaccardio.paper.recipes.ablation import ablation
from jaccardio.paper.recipes.crop_robustness import crop_robustness
from jaccardio.paper.recipes.encoder import encoder
from jaccardio.paper.recipes.left_out import left_out
from jaccardio.paper.recipes.retrieval import retrieval
from jaccardio.paper.recipes.rocs import rocs
from jaccardio.paper.recipes.schedule import schedule
from jaccardio.paper.recipes.sister import sister
from jaccardio.paper.recipes.table1 import table1
from jaccardio.paper.recipes.table2 import table2
from jaccardio.paper.recipes.table3 import table3
from jaccardio.paper.recipes.table4 import table4
from jaccardio.paper.recipes.table5 import table5
from jaccardio.paper.recipes.table6 import table6
from jaccardio.paper.recipes.table7 import table7
from jaccardio.paper.recipes.table8 import table8
from jaccardio.paper.study import Study

Recipe = Callable[[Study], Table]

RECIPES: Mapping[str, Recipe] = {
    recipe.__name__: recipe
    for recipe in (
        table1,
        ablation,
        table2,
        table3,
        table4,
        table5,
        rocs,
        table6,
        table7,
        table8,
        crop_robustness,
        encoder,
        sister,
        retrieval,
        left_out,
        schedule,
    )
}
"""Recipes by name."""

PARTS = ("Paper", "Command", "Cost", "Expect")
"""What every recipe's docstring says after its first line."""


def docstring_parts(recipe: Recipe) -> dict[str, str]:
    """First line (``""``) and the `PARTS` of a recipe's docstring, each as one line."""
    first, _, rest = inspect.cleandoc(recipe.__doc__ or "").partition("\n\n")
    parts: dict[str, str] = {"": first}
    name = ""
    for line in rest.splitlines():
        begins = next((part for part in PARTS if line.startswith(f"{part}: ")), None)
        if begins is not None:
            name, line = begins, line.removeprefix(f"{begins}: ")
        parts[name] = f"{parts[name]} {line}" if name in parts else line
    return parts


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
