"""Names in every field of records and of their table reach no store, plot, checkpoint, message or traceback."""

import traceback
from pathlib import Path

import numpy as np
import pytest

from jaccardio.errors import ReadError
from jaccardio.experiments.phi import Tokens, scan
from jaccardio.recording.readers import read_ecg
from tests.conftest import Command, Hospitals
from tests.recording.readers.vendor_sample import Sample, simulated_counts
from tests.recording.readers.vendor_samples import BUILDERS

SMALLEST = ("--set", "model.width=2", "--set", "model.text=random", "--set", "training.epochs=1", "--set", "training.batch_size=2")

FIELDS = ("Comment", "Signalname", "Patientid", "Sitename", "Notes", "Filename")
TOKENS = {field: f"Zq{field}Secret" for field in FIELDS}
EVERYTHING = [word for token in TOKENS.values() for word in (token, *(f"{token}{number}" for number in range(6)))]
IN_MESSAGES = Tokens([word for word in EVERYTHING if TOKENS["Filename"] not in word])
"""Messages on the user's own screen name files; nothing that is kept does."""


@pytest.fixture
def planted(hospitals: Hospitals, tmp_path: Path) -> Path:
    """A table of six records, the last of them cut short, with a token in each field that a hospital may fill."""
    folder = tmp_path / "hospital"
    folder.mkdir()
    rows = []
    for number, header in enumerate(sorted((hospitals.folder / "site-a").rglob("*.hea"))[:6]):
        name = f"{TOKENS['Filename']}{number}"
        lines = header.read_text().replace(header.stem, name).splitlines()
        lines[0] += " 10:11:12 30/04/1961"
        lines.insert(13, f"{name}.dat 16 1000/mV 16 0 0 0 0 {TOKENS['Signalname']}")
        lines += [f"# <name>: {TOKENS['Comment']}", f"# born 30.04.1961, serial no. {TOKENS['Comment']}-1"]
        (folder / f"{name}.hea").write_text("\n".join(line for line in lines if number or TOKENS["Signalname"] not in line) + "\n")
        data = header.with_suffix(".dat").read_bytes()
        (folder / f"{name}.dat").write_bytes(data[:-100] if number == 5 else data)
        if number < 5:  # without the further signal, whose samples are not in the file
            text = (folder / f"{name}.hea").read_text().splitlines()
            (folder / f"{name}.hea").write_text("\n".join(line for line in text if TOKENS["Signalname"] not in line) + "\n")
        rows.append(f"{name}.hea,{TOKENS['Patientid']}{number},{TOKENS['Sitename']},1961-04-30,64,male,{TOKENS['Notes']},1")
    (folder / "manifest.csv").write_text("path,patient_id,site,date,age,sex,notes,af\n" + "\n".join(rows) + "\n")
    return folder


def test_no_planted_word_is_kept_or_said(planted: Path, trained: Path, tmp_path: Path, jaccardio: Command) -> None:
    outcome = jaccardio(
        *("ingest", planted, tmp_path / "made" / "store", "--corpus", "manifest", "--fs", 100, "--drop", "notes"),
        *("--patient-key", tmp_path / "key", "--check", "noise=refuse:0.0001", "--check", "wander=flag"),
    )
    assert outcome.status == 3, "every record is refused by a check or at reading"
    assert IN_MESSAGES.count(outcome.out + outcome.err) == 0
    outcome = jaccardio(
        *("ingest", planted, tmp_path / "made" / "store", "--corpus", "manifest", "--fs", 100, "--drop", "notes"),
        *("--patient-key", tmp_path / "key"),
    )
    assert outcome.status == 1, "the record that is cut short is refused"
    assert "5 ECGs" in outcome.out
    assert IN_MESSAGES.count(outcome.out + outcome.err) == 0
    outcome = jaccardio("predict", trained, planted / f"{TOKENS['Filename']}0.hea", "--plot", tmp_path / "made" / "pictures", "--json")
    assert outcome.status == 0
    assert IN_MESSAGES.count(outcome.out + outcome.err) == 0

    everything = Tokens(EVERYTHING)
    files, hits = scan(tmp_path / "made" / "store", everything)
    assert files >= 5
    assert hits == []
    _, hits = scan(tmp_path / "made" / "pictures", everything)
    assert {hit.place for hit in hits} <= {"name of the file"}, "a picture is named by the file that the user named"
    assert scan(planted, everything)[1], "the words are there to be found"


def test_a_traceback_does_not_quote_the_header(planted: Path) -> None:
    with pytest.raises(ReadError) as caught:
        read_ecg(planted / f"{TOKENS['Filename']}5.hea")
    assert IN_MESSAGES.count("".join(traceback.format_exception(caught.value))) == 0


def test_no_word_planted_in_a_vendor_file_is_kept_or_said(tmp_path: Path, trained: Path, jaccardio: Command) -> None:
    token, folder, made = "ZqVendorSecret", tmp_path / "ward", tmp_path / "made"
    rows = []
    for number, (name, build) in enumerate(BUILDERS.items()):
        counts = simulated_counts() + np.arange(1000) % (7 + number)  # no two waveforms are alike
        (place := folder / name).mkdir(parents=True)
        file = build(place, Sample(counts=counts.astype(np.int16), token=token))
        (place / f"cut-{file.name}").write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        rows += [f"{name}/{file.name},{token}{number},{number % 2}", f"{name}/cut-{file.name},{token}{number},{number % 2}"]
    (folder / "manifest.csv").write_text("path,patient_id,af\n" + "\n".join(rows) + "\n")
    words = Tokens([token, *(f"{token}{number}" for number in range(len(BUILDERS)))])
    store, run = made / "store", made / "run"
    outcomes = [jaccardio("ingest", folder, store, "--corpus", "manifest", "--fs", 100, "--patient-key", tmp_path / "key")]
    assert outcomes[0].status == 1, outcomes[0].err
    assert f"{len(BUILDERS)} ECGs" in outcomes[0].out
    outcomes += [jaccardio("inspect", file) for file in sorted(folder.glob("*/*"))]
    outcomes += [jaccardio("predict", trained, folder, "--json"), jaccardio("split", store)]
    outcomes += [jaccardio("train", "--preset", "truth-small", "--store", store, "--out", run, *SMALLEST)]
    assert [outcome.status for outcome in outcomes[-3:]] == [1, 0, 0], outcomes[-1].err
    assert words.count("".join(outcome.out + outcome.err for outcome in outcomes)) == 0
    assert scan(made, words)[1] == []
    assert scan(folder, words)[1], "the word is there to be found"
