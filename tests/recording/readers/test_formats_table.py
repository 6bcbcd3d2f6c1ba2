"""The tables of docs/formats.md are those that the command would write."""

import re
import runpy
from pathlib import Path

from jaccardio.cohort.corpora.listing import ecg_files

SCRIPT = runpy.run_path(str(Path(__file__).parents[3] / "scripts" / "formats_table.py"))
STALE = "stale: python scripts/formats_table.py"


def rows(name: str) -> list[str]:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", SCRIPT["PAGE"].read_text("utf-8"), re.DOTALL)
    assert found
    return found[1].splitlines()


def test_formats() -> None:
    assert rows("formats") == list(SCRIPT["formats"](rows("files"))), STALE
    untried = {row.split(" | ")[0].removeprefix("| ") for row in rows("formats") if " | synthetic only | " in row}
    assert untried == {"CPSC .mat", "HDF5", "NPY", "NPZ", "CSV"}


def test_a_format_of_which_every_sample_is_refused_is_untried() -> None:
    table = list(
        SCRIPT["formats"](["| file | result |", "|---|---|", "| a.dcm | DICOM: 10 s |", "| b.scp | refused: file: SCP-ECG: cut |"])
    )
    assert [row.split(" | ")[0] for row in table if " | published samples | " in row] == ["| DICOM"]


def test_files_and_counts(real_data: Path) -> None:
    listing = ecg_files(real_data)
    for name in ("files", "counts"):
        assert rows(name) == list(SCRIPT[name](real_data, listing)), STALE
