"""The vocabulary commands, and the example of docs/your-data.md; tests/test_readme.py runs its commands."""

import re
from pathlib import Path

from jaccardio.cohort.store import Store
from jaccardio.findings.vocabulary import Vocabulary
from tests.conftest import SETTINGS, Command, Hospitals

GUIDE = Path(__file__).parents[2] / "docs/your-data.md"


def test_a_drafted_vocabulary_serves_every_bank_of_statements(jaccardio: Command, hospitals: Hospitals, tmp_path: Path) -> None:
    site, file, store = hospitals.folder / "site-a", tmp_path / "mine.toml", tmp_path / "store"
    assert jaccardio("vocabulary", "new", site, file).status == 0
    assert jaccardio("ingest", site, store, "--corpus", "manifest", "--vocabulary", file, "--fs", 100, "--jobs", 1).status == 0
    assert jaccardio("split", store).status == 0
    assert Store.open(store).vocabulary == Vocabulary.load(file)
    for bank in ("findings+negations", "captions"):
        cell = ("--set", f"objective.statements={bank}", "--set", "objective.target=truth", "--set", "training.epochs=1")
        done = jaccardio("train", "--store", store, "--preset", "truth-small", "--out", tmp_path / bank, *SETTINGS, *cell)
        assert done.status == 0, done.err
    assert "atrial fibrillation" in jaccardio("predict", tmp_path / bank, next(site.rglob("*.hea"))).out


def test_the_file_of_the_example_is_a_vocabulary(jaccardio: Command, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    [example] = re.findall(r"```toml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    file.write_text(example, encoding="utf-8")
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
