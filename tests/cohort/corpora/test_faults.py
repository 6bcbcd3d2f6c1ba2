"""The faults of a table: counted by kind, first rows named."""

import pytest

from jaccardio.cohort.corpora.faults import Faults
from jaccardio.errors import DataError


def test_all_faults_are_told_at_once_by_column_and_kind() -> None:
    faults = Faults("m.csv")
    faults.refuse()
    for row in range(2, 39):
        faults.add(row, "af", "not in the table of words")
    faults.add(7, None, "more cells than columns")
    with pytest.raises(DataError) as caught:
        faults.refuse()
    assert str(caught.value).splitlines() == [
        "m.csv: 38 faults of 2 kinds.",
        "  column af: not in the table of words, in 37 rows (2, 3, 4, 5, 6, ...)",
        "  row 7: more cells than columns",
    ]


def test_one_fault_is_one_sentence() -> None:
    faults = Faults("m.csv")
    faults.add(2, "age", "not a number of years")
    with pytest.raises(DataError, match=r"^m\.csv: row 2, column age: not a number of years\.$"):
        faults.refuse()
