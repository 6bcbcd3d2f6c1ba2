"""What corpora may keep of age and date, and the table of corpora."""

from datetime import date
from pathlib import Path

import pytest

from jaccardio.cohort.corpora import CORPORA
from jaccardio.cohort.corpora.corpus import Rejection, day_of, storable_age, year_of
from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary


def test_ages_over_89_are_90() -> None:
    assert [storable_age(age) for age in (0.0, 56.5, 89.0, 89.5, 90.0, 300.0)] == [0.0, 56.5, 89.0, 90.0, 90.0, 90.0]
    assert storable_age(float("nan")) is None
    assert storable_age(-1.0) is None


@pytest.mark.parametrize("written", ["2019", "2019-05-02", "2019/05/02 10:00", "20190502", "2019-05-02T10:00:00"])
def test_year_of_a_date(written: str) -> None:
    assert year_of(written) == 2019


@pytest.mark.parametrize("written", ["", "02-05-2019", "20195", "year", "0201-01-01"])
def test_no_year(written: str) -> None:
    assert year_of(written) is None


@pytest.mark.parametrize(
    "cell",
    [
        *("2019-05-02", "2019/5/2", "2019.05.02", "20190502", "2.5.2019", "02.05.2019", "2019年5月2日"),
        *("2019-05-02 10:00", "2019-05-02T10:00:30.5Z", "2.5.2019 9:15", " 2019-05-02T00:00+09:00", "2019年5月2日 10:30"),
    ],
)
def test_a_whole_day(cell: str) -> None:
    assert day_of(cell) == date(2019, 5, 2)


@pytest.mark.parametrize("cell", ["", "2019", "2019-05", "05/02/2019", "2019-02-30", "2-5-2019", "43587", "2019-05-02 and later", "190502"])
def test_no_day_or_one_of_two_readings(cell: str) -> None:
    assert day_of(cell) is None


def test_every_corpus_refuses_a_source_that_is_not_there(tmp_path: Path) -> None:
    assert {"ptbxl", "challenge", "manifest", "folder", "mimic"} <= set(CORPORA)
    for create in CORPORA.values():
        with pytest.raises(UsageError):
            create(tmp_path / "absent", b"k" * 32, 500.0, Vocabulary.load("paper26"))


def test_rejections_hold_no_character_that_a_file_or_terminal_cannot() -> None:
    rejection = Rejection("challenge:a\x1b[2J", "already that of \udce9", "b/\udce9.hea")
    assert rejection.reported() == Rejection("challenge:a\\x1b[2J (b/\\udce9.hea)", "already that of \\udce9")
    assert Rejection("a", "why").reported() == Rejection("a", "why")
