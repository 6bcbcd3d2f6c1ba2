"""Kept scores are computed once, taken as they were written, and refused where they are not."""

from pathlib import Path

import numpy as np
import pytest

from jaccardio.errors import DataError
from jaccardio.experiments.score_cache import Rows, cached_table


def test_what_is_kept_is_computed_once_and_never_taken_when_changed(tmp_path: Path) -> None:
    calls = 0

    def compute() -> Rows:
        nonlocal calls
        calls += 1
        return np.array(["a", "b"]), np.array([[0.25], [0.75]])

    first, other = tmp_path / "scores" / "first.parquet", tmp_path / "scores" / "other.parquet"
    for _ in range(2):
        assert cached_table(first, np.array(["b", "a"]), ["x"], compute).tolist() == [[0.75], [0.25]]
    assert calls == 1
    other.write_bytes(b"of a write that was killed before it was listed")
    assert cached_table(other, np.array(["a"]), ["y"], compute).tolist() == [[0.25]]
    assert calls == 2
    whole = first.read_bytes()
    first.write_bytes(whole[:-1])
    with pytest.raises(DataError, match=r"first\.parquet.*Remove"):
        cached_table(first, np.array(["a"]), ["x"], compute)
    first.unlink()
    assert cached_table(first, np.array(["a"]), ["x"], compute).tolist() == [[0.25]]
    (tmp_path / "scores" / "manifest.json").write_text("{}")
    with pytest.raises(DataError, match=r"manifest\.json"):
        cached_table(first, np.array(["a"]), ["x"], compute)
