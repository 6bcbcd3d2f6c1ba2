"""The page is true to scale, shows every recorded lead, and says which leads were not recorded."""

import io
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from numpy.typing import NDArray

from jaccardio.errors import UsageError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.paper_plot import FOOTER, draw_ecg, ecg_png, plot_ecg
from jaccardio.recording.recording import Recording


@pytest.fixture
def recording(counts: NDArray[np.int16]) -> Recording:
    mask = np.ones(12, dtype=np.bool_)
    mask[9] = False
    signal = (counts / 1000 + 2).astype(np.float32)
    signal[9] = 0
    return Recording(signal, 100.0, mask, "simulated:1")


def traces(figure: Figure, minimum: int = 100) -> list[NDArray[np.float64]]:
    return [np.asarray(line.get_xydata()) for line in figure.axes[0].lines if len(line.get_xydata()) >= minimum]


def drawn(signal: NDArray[np.float32], rate: float, mask: NDArray[np.bool_]) -> Figure:
    figure = Figure()
    draw_ecg(figure.add_axes((0, 0, 1, 1)), signal, rate, mask)
    return figure


def test_scale(recording: Recording) -> None:
    figure = drawn(recording.signal, 100.0, recording.lead_mask)
    panels = traces(figure)
    assert len(panels) == 12, "eleven leads and the rhythm strip"
    first = panels[0]
    assert first[1, 0] - first[0, 0] == pytest.approx(0.25), "25 mm/s at 100 Hz"
    assert np.ptp(first[:, 1]) == pytest.approx(10 * np.ptp(recording.signal[0, :250]), rel=1e-5), "10 mm/mV"
    assert panels[1][0, 0] - first[0, 0] == pytest.approx(62.5), "columns of 2.5 s"
    np.testing.assert_allclose(np.diff(panels[1][:, 1]), 10 * np.diff(recording.signal[3, 250:500]), atol=1e-4)
    assert len(panels[-1]) == 1000, "rhythm strip of 10 s"
    np.testing.assert_allclose(np.diff(panels[-1][:, 1]), 10 * np.diff(recording.signal[1]), atol=1e-4)
    pulses = [np.asarray(line.get_xydata()) for line in figure.axes[0].lines if len(line.get_xydata()) == 6]
    assert len(pulses) == 4
    assert np.ptp(pulses[0][:, 1]) == 10
    assert pulses[0][3, 0] - pulses[0][2, 0] == 5


def test_names_and_absent_leads(recording: Recording) -> None:
    figure = drawn(recording.signal, 100.0, recording.lead_mask)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert sorted(text for text in texts if text in LEADS) == sorted([*LEADS, "II"])
    assert texts.count("not recorded") == 1
    mask = recording.lead_mask & (np.arange(12) != 1)
    texts = [text.get_text() for text in drawn(recording.signal, 100.0, mask).axes[0].texts]
    assert texts.count("not recorded") == 2, "lead II is replaced in the rhythm strip by lead I"


@pytest.mark.parametrize("seconds", [0.5, 3.0, 25.0])
def test_other_lengths(seconds: float) -> None:
    signal = np.tile(np.sin(np.arange(round(500 * seconds)) / 20), (12, 1)).astype(np.float32)
    longest = max(len(trace) for trace in traces(drawn(signal, 500.0, np.ones(12, dtype=np.bool_))))
    assert longest == min(round(500 * seconds), 5000)


@pytest.mark.parametrize(("suffix", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".PDF", b"%PDF")])
def test_files_are_equal_for_equal_input(recording: Recording, tmp_path: Path, suffix: str, magic: bytes) -> None:
    for name in ("one", "two"):
        plot_ecg(recording, tmp_path / (name + suffix), title="100 $ and $ more", findings=["sinus rhythm"] * 30)
    data = (tmp_path / f"one{suffix}").read_bytes()
    assert data.startswith(magic)
    assert data == (tmp_path / f"two{suffix}").read_bytes()


def test_printed_size(recording: Recording, tmp_path: Path) -> None:
    plot_ecg(recording, tmp_path / "page.png")
    width, _ = struct.unpack(">II", (tmp_path / "page.png").read_bytes()[16:24])
    assert width / 200 * 25.4 == pytest.approx(290, abs=0.2)


def test_png_for_reports_has_ink_and_no_warning(recording: Recording) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = imread(io.BytesIO(ecg_png(recording.signal, 100.0, recording.lead_mask, "simulated")))
    dark = (image[..., :3].max(axis=2) < 0.4).mean()
    assert 0.002 < dark < 0.1


def test_footer(recording: Recording, tmp_path: Path) -> None:
    assert FOOTER == "Research software, not a medical device"
    plot_ecg(recording, tmp_path / "a.svg")
    assert FOOTER in (tmp_path / "a.svg").read_text(), "matplotlib writes each text as a comment beside its outline"


def test_unknown_suffix(recording: Recording, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png, \.svg or \.pdf"):
        plot_ecg(recording, tmp_path / "a.jpeg")
