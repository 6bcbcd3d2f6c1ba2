"""explain: one page that holds every lead and nothing of where the files lie; what cannot be explained is refused with its reason."""

import re
from pathlib import Path

import numpy as np
import pytest

from jaccardio import read_ecg
from jaccardio.prediction import attribution
from jaccardio.recording.leads import LEADS
from tests.conftest import Command, Hospitals, write_wfdb


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution.attribute, "__defaults__", (4,))


def test_the_page_holds_every_lead_and_no_path(
    jaccardio: Command, trained: Path, ecgs: list[Path], hospitals: Hospitals, tmp_path: Path
) -> None:
    words = ("explain", trained, ecgs[0], "--finding", "af", "--finding", "normal", "--store", hospitals.home, "--thresholds", "fixed")
    done = jaccardio(*words, "--out", tmp_path / "page.html", "--json")
    assert done.status == 0, done.err
    document, page = done.json(), (tmp_path / "page.html").read_text("utf-8")
    assert {one["finding"] for one in document["findings"]} == {"af", "normal"}
    scores = [one["score"] for one in document["findings"]]
    assert scores == sorted(scores, reverse=True)
    for one in document["findings"]:
        assert list(one["added_by_lead"]) == list(LEADS)
        assert one["threshold"] == 0.5
        assert one["definition"]["reasons"]
        for lead in LEADS:
            added = f"{one['added_by_lead'][lead]:+.2f}".replace("-", "−")
            assert re.search(rf"<td>{lead}</td><td>{re.escape(added)}</td>", page)
    neighbours = document["neighbours"]
    assert len(neighbours) == 5
    assert all(hit["similarity"] < 0.999999 and hit["recording_id"] in page for hit in neighbours)
    for folder in (tmp_path, hospitals.folder, trained.parent):
        assert str(folder) not in page
    assert page.count("<img") == page.count('src="data:image/png;base64,') == 4
    assert "http" not in page
    assert "Simulated ECGs" in page


def test_a_page_in_japanese_of_what_is_predicted(jaccardio: Command, trained: Path, ecgs: list[Path], tmp_path: Path) -> None:
    wanted = [one for one in jaccardio("predict", trained, ecgs[0], "--json").json()[str(ecgs[0])]["findings"] if one["present"]]
    done = jaccardio("explain", trained, ecgs[0], "--out", tmp_path / "page.html", "--lang", "ja", "--json")
    assert {one["finding"] for one in done.json()["findings"]} == {one["finding"] for one in wanted}
    assert done.json()["neighbours"] == []
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "所見を支持するもの" in page
    assert "Adds to the logit" not in page


def test_what_cannot_be_explained_is_refused(jaccardio: Command, trained: Path, ecgs: list[Path], tmp_path: Path) -> None:
    signal = read_ecg(ecgs[0]).signal.copy()
    signal[6:] = 0
    write_wfdb(tmp_path / "limb", np.round(1000 * signal).astype(np.int64))
    out = ("--out", tmp_path / "page.html")
    for status, said, words in (
        (2, "unknown finding 'nothing'", (ecgs[0], "--finding", "nothing")),
        (2, "nothing", (ecgs[0], "--thresholds", "nothing")),
        (2, "no reports in language", (ecgs[0], "--lang", "xx")),
        (3, "this ECG cannot answer: ", (tmp_path / "limb.hea", "--finding", "crbbb")),
        (3, "does not exist", (tmp_path / "absent.hea",)),
    ):
        refused = jaccardio("explain", trained, *words, *out)
        assert (refused.status, said in refused.err) == (status, True), refused.err
    assert not (tmp_path / "page.html").exists()
