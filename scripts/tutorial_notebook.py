"""Runs docs/tutorial.ipynb in an empty folder and keeps what it shows:  python scripts/tutorial_notebook.py"""

import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs" / "tutorial.ipynb"


def run(folder: Path) -> nbformat.NotebookNode:
    """The notebook with what its cells show, run in `folder`; an exception of a cell is raised."""
    notebook: nbformat.NotebookNode = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}, record_timing=False).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]  # progress, and paths of this machine
    return notebook


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        nbformat.write(run(Path(name)), NOTEBOOK)
