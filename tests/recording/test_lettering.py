"""No empty boxes: a letter is drawn by a font that has it, or written out."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from jaccardio.recording import lettering
from jaccardio.recording.paper_plot import plot_ecg
from jaccardio.recording.recording import Recording


@pytest.fixture
def without_cjk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "font_families", lambda: (lettering.BASE_FAMILY,))
    monkeypatch.setattr(lettering, "_letters", lettering._letters.__wrapped__)


@pytest.mark.usefixtures("without_cjk")
def test_letters_without_a_font_are_written_out() -> None:
    assert lettering.drawable("AF é Ж ≥ 1") == "AF é Ж ≥ 1"
    assert lettering.drawable("心房-1") == r"\u5fc3\u623f-1"
    assert lettering.drawable("a\x1b\nb\udce9") == r"a\x1b\nb\udce9"


def test_a_japanese_name_is_drawn_without_a_warning(tmp_path: Path) -> None:
    recording = Recording(np.random.default_rng(0).random((12, 1000), np.float32), 100.0, np.ones(12, np.bool_), "x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot_ecg(recording, tmp_path / "page.png", title="心房細動\udce9", findings=["心室頻拍 0.9"])
        plot_ecg(recording, tmp_path / "page.svg", title="心房細動\udce9", findings=["心室頻拍 0.9"])
    assert lettering.ESCAPED_NOTE.split()[0] in (tmp_path / "page.svg").read_text("utf-8")


def test_a_font_that_is_installed_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "CJK_FAMILIES", ("Not There", "DejaVu Serif"))
    assert lettering.font_families.__wrapped__() == ("DejaVu Sans", "DejaVu Serif")
