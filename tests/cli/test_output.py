"""What reaches the terminal: no control character, whoever wrote it; progress; and what to do after Ctrl-C."""

import json
import logging
import os
import shutil
from pathlib import Path

import pytest

from jaccardio import __version__
from jaccardio.cli import output
from jaccardio.errors import printable
from tests.conftest import Command

EVIL = "a\x1b[31m\x9b0m\x07\r\x00\n\u202eb\u2028\udce9"
HARMLESS = r"a\x1b[31m\x9b0m\x07\r\x00\n\u202eb\u2028\udce9"


def test_printable_writes_out_what_a_terminal_obeys_and_keeps_letters() -> None:
    assert printable(EVIL) == HARMLESS
    assert printable("心房細動 é\u00a0\u3000😀 \\") == "心房細動 é\u00a0\u3000😀 \\"


def test_no_line_holds_a_control_character(capsys: pytest.CaptureFixture[str]) -> None:
    output.note(EVIL)
    output.result({}, [EVIL], as_json=False)
    progress = output.progress_lines(EVIL)
    progress(2, 2, EVIL)
    streams = capsys.readouterr()
    assert streams.out == HARMLESS + "\n"
    assert streams.err.splitlines()[0] == HARMLESS
    assert all((streams.out + streams.err).replace("\n", "")[at].isprintable() for at in range(len(streams.out)))
    output.result({"name": EVIL}, [], as_json=True)
    written = capsys.readouterr().out
    assert written.replace("\n", "").isprintable()
    assert json.loads(written) == {"name": EVIL}


def test_a_log_line_is_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    output.LogNotes().handle(logging.LogRecord("jaccardio", logging.WARNING, "", 0, "cut %s", (EVIL,), None))
    assert capsys.readouterr().err == f"warning: cut {HARMLESS}\n"


@pytest.mark.parametrize("words", [("inspect", "\x1b]0;x\x07"), ("inspect", f"--{EVIL[:-1]}"), ("\x1b[2J",), ("doctor", "\x1b[2J")])
def test_a_wrong_command_line_is_shown_without_control_characters(jaccardio: Command, words: tuple[str, ...]) -> None:
    refused = jaccardio(*(word.replace("\x00", "") for word in words))
    assert refused.status in (2, 3)
    assert "\\x1b" in refused.err
    assert refused.err.replace("\n", "").isprintable()


def test_a_file_name_that_is_no_utf8_is_shown(jaccardio: Command, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/caf\xe9.hea"
    with open(folder, "wb"):  # noqa: PTH123
        pass
    refused = jaccardio("inspect", os.fsdecode(folder))
    assert refused.status == 3
    assert "caf\\udce9: header: " in refused.err


def test_version(jaccardio: Command) -> None:
    shown = jaccardio("--version")
    assert (shown.status, shown.out) == (0, f"jaccardio {__version__}\n")


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("split", "sotre"), "store"),
        (("relabel", "sotre", "--vocabulary", "ptbxl71"), "store"),
        (("link", "sotre", "echo.csv", "--id-table", "ids.csv", "--lvef", "lvef", "--lvef-low", "40"), "store"),
        (("search", "rnu", "This ECG shows atrial fibrillation.", "--store", "store"), "run"),
        (("evaluate", "rnu", "--store", "store", "--out", "out"), "run"),
        (("embed", "run", "--store", "sotre", "--out", "out.parquet"), "store"),
        (("compare", "--store", "stroe", "--out", "out"), "store"),
        (("predict", "rnu", "one.hea"), "run"),
        (("doctor", "rnu"), "run"),
    ],
)
def test_a_mistyped_folder_is_told_from_a_damaged_one(
    jaccardio: Command, store: Path, run_folder: Path, words: tuple[str, ...], near: str
) -> None:
    folder = store.parent
    places = [str(folder / word) if word in ("sotre", "stroe", "store", "rnu", "run", "out", "out.parquet") else word for word in words]
    refused = jaccardio(*places)
    assert (refused.status, refused.out) == (2, "")
    assert f"no such folder; did you mean {folder / near}?" in refused.err
    assert "ingest" not in refused.err


@pytest.mark.parametrize(
    ("words", "work", "way"),
    [
        (("train", "--preset", "truth-small", "--store", "STORE", "--out", "NEW"), "training.loop.train", "with --resume goes on"),
        (("ensemble", "RUN", "RUN", "--store", "STORE", "--out", "NEW"), "training.ensemble.join_runs", "joins the runs again"),
        (("ingest", "NEW", "NEW", "--corpus", "folder"), "cohort.ingest.ingest", "starts again from the first file"),
        (("demo", "--out", "NEW"), "paper.demo.run_demo", "goes on where it stopped"),
        (("compare", "--store", "STORE", "--out", "NEW"), "experiments.compare.run_compare", "goes on where it stopped"),
        (("reproduce", "table1", "--out", "NEW"), "paper.reproduce.run_reproduce", "goes on where it stopped"),
        (
            ("probe", "RUN", "--store", "STORE", "--out", "NEW", "--supervised"),
            "experiments.probe.run_probe",
            "classifiers that are trained are kept",
        ),
        (("probe", "RUN", "--store", "STORE", "--out", "NEW"), "experiments.probe.run_probe", ""),  # nothing is kept, nothing is promised
        (("evaluate", "RUN", "--store", "STORE", "--out", "NEW"), "experiments.evaluate_run.evaluate_run", ""),
    ],
)
def test_ctrl_c_says_how_to_go_on_and_ends_with_130(
    jaccardio: Command,
    store: Path,
    run_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    work: str,
    way: str,
) -> None:
    def stop(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"jaccardio.{work}", stop)
    places = {"STORE": store, "RUN": run_folder, "NEW": tmp_path / "new"}
    stopped = jaccardio(*(places.get(word, word) for word in words))
    assert (stopped.status, stopped.out) == (130, "")
    assert stopped.err.count("Ctrl-C") == (2 if way else 0)
    assert not way or stopped.err.count(way) == 2


def test_joining_and_converting_show_how_far_they_are(
    jaccardio: Command, store: Path, run_folder: Path, records: Path, tmp_path: Path
) -> None:
    assert "converting: 2/2" in jaccardio("convert", records, tmp_path / "npz", "--to", "npz").err
    other = shutil.copytree(run_folder, tmp_path / "other")
    joined = jaccardio("ensemble", run_folder, other, "--store", store, "--out", tmp_path / "new", "--device", "cpu")
    assert joined.status == 0
    sizes = json.loads((run_folder / "split.json").read_text())["parts"]["validation"]["recording_id"]
    assert f"scoring: {len(sizes)}/{len(sizes)}" in joined.err
