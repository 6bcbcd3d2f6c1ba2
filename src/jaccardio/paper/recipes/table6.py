"""Table 6: the final model at an external hospital."""

from jaccardio.evaluation.table import Table
from jaccardio.paper.printed import paper_columns
from jaccardio.paper.study import Study


def table6(study: Study, table: Table) -> None:
    """The final model at an external hospital, with the thresholds of home."""
    for place, hospital, held_out in study.places():
        titles = {name: f"{study.title(name)}, {place}" for name in ("final", "ours")}
        found = [study.scored(table, name, held_out, title) for name, title in titles.items()]
        column = paper_columns()["final" if hospital == "home" else "external"]
        title = titles["final"]
        study.rank(table, held_out, [*found, study.control(held_out, place)], paper={title: column}, reference=title)
    for place in study.external:
        study.moved(table, "final", place, f"Table 6: micro-F1 is higher at the home hospital than at an external one; here {place}")
    study.without_external(table)
