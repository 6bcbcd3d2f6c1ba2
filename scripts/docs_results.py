"""Writes a study's results into the docs: its tables as Markdown, its rows as CSV.

python scripts/docs_results.py path/to/results.json docs/results/NAME
"""

import csv
import json
import sys
from pathlib import Path

from jaccardio.evaluation.table import Table
from jaccardio.report.markdown import tables_markdown

LIMITS = "What limits these numbers, labels first of all: [results](../results.md)."

COLUMNS = (
    "table",
    "model",
    "reference",
    "metric",
    "policy",
    "finding",
    "value",
    "low",
    "high",
    "per_seed",
    "p",
    "p_holm",
    "printed",
    "implied",
)


def main(source: Path, target: Path) -> None:
    """Writes ``target.md`` and ``target.csv``."""
    document = json.loads(source.read_text("utf-8"))
    tables = {name: Table.from_dict(table) for name, table in document["tables"].items()}
    note = f"<!-- Written by scripts/docs_results.py; every number stands in {target.name}.csv. -->"
    title, body = tables_markdown(tables, document["title"], document["facts"]).split("\n", 1)
    target.with_suffix(".md").write_text(f"{note}\n{title}\n\n{LIMITS}\n{body}", "utf-8")
    with target.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        rows.writeheader()
        for name, table in tables.items():
            for row in (one.to_dict() for part in (table.rows, table.differences) for one in part):
                rows.writerow({"table": name} | {key: _rounded(value) for key, value in row.items()})


def _rounded(value: object) -> object:
    if isinstance(value, list):
        return " ".join(str(_rounded(one)) for one in value)
    return "" if value is None else round(value, 5) if isinstance(value, float) else value


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
