"""One name a recording, none in the place of another."""

from pathlib import Path

import numpy as np
import pytest

from jaccardio.errors import UsageError
from jaccardio.recording.paper_plot import plot_ecg
from jaccardio.recording.picture_names import check_replaceable, picture_names
from jaccardio.recording.recording import Recording


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a/0001.hea", "b/0002"], ["0001", "0002"]),
        (["1.2.3", "1.2.4.hea", "1.2.5.DAT"], ["1.2.3", "1.2.4", "1.2.5"]),
        (["a/0001.hea", "b/0001.hea", "c/0001-2.hea"], ["a-0001", "b-0001", "c-0001-2"]),
        (["a/0001", "A/0001"], ["a-0001", "A-0001-2"]),
        (["x/a/0001", "x/b/0001"], ["a-0001", "b-0001"]),
        (["a/b/1", "a-b/1", "a-b-1-2"], ["a-b-1", "a-b-1-2", "a-b-1-2-2"]),
        (["caf\u00e9", "cafe\u0301"], ["caf\u00e9", "cafe\u0301-2"]),
    ],
)
def test_names(files: list[str], names: list[str]) -> None:
    assert picture_names([Path(file) for file in files]) == names
    assert picture_names([]) == []


def test_only_a_picture_of_the_same_ecg_is_replaced(tmp_path: Path) -> None:
    one, other = (
        Recording(np.random.default_rng(seed).random((12, 1000), np.float32), 100.0, np.ones(12, np.bool_), "x") for seed in (0, 1)
    )
    for kind in ("png", "svg", "pdf"):
        picture, mine, folder = (tmp_path / f"{name}.{kind}" for name in ("one", "mine", "folder"))
        check_replaceable(picture, one)
        plot_ecg(one, picture)
        check_replaceable(picture, one)
        mine.write_text("mine")
        folder.mkdir()
        for path, recording in ((picture, other), (mine, one), (folder, one)):
            with pytest.raises(UsageError, match="left as it is"):
                check_replaceable(path, recording)
