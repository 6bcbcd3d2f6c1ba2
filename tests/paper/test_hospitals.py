"""Simulated hospitals for a demo or a reproduction: made whole, and nothing of anybody else's is removed."""

from pathlib import Path

import pytest

from jaccardio.errors import UsageError
from jaccardio.paper import hospitals
from jaccardio.paper.hospitals import simulated_hospitals


def test_a_folder_of_somebody_else_is_refused_and_kept(tmp_path: Path) -> None:
    mine = tmp_path / "hospitals" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(UsageError, match="Move it away or choose another --out"):
        simulated_hospitals(tmp_path, 6, 100.0, lambda _: None)
    assert mine.read_text() == "mine"


def test_an_interrupted_simulation_is_made_again_and_a_whole_one_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate, said = hospitals.simulate_hospitals, list[str]()

    def interrupted(out: Path, *arguments: object, **_: object) -> None:
        (out / "site-a").mkdir(parents=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(hospitals, "simulate_hospitals", interrupted)
    with pytest.raises(KeyboardInterrupt):
        simulated_hospitals(tmp_path, 6, 100.0, said.append)
    assert not (tmp_path / "hospitals").exists()
    monkeypatch.setattr(hospitals, "simulate_hospitals", simulate)
    folder = simulated_hospitals(tmp_path, 6, 100.0, said.append)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hospitals"]
    assert [len((folder / site / "manifest.csv").read_text().splitlines()) - 1 for site in hospitals.SITES] == [6, 2]
    assert simulated_hospitals(tmp_path, 6, 100.0, said.append) == folder
    assert len(said) == 2
