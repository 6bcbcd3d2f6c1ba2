"""A model by its id on the Hugging Face hub: from the cache without a network, or with an error that says what to do."""

import shutil
from pathlib import Path

import pytest
from huggingface_hub import _snapshot_download, constants

from jaccardio import Predictor
from jaccardio.errors import DataError, MissingError, UsageError

HUB_ID, COMMIT = "somebody/ecg-model", "0123456789012345678901234567890123456789"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub; there is no network."""
    for module in (constants, _snapshot_download.constants):
        monkeypatch.setattr(module, "HF_HUB_OFFLINE", True)
        monkeypatch.setattr(module, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


@pytest.fixture
def fetched(cache: Path, trained: Path) -> Path:
    """The model folder as the hub's own program leaves it: files that are links to blobs, under the name of a commit."""
    repository = cache / "models--somebody--ecg-model"
    snapshot, blobs = repository / "snapshots" / COMMIT, repository / "blobs"
    for folder in (snapshot, blobs, repository / "refs"):
        folder.mkdir(parents=True)
    (repository / "refs/main").write_text(COMMIT)
    for number, file in enumerate((trained / "model").iterdir()):
        shutil.copy(file, blobs / str(number))
        (snapshot / file.name).symlink_to(blobs / str(number))
    return snapshot


@pytest.mark.usefixtures("fetched")
def test_a_fetched_model_predicts_as_its_folder_does(trained: Path, tmp_path: Path) -> None:
    predictor = Predictor.from_pretrained(HUB_ID, device="cpu")
    assert predictor.vocabulary == Predictor.from_pretrained(trained).vocabulary
    with pytest.raises(UsageError, match="somebody"):
        Predictor.from_pretrained(Path(HUB_ID))  # a path is a folder, a mistyped one asks no server
    shutil.copytree(trained, tmp_path / HUB_ID)
    Predictor.from_pretrained(HUB_ID)


def test_a_damaged_one_is_refused(fetched: Path) -> None:
    (fetched / "vocabulary.json").resolve().write_text("{}")
    with pytest.raises(DataError, match=r"vocabulary\.json"):
        Predictor.from_pretrained(HUB_ID)


@pytest.mark.usefixtures("cache")
def test_without_network_and_cache_the_error_says_what_to_do() -> None:
    with pytest.raises(MissingError, match=r"somebody/ecg-model is not on this machine.*give its folder"):
        Predictor.from_pretrained(HUB_ID)
