"""PTB-XL+: what a program states of PTB-XL's ECGs, in a database of its own. Layout from documentation."""

from collections.abc import Callable
from pathlib import Path

from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.store import Store

from .layouts import write_table


def test_a_store_of_it(make_ptbxl: Callable[[int], Path], tmp_path: Path) -> None:
    folder = make_ptbxl(4)
    cells = {1: "[(164889003, 100.0), (426783006, 100.0)]", 2: "[(164889003, 50.0), (12345, 100.0)]", 3: "[]", 4: "__import__('os')"}
    rows = [{"ecg_id": number, "statements": "['AFIB']", "statements_ext_snomed": cell} for number, cell in cells.items()]
    write_table(folder / "labels/12sl_statements.csv", tuple(rows[0]), rows)
    report = ingest(folder, tmp_path / "store", corpus="ptbxl-plus", vocabulary="ptbxl71", sampling_rate=100.0)
    assert (report.stored, report.unmapped) == (4, {"snomed:12345": 1})
    assert report.notes == ("1 rows of labels/12sl_statements.csv are no list of codes; the findings of these ECGs are unknown",)
    store = Store.open(tmp_path / "store")
    labels = {code: store.labels[:, column].tolist() for column, code in enumerate(store.vocabulary.codes)}
    assert labels["AFIB"] == [1, -1, 0, -1], "half certain is neither present nor absent"
    assert labels["SR"] == [1, 0, 0, -1]
    assert labels["LVH"] == [-1] * 4
    assert set(store.records["database"]) == {"ptbxl_12sl"}
    assert store.ids[0] == "ptbxl:1"
    assert store.records["fold"].notna().all()
