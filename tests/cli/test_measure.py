"""measure: numbers and statements of files, one bad file among good ones, and the list of statements."""

from pathlib import Path

from jaccardio.measurement.measure import MEASUREMENTS
from jaccardio.measurement.statements import measured_statements
from tests.conftest import Command


def test_measure(jaccardio: Command, ecgs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "bad.hea").write_text("bad 12 100\n")
    done = jaccardio("measure", tmp_path / "bad.hea", ecgs[0], ecgs[1], "--json")
    assert done.status == 1
    assert f"rejected {tmp_path / 'bad.hea'}: " in done.err
    document = done.json()
    assert list(document) == [str(ecgs[0]), str(ecgs[1])]
    for one in document.values():
        assert list(one["measurements"]) == list(MEASUREMENTS)
        assert list(one["statements"]) == list(measured_statements())
        assert 30 < one["measurements"]["heart_rate"] < 220
    statements = document[str(ecgs[0])]["statements"]
    for language in ("en", "ja"):
        shown = jaccardio("measure", ecgs[0], "--language", language)
        assert shown.status == 0
        assert "heart_rate: " in shown.out
        for code, statement in measured_statements().items():
            degree = statements[code]
            if degree is None or abs(degree - 0.5) > 1e-3:
                assert (f"  {statement.sentences[language]}\n" in shown.out) == (degree is not None and degree > 0.5), code


def test_measure_says_what_is_unknown_and_refuses(jaccardio: Command, records: Path, tmp_path: Path) -> None:
    assert "unknown" in jaccardio("measure", records / "good.hea").out
    assert jaccardio("measure").status == 2
    assert jaccardio("measure", records / "good.hea", "--language", "de").status == 2
    (tmp_path / "bad.hea").write_text("bad 12 100\n")
    assert jaccardio("measure", tmp_path / "bad.hea").status == 3


def test_measure_lists_statements(jaccardio: Command) -> None:
    assert "rate_fast: heart_rate > 100 ± 4: The heart rate is fast." in jaccardio("measure", "--statements").out
    assert list(jaccardio("measure", "--statements", "--json").json()) == list(measured_statements())
