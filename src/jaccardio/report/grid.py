"""`Grid`: the rows of a `Table` as grids of cells. HTML and Markdown render the same grids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.metrics import title_of
from jaccardio.evaluation.table import Difference, Row, Table
from jaccardio.evaluation.thresholds import ORACLE
from jaccardio.report.titles import POLICY_TITLES

Cell = Row | Difference | None
Kind = TypeVar("Kind", Row, Difference)
WHOLE_NUMBERS, TENTHS = ("positives",), ("training_minutes",)


@dataclass(frozen=True)
class Line:
    """One line: its name, what is said below the name, and a cell for each column."""

    name: str
    cells: Sequence[Cell]
    note: str = ""
    aside: bool = False


@dataclass(frozen=True)
class Grid:
    """One grid; `corner` heads the column of names."""

    caption: str
    corner: str
    head: Sequence[str]
    lines: Sequence[Line]


def grids(table: Table) -> list[Grid]:
    """All grids of a table, in the order to show; those without lines are left out."""
    whole = [row for row in table.rows if row.finding is None]
    policies = dict.fromkeys(row.policy for row in whole)
    found = [_of_models(table, [row for row in whole if row.policy == policy], policy) for policy in policies]
    if table.printed:
        found.append(_printed(table))
    found.append(_differences(table, [one for one in table.differences if one.finding is None]))
    found += _of_findings([row for row in table.rows if row.finding is not None], lambda row: row.model)
    changes = [one for one in table.differences if one.finding is not None]
    found += _of_findings(changes, lambda one: f"{one.model} minus {one.reference}")
    return [grid for grid in found if grid.lines]


def digits(metric: str) -> int:
    """Decimals to show."""
    return 0 if metric in WHOLE_NUMBERS else 1 if metric in TENTHS else 3


def _of_models(table: Table, rows: Sequence[Row], policy: str | None) -> Grid:
    grid = _pivot("" if policy is None else POLICY_TITLES[policy], "Model", rows, lambda row: row.model)
    noted = policy is None
    lines = [Line(line.name, line.cells, table.notes.get(line.name, "") if noted else "", policy == ORACLE) for line in grid.lines]
    return Grid(grid.caption, grid.corner, grid.head, lines)


def _differences(table: Table, differences: Sequence[Difference]) -> Grid:
    caption = "Paired differences; p is Holm's, over all comparisons of one metric in this table"
    return _pivot(caption, "Difference", differences, lambda one: f"{one.model} minus {one.reference}")


def _of_findings(cells: Sequence[Kind], name_of: Callable[[Kind], str]) -> list[Grid]:
    """Findings down; across the metrics of each model, or, where models are more than metrics, the models of each metric."""
    names, metrics = (list(dict.fromkeys(values)) for values in (map(name_of, cells), (cell.metric for cell in cells)))
    if len(names) <= len(metrics):
        return [
            _pivot(name, "Finding", [cell for cell in cells if name_of(cell) == name], lambda cell: cell.finding or "") for name in names
        ]
    found = []
    for metric in metrics:
        lines: dict[str, dict[str, Kind]] = {}
        for cell in cells:
            if cell.metric == metric:
                lines.setdefault(cell.finding or "", {})[name_of(cell)] = cell
        shown = [Line(finding, [of_finding.get(name) for name in names]) for finding, of_finding in lines.items()]
        found.append(Grid(title_of(metric), "Finding", names, shown))
    return found


def _printed(table: Table) -> Grid:
    """The paper's columns; `Row` cells, for they have neither interval nor seeds."""
    names = [name for name, value in table.printed[0].items() if isinstance(value, float)]
    lines = [
        Line(column["name"], [Row(column["name"], name, Estimate(column[name])) for name in names], column["table"])
        for column in table.printed
    ]
    return Grid("The paper: as printed, and recomputed on a common label base", "Model", [title_of(name) for name in names], lines)


def _pivot(caption: str, corner: str, cells: Sequence[Kind], name_of: Callable[[Kind], str]) -> Grid:
    """Names down, (metric, policy) across, both in order of appearance."""
    across = list(dict.fromkeys((cell.metric, cell.policy) for cell in cells))
    one_policy = len({policy for _, policy in across if policy is not None}) < 2
    lines: dict[str, dict[tuple[str, str | None], Kind]] = {}
    for cell in cells:
        lines.setdefault(name_of(cell), {})[cell.metric, cell.policy] = cell
    head = [title_of(metric) + ("" if policy is None or one_policy else f", {policy.replace('_', ' ')}") for metric, policy in across]
    return Grid(caption, corner, head, [Line(name, [found.get(key) for key in across]) for name, found in lines.items()])
