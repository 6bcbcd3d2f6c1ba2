"""Sentences embedded on one machine train and serve on another."""

from pathlib import Path

import pytest

from jaccardio.text import create
from tests.conftest import SETTINGS, Command, Hospitals
from tests.text.test_cache import CountingEncoder

EMBED = ("text", "embed", "--model", "some/model", "--vocabulary", "paper26")


class Model(CountingEncoder):
    """Stands for a language model, whatever its name."""

    def __init__(self, name: str, readout: object) -> None:
        super().__init__(24)
        self.name = name


@pytest.fixture
def with_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create, "HuggingFaceEncoder", Model)


def test_a_file_of_sentences_trains_and_answers_without_the_model(
    jaccardio: Command, hospitals: Hospitals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, more = tmp_path / "sentences.safetensors", tmp_path / "more.txt"
    more.write_text("Something wooden.\n\n", "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(create, "HuggingFaceEncoder", Model)
        done = jaccardio(
            *EMBED, "--store", hospitals.home, "--sentences", more, "--language", "en", "--language", "ja", "--out", out, "--json"
        )
    assert done.status == 0, done.err
    assert done.json()["sentences"] == done.json()["new"] > 2 * (26 + 1 + 26)
    train = (
        "train",
        "--store",
        hospitals.home,
        "--preset",
        "siglip-small",
        *SETTINGS,
        "--set",
        f"model.text={out}",
        "--set",
        "training.epochs=1",
    )
    done = jaccardio(*train, "--out", tmp_path / "run")
    assert done.status == 0, done.err
    search = ("search", tmp_path / "run", "--store", hospitals.home, "--top", 1)
    assert jaccardio(*search, "Something wooden.").status == 0
    lacking = jaccardio(*search, "Something green.")
    assert lacking.status == 2
    assert "lacks 1 of 1 sentences" in lacking.err
    assert "green" not in lacking.err


def test_what_a_model_knows_stands_beside_random_vectors(
    jaccardio: Command, hospitals: Hospitals, with_model: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACCARDIO_CACHE", str(tmp_path))
    monkeypatch.setattr("jaccardio.experiments.knowledge.DRAWS", 5)
    ask = ("text", "knowledge", "--model", "some/model", "--vocabulary", "paper26", "--replicates", 9)
    done = jaccardio(*ask, "--store", hospitals.home, "--json")
    assert done.status == 0, done.err
    rows = {(row["model"], row["metric"]): row for row in done.json()["rows"]}
    metrics = {"same family nearer", "order of co-occurrence", "en to ja", "ja to en"}
    spreads = ("as they come", "centred", "whitened by half")
    assert set(rows) == {(f"{name}, {one}", metric) for name in ("some/model", "random vectors") for one in spreads for metric in metrics}
    assert all(row["low"] <= row["high"] for row in rows.values())
    shown = jaccardio(*ask)
    assert shown.out.count("same family nearer") == 6
    assert "co-occurrence" not in shown.out
    refused = jaccardio(*ask, "--store", hospitals.home, "--vocabulary", "ptbxl71")
    assert (refused.status, "holds vocabulary paper26" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--set", "training.epochs=3"), "only keys of model.readout"),
        (("--set", "model.readout.pooling=sum"), "model.readout.pooling"),
        (("--language", "de"), "no names in language 'de'"),
        (("--sentences", "latin1.txt"), "no UTF-8 text"),
        (("--vocabulary", "ptbxl71", "--store", "home"), "holds vocabulary paper26"),
    ],
)
def test_what_cannot_be_embedded_is_refused(
    jaccardio: Command, hospitals: Hospitals, tmp_path: Path, with_model: None, words: tuple[str, ...], reason: str
) -> None:
    (tmp_path / "latin1.txt").write_bytes("Vorhofflattern, typisch für".encode("latin-1"))
    placed = [{"latin1.txt": tmp_path / "latin1.txt", "home": hospitals.home}.get(word, word) for word in words]
    done = jaccardio(*EMBED, *placed, "--out", tmp_path / "out.safetensors")
    assert (done.status, reason in done.err) == (2, True), done.err
    assert not (tmp_path / "out.safetensors").exists()
