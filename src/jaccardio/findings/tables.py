"""The tables that ship in ``data/``."""

import csv
from importlib import resources

DATA = resources.files("jaccardio.findings") / "data"


def table_rows(name: str) -> list[dict[str, str]]:
    """Rows of ``data/<name>.csv``, cells by column."""
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
