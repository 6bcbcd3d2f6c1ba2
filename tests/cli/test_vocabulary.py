"""The vocabulary commands, and the example of docs/your-data.md executed as it stands, from a manifest to a prediction."""

import re
import shlex
from pathlib import Path

import pytest

from jaccardio.cohort.store import Store
from jaccardio.findings.vocabulary import Vocabulary
from tests.conftest import SETTINGS, Command, Hospitals

DOCUMENT = Path(__file__).parents[2] / "docs/your-data.md"


def blocks(language: str) -> list[str]:
    section = DOCUMENT.read_text("utf-8").split("## Your own findings")[1]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def test_the_example_runs_from_manifest_to_prediction(
    jaccardio: Command, hospitals: Hospitals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = hospitals.folder / "site-a" / "manifest.csv"
    recording = next((hospitals.folder / "site-a").rglob("*.hea"))
    monkeypatch.chdir(tmp_path)
    for line in blocks("sh")[0].splitlines():
        words = shlex.split(
            line.replace("path/to/manifest.csv", str(manifest)).replace("path/to/recording.hea", str(recording)), comments=True
        )
        assert words[0] == "jaccardio"
        done = jaccardio(*words[1:], *(SETTINGS if words[1] == "train" else ()))
        assert done.status == 0, done.err
    assert "atrial fibrillation" in done.out
    assert Store.open(tmp_path / "store").vocabulary == Vocabulary.load(tmp_path / "mine.toml")
    for bank in ("findings+negations", "captions"):  # every bank of statements has its sentences
        cell = ("--set", f"objective.statements={bank}", "--set", "objective.target=truth", "--set", "training.epochs=1")
        done = jaccardio("train", "--store", "store", "--preset", "truth-small", "--out", f"run-{bank}", *SETTINGS, *cell)
        assert done.status == 0, done.err


def test_the_file_of_the_example_is_a_vocabulary(jaccardio: Command, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(blocks("toml")[0], encoding="utf-8")
    done = jaccardio("vocabulary", "check", file)
    assert (done.status, done.out) == (0, "ok: 4 findings, names in en, ja, 1 implications, levels kind\n")
    shown = jaccardio("vocabulary", "show", file).out
    assert "septal_mi: septal infarction; 中隔梗塞\n    needs: V1-V2" in shown
    assert "    implies: atrial\n    codes: scp:AFLT snomed:164890007" in shown
    document = jaccardio("vocabulary", "show", file, "--json").json()
    assert document["codes"]["flutter"] == ["scp:AFLT", "snomed:164890007"]


def test_faults_end_with_status_3_and_an_unknown_name_with_2(jaccardio: Command, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[[findings]]\ncode = 'a'\n")
    for arguments in (("check", file), ("show", file)):
        done = jaccardio("vocabulary", *arguments)
        assert done.status == 3
        assert "finding a, names: there is none" in done.err
    assert jaccardio("vocabulary", "show", "paper").status == 2
    assert "anteroseptal_mi: anterior septal myocardial infarction" in jaccardio("vocabulary", "show", "paper26").out


def test_new_says_what_it_left_out(jaccardio: Command, tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("path,patient_id,ward,心房細動\na,1,3,1\n", encoding="utf-8")
    done = jaccardio("vocabulary", "new", tmp_path, tmp_path / "mine.toml")
    assert done.status == 0
    assert "left out: ward" in done.out
    assert "model.language=ja" in done.out
