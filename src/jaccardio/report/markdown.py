"""Tables as Markdown, for docs and for people who read results in a terminal."""

import math
from collections.abc import Mapping

from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.table import Difference, Table, limitations_of
from jaccardio.markdown import markdown_table, plain
from jaccardio.report.grid import Cell, digits, grids
from jaccardio.report.titles import VERDICTS


def tables_markdown(tables: Mapping[str, Table], title: str, facts: Mapping[str, str]) -> str:
    """One document: title and facts, then each table with its remarks and grids, then the claims and the limitations of all."""
    lines = [f"# {title}", "", *(f"- {name}: {fact}" for name, fact in facts.items()), ""]
    for name, table in tables.items():
        lines += [f"## `{name}`: {table.title}", ""]
        sentences = [f"{'; '.join(table.scored)}."] if table.scored else []
        for sentence in (*sentences, *(f"Read with care: {warning}." for warning in table.warnings), *table.remarks):
            lines += [sentence, ""]
        for grid in grids(table):
            lines += [f"{grid.caption}:", ""] if grid.caption else []
            rows = [[line.name, *(_cell(cell, grid.decimals) for cell in line.cells)] for line in grid.lines]
            lines += markdown_table([grid.corner, *grid.head], rows)
        if table.rows:
            lines += [table.ranges, ""]
        if table.left_out:
            out = "; ".join(f"{code} ({reason})" for code, reason in table.left_out.items())
            lines += [f"Left out of macro metrics: {out}.", ""]
    if claims := [claim for table in tables.values() for claim in table.claims]:
        rows = [
            [one.claim, one.difference.policy or "", _cell(one.difference), f"{one.seed_test[1]:.3f}".replace("nan", ""), one.verdict]
            for one in claims
        ]
        head = ["claim", "threshold", "difference", "p over paired seeds", "here"]
        lines += ["## Claims", "", *markdown_table(head, rows), VERDICTS, ""]
    if limitations := limitations_of(tables):
        lines += ["## Limitations", ""]
        for sentence, names in limitations.items():
            lines.append(f"- {plain(sentence)}" + ("" if len(names) == len(tables) else f" ({', '.join(names)})"))
        lines.append("")
    return "\n".join(lines)


def estimate_text(estimate: Estimate, decimals: int = 4, signed: bool = False) -> str:
    """``0.8123 [0.790, 0.833]``; nothing where undefined."""
    if not estimate.defined:
        return ""
    sign, ends = "+" if signed else "", max(decimals - 1, 3) if decimals else 0
    range_ = f" [{estimate.low:{sign}.{ends}f}, {estimate.high:{sign}.{ends}f}]" if estimate.has_interval else ""
    return f"{estimate.value:{sign}.{decimals}f}{range_}"


def _cell(cell: Cell, decimals: int | None = None) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Difference):
        p = "" if math.isnan(cell.p_holm) else f" (p {cell.p_holm:.3f})"
        return estimate_text(cell.estimate, 3, signed=True) + p
    decimals = digits(cell.metric) if decimals is None else decimals
    sd = f" ± {cell.estimate.sd:.4f}" if decimals == 3 and math.isfinite(cell.estimate.sd) else ""
    printed = "" if cell.printed is None else f"; paper {cell.printed:.3f}"
    implied = "" if cell.implied is None else f"; paper, implied {cell.implied:.3f}"
    return estimate_text(cell.estimate, 4 if decimals == 3 else decimals) + sd + printed + implied
