"""Every command and every Python example of README and guides, run in the order of the page on tiny simulated hospitals."""

import csv
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from scipy.signal import resample_poly

from jaccardio.cohort.store import Store
from jaccardio.experiments import fit as fit_module
from jaccardio.paper.scales import SCALES, Scale
from jaccardio.recording.readers import read_ecg
from jaccardio.simulation.echo import COLUMNS, echo_rows
from jaccardio.simulation.hospital import draw_patients
from jaccardio.simulation.sites import create_sites
from jaccardio.training.config import TrainConfig, load_preset
from tests.conftest import SETTINGS, Command, Hospitals, write_wfdb

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    "README.md",
    "docs/install.md",
    "docs/tutorial.md",
    "docs/your-data.md",
    "docs/formats.md",
    "docs/echo.md",
    "docs/map-labels.md",
    "docs/studies.md",
    "docs/text.md",
    "docs/explain.md",
    "docs/use.md",
    "docs/multimodal.md",
    "docs/faq.md",
)

EPOCH = "training.epochs=1"
RECORDS = 120
"""Simulated ECGs of a hospital."""
SMALL_TRAINING = (*SETTINGS, "--set", EPOCH, "--device", "cpu")
SMALLER: Mapping[str, Sequence[str]] = {
    "synth": ("--records", str(RECORDS), "--jobs", "1"),
    "ingest": ("--jobs", "1"),
    "train": SMALL_TRAINING,
    "evaluate": ("--replicates", "9", "--device", "cpu"),
    "score": ("--replicates", "9", "--device", "cpu"),
    "compare": ("--objectives", "truth", "--seeds", "1", "--trials", "1", "--replicates", "9", "--jobs", "1", *SMALL_TRAINING),
    "probe": ("--fractions", "0.5", "--subsets", "1", "--replicates", "9", "--device", "cpu"),
    "shift": ("--replicates", "9", "--device", "cpu"),
}
"""Command -> options added to it: the last one given counts."""

ONE_RECIPE = "table4"
"""In the place of ``jaccardio reproduce all``."""

A_RECORDING_ID = "mfzwizltnf2gk43umvzw633uojswgzlo"
"""In the guides. Ids depend on the secret key."""


def blocks(page: str) -> list[tuple[str, str]]:
    """Kind and text of the fenced blocks of a page of Markdown."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def lines(block: str) -> Iterator[list[str]]:
    """The words of each line of a block for the shell, without comments."""
    for line in block.splitlines():
        if words := shlex.split(line, comments=True):
            yield words


def check_installing(words: Sequence[str]) -> bool:
    """Whether a line installs something and names what there is; it is not run."""
    match words:
        case ["make", target, *settings]:
            return target in makefile_targets() and all(re.match("DATA=", setting) for setting in settings)
        case ["python3", "-m", "venv", ".venv"] | [".", ".venv/bin/activate"]:
            return True
        case ["pip", "install", "-e", wanted]:
            extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            return wanted == "." or wanted.removeprefix(".[").removesuffix("]") in extras
        case ["pip", "install", "--no-deps", package]:
            return f"--no-deps {package}\n" in (ROOT / "Makefile").read_text()
        case [".venv/bin/pip", "install", package, "--index-url", "https://download.pytorch.org/whl/cpu"]:
            return package in (ROOT / "constraints.txt").read_text().split()
    return False


def makefile_targets() -> set[str]:
    return set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def as_run(words: Sequence[str], here: Path) -> list[str]:
    """A command of a page as it is run: with its smaller settings, and with an id of this hospital."""
    name, *arguments = words[1:]
    if A_RECORDING_ID in arguments:
        with (here / "path/to/ids.csv").open(newline="") as file:
            known = next(csv.DictReader(file))["recording_id"]
        arguments = [known if word == A_RECORDING_ID else word for word in arguments]
    if name == "reproduce":
        arguments = [ONE_RECIPE if word == "all" else word for word in arguments]
    return [name, *arguments, *SMALLER.get(name, ())]


@pytest.fixture
def here(
    hospitals: Hospitals, make_ptbxl: Callable[[int], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Path:
    """The working folder of a newcomer: what the pages write as ``path/to/...``, and what a guide takes as made by the README."""
    folder = tmp_path / "here"
    site = hospitals.folder / "site-a"
    shutil.copytree(site, folder / "path/to")
    (folder / "path/to/hospital").symlink_to(site)
    shutil.copy(hospitals.folder / "patient.key", folder / "path/to/key")
    (folder / "path/to/folder").mkdir()
    for name, header in zip(("one", "folder/two", "folder/three"), sorted((hospitals.folder / "site-b").rglob("*.hea")), strict=False):
        write_wfdb(folder / "path/to" / name, np.round(read_ecg(header).signal * 1000).astype(np.int64))
    document = request.getfixturevalue("document")
    if document == "README.md":
        make_ptbxl(120).rename(folder / "path/to/ptb-xl")
    if document in ("README.md", "docs/echo.md"):
        home = create_sites(1)[0]
        rows = [COLUMNS, *echo_rows(home, draw_patients(home, 240, np.random.default_rng([0, 0])), [0])]
        (folder / "path/to/echo.csv").write_text("".join(",".join(row) + "\n" for row in rows))
    if document == "docs/map-labels.md":
        texts = "path,patient_id,report\none,P1,Vorhofflimmern. Kein Linksschenkelblock\nfolder/two,P2,possible LVH\n"
        (folder / "path/to/reports.csv").write_text(texts)
    if document not in ("README.md", "docs/tutorial.md", "docs/echo.md", "docs/map-labels.md"):
        shutil.copytree(request.getfixturevalue("trained"), folder / "runs/first")
    if document in ("docs/studies.md", "docs/text.md", "docs/faq.md"):
        shutil.copytree(hospitals.home, folder / "store")
    if document == "docs/studies.md":
        shutil.copytree(hospitals.away, folder / "other")
        store = Store.open(hospitals.home)
        scores = np.random.default_rng(0).random(store.labels.shape)
        rival = pd.DataFrame(scores, columns=list(store.vocabulary.codes))
        rival.insert(0, "recording_id", store.records["recording_id"].to_numpy())
        rival.to_parquet(folder / "rival.parquet")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def names(hospitals: Hospitals, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Names that the Python examples take as given: arrays at 500 Hz in microvolt; and `fit` with the smaller settings."""

    def smaller(preset: str, settings: Sequence[str]) -> TrainConfig:
        return load_preset(preset, [*settings, *SETTINGS[1::2], EPOCH])

    monkeypatch.setattr(fit_module, "load_preset", smaller)
    store = Store.open(hospitals.home)
    rows = np.arange(60)
    signals = 1000 * resample_poly(store.signals(rows), 5, 1, axis=2)
    return {"signals": signals, "labels": store.labels[rows], "patients": [str(key) for key in store.records["patient_key"][:60]]}


@pytest.fixture
def small_hospitals(monkeypatch: pytest.MonkeyPatch) -> None:
    """``reproduce --scale smoke`` simulates as few ECGs as ``synth``."""
    monkeypatch.setitem(cast("dict[str, Scale]", SCALES), "smoke", replace(SCALES["smoke"], hospitals=(RECORDS, 100.0)))


@pytest.mark.filterwarnings("ignore:validation part")  # few ECGs, and it says so
@pytest.mark.usefixtures("without_plots", "small_hospitals")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_page_does_what_it_says(document: str, here: Path, names: dict[str, Any], jaccardio: Command) -> None:
    found = blocks((ROOT / document).read_text("utf-8"))
    assert any(kind in ("sh", "python") for kind, _ in found)
    for kind, block in found:
        if kind == "python":
            exec(compile(block, document, "exec"), names)  # noqa: S102
        for words in lines(block) if kind == "sh" else ():
            if words[0] != "jaccardio":
                assert check_installing(words), f"{document}: neither run nor a known way to install: {' '.join(words)}"
                continue
            done = jaccardio(*as_run(words, here))
            assert done.status == 0, f"{document}: {' '.join(words)}\n{done.err}"
            for option in ("--out", "--plot", "--onnx"):
                if option in words:
                    assert (here / words[words.index(option) + 1]).exists(), f"{document}: {' '.join(words)} made nothing"


@pytest.mark.parametrize(
    "line",
    [
        "make everything",
        "pip install jaccardio",
        "pip install -e '.[nothing]'",
        "pip install --no-deps another-text-encoder",
        ".venv/bin/pip install torch==1.0 --index-url https://download.pytorch.org/whl/cpu",
        "python scripts/rank_presets.py",
    ],
)
def test_a_line_that_is_neither_run_nor_known_is_noticed(line: str) -> None:
    assert not check_installing(shlex.split(line))


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 150
    for document in DOCUMENTS:
        page = ROOT / document
        for link in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{document}: {link}"
