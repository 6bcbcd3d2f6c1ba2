"""`Grid`: the rows of a `Table` as grids of cells. HTML and Markdown render the same grids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TypeVar

from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.metrics import title_of
from jaccardio.evaluation.table import Difference, Row, Table
from jaccardio.evaluation.thresholds import ORACLE
from jaccardio.report.titles import POLICY_TITLES

Cell = Row | Difference | None
Kind = TypeVar("Kind", Row, Difference)
WHOLE_NUMBERS, TENTHS = ("positives", "known", "training_ecgs"), ("training_minutes",)
COLUMNS = 8
"""A grid of findings with more columns is taken apart."""


@dataclass(frozen=True)
class Line:
    """One line: its name, what is said below the name, and a cell for each column."""

    name: str
    cells: Sequence[Cell]
    note: str = ""
    aside: bool = False


@dataclass(frozen=True)
class Grid:
    """One grid; `corner` heads the column of names, `decimals` is for all its cells where it is set."""

    caption: str
    corner: str
    head: Sequence[str]
    lines: Sequence[Line]
    decimals: int | None = None


def grids(table: Table) -> list[Grid]:
    """All grids of a table, in the order to show; those without lines are left out."""
    whole = [row for row in table.rows if row.finding is None]
    policies = dict.fromkeys(row.policy for row in whole)
    found = [_of_models(table, [row for row in whole if row.policy == policy], policy) for policy in policies]
    if table.printed:
        found.append(_printed(table))
    caption = "Differences; p is Holm's, over all comparisons of one metric in this table"
    found.append(_pivot(caption, "Difference", [one for one in table.differences if one.finding is None], _pair))
    found += _of_findings([row for row in table.rows if row.finding is not None], lambda row: row.model)
    found += _of_findings([one for one in table.differences if one.finding is not None], _pair)
    return [grid for grid in found if grid.lines]


def digits(metric: str) -> int:
    """Decimals to show."""
    return 0 if metric.startswith(WHOLE_NUMBERS) else 1 if metric in TENTHS else 3


def _of_models(table: Table, rows: Sequence[Row], policy: str | None) -> Grid:
    grid = _pivot("", "Model", [replace(row, policy=None) for row in rows], lambda row: row.model)  # the caption names the policy
    notes = table.notes if policy is None else {}
    lines = [replace(line, note=notes.get(line.name, ""), aside=policy == ORACLE) for line in grid.lines]
    return replace(grid, caption="" if policy is None else POLICY_TITLES[policy], lines=lines)


def _pair(difference: Difference) -> str:
    return f"{difference.model} minus {difference.reference}"


def _of_findings(cells: Sequence[Kind], name_of: Callable[[Kind], str]) -> list[Grid]:
    """Findings down; across all metrics of all models where they are few, else the metrics of each model or the models of each metric."""
    names, metrics = (list(dict.fromkeys(values)) for values in (map(name_of, cells), (cell.metric for cell in cells)))
    of_finding: dict[str, dict[tuple[str, str], Kind]] = {}
    for cell in cells:
        of_finding.setdefault(cell.finding or "", {})[name_of(cell), cell.metric] = cell

    def grid(caption: str, across: Sequence[tuple[str, str]], head: Sequence[str]) -> Grid:
        return Grid(caption, "Finding", head, [Line(code, [found.get(key) for key in across]) for code, found in of_finding.items()])

    if len(names) > 1 and len(names) * len(metrics) <= COLUMNS:
        across = [(name, metric) for metric in metrics for name in names]
        return [grid("", across, [f"{title_of(metric)}, {name}" for name, metric in across])]
    if len(names) <= len(metrics):
        return [grid(name, [(name, metric) for metric in metrics], [title_of(metric) for metric in metrics]) for name in names]
    of_metrics = [grid(title_of(metric), [(name, metric) for name in names], names) for metric in metrics]
    return [_of_ecgs(one) if metric in WHOLE_NUMBERS else one for metric, one in zip(metrics, of_metrics, strict=True)]


def _of_ecgs(grid: Grid) -> Grid:
    """Counts tell ECGs apart, not models: one column for all models with the same counts, under what their names end in."""
    alike: dict[tuple[float | None, ...], list[int]] = {}
    for place, column in enumerate(zip(*(line.cells for line in grid.lines), strict=True)):
        alike.setdefault(tuple(None if cell is None else cell.estimate.value for cell in column), []).append(place)
    head = [_shared_ending([grid.head[place] for place in places]) or "all models" for places in alike.values()]
    return replace(grid, head=head, lines=[replace(line, cells=[line.cells[first] for first, *_ in alike.values()]) for line in grid.lines])


def _shared_ending(names: Sequence[str]) -> str:
    shared = takewhile(lambda parts: len(set(parts)) == 1, zip(*(name.split(", ")[::-1] for name in names), strict=False))
    return ", ".join([parts[0] for parts in shared][::-1])


def _printed(table: Table) -> Grid:
    """The paper's columns; `Row` cells, for they have neither interval nor seeds."""
    names = [name for name, value in table.printed[0].items() if isinstance(value, float)]
    lines = [
        Line(column["name"], [Row(column["name"], name, Estimate(column[name])) for name in names], column["table"])
        for column in table.printed
    ]
    caption = (
        "The paper: as printed, and recomputed on a common label base. Hamming loss, precision and recall together fix the density "
        "of labels; the average of the Jaccard index is not stated. Its ECGs are not public: its numbers show scale, not a contest"
    )
    return Grid(caption, "Model", [title_of(name) for name in names], lines, 4)


def _pivot(caption: str, corner: str, cells: Sequence[Kind], name_of: Callable[[Kind], str]) -> Grid:
    """Names down, (metric, policy) across, both in order of appearance."""
    across = list(dict.fromkeys((cell.metric, cell.policy) for cell in cells))
    lines: dict[str, dict[tuple[str, str | None], Kind]] = {}
    for cell in cells:
        lines.setdefault(name_of(cell), {})[cell.metric, cell.policy] = cell
    head = [title_of(metric) + ("" if policy is None else f", {policy.replace('_', ' ')}") for metric, policy in across]
    return Grid(caption, corner, head, [Line(name, [found.get(key) for key in across]) for name, found in lines.items()])
