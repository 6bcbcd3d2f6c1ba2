"""The folder of a study's results: ``results.json``, one self-contained page, Markdown and plots.

`compare`, `score --against`, `probe`, `shift`, `reproduce` and `demo` all write it.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jaccardio.checksums import file_entry
from jaccardio.errors import UsageError
from jaccardio.evaluation.table import Table, limitations_of
from jaccardio.files import sha256_file, write_atomic, write_json
from jaccardio.report.grid import grids
from jaccardio.report.markdown import tables_markdown
from jaccardio.report.pages import render
from jaccardio.report.titles import VERDICTS

RESULTS, PAGE, MARKDOWN = "results.json", "results.html", "results.md"


def write_study(folder: Path, tables: Mapping[str, Table], *, title: str, facts: Mapping[str, str]) -> dict[str, Any]:
    """Settles the tables and writes all of them: their plots, page, Markdown and, last, ``results.json``, each file whole or not at all.

    Returns
    -------
    The document of ``results.json``.
    """
    for table in tables.values():
        table.settle()
    documents = {name: table_document(folder, name, table) for name, table in tables.items()}
    return write_results(folder, documents, title=title, facts=facts)


def table_document(folder: Path, name: str, table: Table) -> dict[str, Any]:
    """A settled table as ``results.json`` holds it; its plots become files."""
    plots = []
    for number, (caption, png) in enumerate(table.plots.items(), 1):
        file = f"{name}-{number}.png"
        write_atomic(folder / file, png)
        plots.append({"file": file, "caption": caption, "sha256": file_entry(png)["sha256"]})
    return table.to_dict() | {"plots": plots}


def write_results(
    folder: Path,
    documents: Mapping[str, Mapping[str, Any]],
    *,
    title: str,
    facts: Mapping[str, str],
    notes: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Writes page, Markdown and, last, ``results.json`` from documents of tables.

    Parameters
    ----------
    documents
        As `table_document` makes them, by name; their plots lie in `folder`.
    title, facts
        Heading of the page, and what was done on what, as pairs of name and text.
    notes
        Name of a table -> what page and Markdown say of its ECGs besides.

    Raises
    ------
    UsageError
        A plot is missing.
    """
    tables = {name: Table.from_dict(document) for name, document in documents.items()}
    for name, document in documents.items():
        for plot in document["plots"]:
            file = folder / plot["file"]
            if not file.is_file():
                raise UsageError(f"{file}: this plot of {name} is missing. Make {name} again with the same --out.")
            tables[name].plots[plot["caption"]] = file.read_bytes()
        tables[name].scored += notes.get(name, ())
    page = render(
        "results.html.j2",
        title=title,
        facts=facts,
        tables=tables,
        grids={name: grids(table) for name, table in tables.items()},
        claims=[claim for table in tables.values() for claim in table.claims],
        limitations=limitations_of(tables),
        verdicts=VERDICTS,
    )
    write_atomic(folder / PAGE, page)
    write_atomic(folder / MARKDOWN, tables_markdown(tables, title, facts).encode())
    results = {"title": title, "facts": dict(facts), "tables": dict(documents)}
    write_json(folder / RESULTS, results)
    return results


def warnings_of(tables: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the ECGs of these tables, as documents hold them, cannot bear: each sentence once."""
    return list(dict.fromkeys(warning for table in tables for warning in table["warnings"]))


def plots_are_whole(folder: Path, document: Mapping[str, Any]) -> bool:
    """Whether each plot of a table that lies in the folder is as it was written; a missing one is found when the page is made."""
    files = [(folder / plot["file"], plot["sha256"]) for plot in document["plots"]]
    return all(not file.is_file() or sha256_file(file) == sha256 for file, sha256 in files)
