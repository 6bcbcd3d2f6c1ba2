"""The tutorial notebook, run from top to bottom as a newcomer runs it."""

from pathlib import Path

import nbformat
from scripts.tutorial_notebook import NOTEBOOK, run


def test_the_notebook_runs_and_is_kept_as_run(tmp_path: Path) -> None:
    done, kept = (notebook.cells for notebook in (run(tmp_path), nbformat.read(NOTEBOOK, as_version=4)))
    assert (tmp_path / "first/run/model/model.safetensors").exists()
    for cell, as_kept in zip(done, kept, strict=True):
        if cell.cell_type == "code":
            assert as_kept.execution_count == cell.execution_count
            assert [output.output_type for output in as_kept.outputs] == [output.output_type for output in cell.outputs]
    assert str(Path.home()) not in NOTEBOOK.read_text("utf-8")
