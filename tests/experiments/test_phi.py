"""The scanner finds what is planted in every kind of file, and says where without saying what."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from safetensors.numpy import save_file

from jaccardio.errors import UsageError
from jaccardio.experiments.phi import DATE, LISTED, MAIL, NAME, PATH, SERIAL, Tokens, scan
from tests.conftest import Command, Hospitals

SECRET = "Zumsteeg-Okafor"


def _png(path: Path, text: str) -> None:
    info = PngInfo()
    info.add_text("Comment", text)
    Image.new("L", (4, 4)).save(path, pnginfo=info)


PLANTED: dict[str, Callable[[Path, str], object]] = {
    "a.parquet": lambda path, text: pd.DataFrame({"flags": [["x", text]], "n": [1]}).to_parquet(path),
    "b.parquet": lambda path, text: pd.DataFrame({text: [1]}).to_parquet(path),
    "a.json": lambda path, text: path.write_text(json.dumps({"a": [{"b": text}]})),
    "b.json": lambda path, text: path.write_text(json.dumps({text: 1})),
    "a.toml": lambda path, text: path.write_text(f"[a]\nb = {json.dumps(text)}\n"),
    "a.html": lambda path, text: path.write_text(f"<p>\n{text}</p>"),
    "a.jsonl": lambda path, text: path.write_text('{"a": 1}\n' + json.dumps({"b": text})),
    "a.log": lambda path, text: path.write_text(f"one\n{text}\n"),
    "a.png": _png,
    "a.safetensors": lambda path, text: save_file({"w": np.zeros(2)}, path, {"note": text}),
    "a.npz": lambda path, text: np.savez(path, names=np.array([text])),
    "a.i16": lambda path, text: path.write_bytes(b"\x01\xff" * 50 + text.encode() + b"\0\1"),
    "a.bin": lambda path, text: path.write_bytes(b"\x01\xff" + text.encode("utf-16-le")),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_listed_name_is_found_in_every_kind_of_file_and_not_repeated(name: str, tmp_path: Path) -> None:
    PLANTED[name](tmp_path / name, f"seen by {SECRET.upper()}, md")
    assert scan(tmp_path, Tokens(["Mueller"])) == (1, [])
    _, hits = scan(tmp_path, Tokens(["Mueller", SECRET]))
    assert {(hit.file, hit.kind) for hit in hits} == {(name, LISTED)}
    assert "zumsteeg" not in str(hits).lower()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("/home/anna/ecg/1.hea", PATH),
        ("/klinik/ecg/1.hea", PATH),
        (r"C:\ECG\1.hea", PATH),
        ("write to anna.b@klinik-x.example", MAIL),
        ("born 1961-04-30", DATE),
        ("30.4.1961", DATE),
        ("1961年4月30日", DATE),
        ("birth_date: 19610430", DATE),
        ("Serial no. SDE-09223372", SERIAL),
        ("SMITH^JOHN", NAME),
    ],
)
def test_what_no_list_needs_to_hold(text: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"note": text}))
    assert [hit.kind for hit in scan(tmp_path, Tokens(()))[1]] == [kind]


@pytest.mark.parametrize(
    "text", ["train/ecg", "mg/dl", "2026-11-29", "QRS^2", "426783006", "jaccardio 2.13.0", "10.1016/j.x", "https://a.org/b/c"]
)
def test_what_is_no_patients(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"note": text, "time": "2026-11-29T15:28:15+00:00"}))
    found = [hit.kind for hit in scan(tmp_path, Tokens(()))[1]]
    assert found == ([DATE] if text == "2026-11-29" else [])


def test_names_of_files_are_read_and_withheld(tmp_path: Path) -> None:
    (tmp_path / f"{SECRET}.log").write_text("nothing")
    _, hits = scan(tmp_path, Tokens([SECRET]))
    assert [(hit.file, hit.place) for hit in hits] == [("file 1", "name of the file")]


def test_short_words_are_passed_over_and_counted() -> None:
    tokens = Tokens(["Li", "1234", "123456", "Anna"])
    assert tokens.passed_over == 2
    assert [tokens.count(text) for text in ("0.1234", "id=123456;", "annalen", "x_anna_y")] == [0, 1, 0, 1]


def test_the_table_of_ids_is_a_list_but_not_its_pseudonyms(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("recording_id,patient_key,path,patient_id,site\nrrrrrr,pppppp,/x/ward/Mayer_Anna.hea,PAT-99812,\n")
    tokens = Tokens.load(tmp_path / "ids.csv")
    assert [tokens.count(text) for text in ("rrrrrr pppppp", "mayer anna", "pat-99812", "/x/ward/Mayer_Anna.hea")] == [0, 1, 1, 2]
    with pytest.raises(UsageError, match="no text file"):
        Tokens.load(tmp_path / "none.csv")


def test_stores_runs_and_models_hold_nothing(hospitals: Hospitals, trained: Path, jaccardio: Command) -> None:
    for folder in (hospitals.home, trained):
        outcome = jaccardio("doctor", folder, "--phi")
        assert outcome.status == 0, outcome.out
    planted = trained.parent / "planted.log"
    planted.write_text("anna@klinik.example")
    outcome = jaccardio("doctor", trained.parent, "--phi", "--json")
    planted.unlink()
    assert outcome.status == 3
    assert [(hit["file"], hit["kind"]) for hit in outcome.json()["hits"]] == [("planted.log", MAIL)]
    assert "anna" not in outcome.out + outcome.err
