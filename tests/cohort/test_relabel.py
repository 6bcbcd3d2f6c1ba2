"""Relabelling rewrites labels from the stored codes and nothing else."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort import relabel as relabel_module
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.relabel import relabel
from jaccardio.cohort.split import load_split, save_split, split_by_fractions
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError


def contents(store: Path) -> dict[str, bytes]:
    return {str(file.relative_to(store)): file.read_bytes() for file in store.rglob("*") if file.is_file()}


def test_relabelled_equals_ingested_with_that_vocabulary(make_ptbxl: Callable[[int], Path], tmp_path: Path) -> None:
    folder = make_ptbxl(8)
    for vocabulary in ("ptbxl71", "paper26"):
        ingest(folder, tmp_path / vocabulary, corpus="ptbxl", vocabulary=vocabulary, sampling_rate=100.0)
    report = relabel(tmp_path / "ptbxl71", "paper26")
    assert contents(tmp_path / "ptbxl71") == contents(tmp_path / "paper26")
    assert (report.records, report.vocabulary) == (8, "paper26")
    assert report.findings["low_ef"] == {"present": 0, "absent": 0, "unknown": 8}


def test_findings_of_ones_own_are_read_from_the_codes_of_the_store(make_store: Callable[..., Store], tmp_path: Path) -> None:
    store = make_store(np.zeros((6, 2), dtype=np.int8))
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[findings]]\ncode = "flimmern"\nnames = { en = "atrial fibrillation" }\nscp = ["AFIB"]\nsnomed = [164889003]\n'
        '[[findings]]\ncode = "flutter"\nnames = { en = "atrial flutter" }\nscp = ["AFLT"]\n'
    )
    report = relabel(store.path, file)
    relabelled = Store.open(store.path)
    assert (report.vocabulary, relabelled.vocabulary.codes) == ("mine", ("flimmern", "flutter"))
    assert relabelled.labels[:, 0].tolist() == [1, 0, 0] * 2
    assert (relabelled.labels[:, 1] == -1).all()  # the store's annotators never wrote it
    assert report.unmapped == {"scp:NORM": 4, "scp:XYZ": 4}


def test_contradictions_are_counted(make_ptbxl: Callable[[int], Path], tmp_path: Path) -> None:
    report = ingest(make_ptbxl(8), tmp_path / "store", corpus="ptbxl", vocabulary="paper26", sampling_rate=100.0)
    present = Store.open(tmp_path / "store").records["present"]
    others = {"scp:AFIB", "scp:IMI", "scp:CLBBB", "scp:PVC", "scp:LVH"}
    beside = sum("scp:NORM" in codes and not others.isdisjoint(codes) for codes in present)
    assert beside > 0
    assert report.contradicted == {"normal": beside}
    assert report.findings["normal"]["unknown"] == beside
    assert relabel(tmp_path / "store", "paper26").contradicted == report.contradicted
    assert relabel(tmp_path / "store", "ptbxl71").contradicted == {}


def test_signals_and_split_stay(make_store: Callable[..., Store]) -> None:
    store = make_store(np.zeros((9, 2), dtype=np.int8))
    save_split(store, split_by_fractions(store))
    report = relabel(store.path, "ptbxl71")
    relabelled = Store.open(store.path)
    assert report.unmapped == {"scp:XYZ": 6}
    assert relabelled.manifest["unmapped"] == {"scp:XYZ": 6}
    assert relabelled.fingerprint != store.fingerprint
    codes = relabelled.vocabulary.codes
    assert relabelled.labels[:, codes.index("AFIB")].tolist() == [1, 0, 0] * 3
    assert (relabelled.labels[:, codes.index("IMI")] == -1).all()
    assert np.array_equal(relabelled.counts(np.arange(9)), store.counts(np.arange(9)))
    assert load_split(relabelled) == load_split(store)
    assert len(list(store.path.glob("labels-*.parquet"))) == 1
    relabelled.verify()


def test_same_vocabulary_again_changes_nothing(make_store: Callable[..., Store]) -> None:
    store = make_store(np.zeros((9, 2), dtype=np.int8))
    relabel(store.path, "paper26")
    before = contents(store.path)
    relabel(store.path, "paper26")
    assert contents(store.path) == before


def test_a_crash_leaves_the_old_labels(make_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_store(np.zeros((9, 2), dtype=np.int8))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(relabel_module, "write_json", crash)
        with pytest.raises(KeyboardInterrupt):
            relabel(store.path, "ptbxl71")
    after = Store.open(store.path)
    assert after.fingerprint == store.fingerprint
    assert np.array_equal(after.labels, store.labels)
    relabel(store.path, "ptbxl71")
    assert Store.open(store.path).vocabulary.name == "ptbxl71"
    relabel(store.path, "paper26")
    assert len(list(store.path.glob("labels-*.parquet"))) == 1


def test_unknown_vocabulary_is_refused(make_store: Callable[..., Store]) -> None:
    with pytest.raises(UsageError, match="unknown vocabulary"):
        relabel(make_store(np.zeros((2, 1), dtype=np.int8)).path, "icd")
