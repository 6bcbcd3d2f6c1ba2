"""Table 6: the final model at an external hospital."""

from jaccardio.evaluation.table import Table
from jaccardio.paper.printed import paper_columns
from jaccardio.paper.study import Study


def table6(study: Study, table: Table) -> None:
    """The final model at an external hospital, with the thresholds of home."""
    for place, hospital, held_out in study.places():
        title = f"{study.title('final')}, {place}"
        ours = f"{study.title('ours')}, {place}"
        found = [study.scored(table, "final", held_out, title), study.scored(table, "ours", held_out, ours)]
        entered = [one for one in found if one is not None] + [study.control(held_out, place)]
        column = paper_columns()["final" if hospital == "home" else "external"]
        study.rank(table, held_out, entered, paper={title: column}, reference=title)
    for place in study.external:
        study.moved(table, "final", place, f"Table 6: micro-F1 is higher at the home hospital than at an external one; here {place}")
    study.without_external(table)
