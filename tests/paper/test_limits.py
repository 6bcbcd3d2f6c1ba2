"""What a reproduction cannot show, as it follows from the store."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

from jaccardio.cohort.ingest import ingest
from jaccardio.paper.reproduce import run_reproduce


def test_derived_labels_are_counted(make_ptbxl: Callable[[int], Path], tmp_path: Path) -> None:
    source = make_ptbxl(60)
    with (source / "ptbxl_database.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (source / "ptbxl_database.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, [*rows[0], "scp_source"])
        table.writeheader()
        table.writerows(row | {"scp_source": "derived" if number < 7 else "original"} for number, row in enumerate(rows))
    store = tmp_path / "store"
    ingest(source, store, corpus="ptbxl", vocabulary="paper26", sampling_rate=100.0)
    run_reproduce(["table4"], "small", tmp_path / "out", store=store, say=print)
    said = json.loads((tmp_path / "out" / "results.json").read_text())["tables"]["table4"]["limitations"]
    assert "labels as their source published them: those of 7 ECGs were derived from other tables" in said
