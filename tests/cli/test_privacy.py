"""Names in every field of records and of their table reach no store, plot, checkpoint, message or traceback."""

import json
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import savemat

from jaccardio.errors import ReadError
from jaccardio.experiments.phi import Tokens, scan
from jaccardio.recording.readers import read_ecg
from tests.conftest import Command, Hospitals
from tests.recording.readers.samples import LEADS, RATE, ecg_counts
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


PERSON = "ZqArraySecret"
DECLARED: Mapping[str, Any] = {"unit": "uV", "sampling_rate": RATE, "leads": list(LEADS)}


def hdf5(folder: Path, signal: NDArray[Any], declared: Mapping[str, Any]) -> Path:
    with h5py.File(folder / "one.h5", "w") as file:
        file.attrs.update({PERSON: PERSON, "comment": PERSON})
        file.create_dataset("signal", data=signal).attrs.update({**declared, "patient": PERSON})
        file.create_group(PERSON).create_dataset(PERSON, data=PERSON)
    return folder / "one.h5"


def npz(folder: Path, signal: NDArray[Any], declared: Mapping[str, Any]) -> Path:
    np.savez(folder / "arrays.npz", signal=signal, **declared, comment=PERSON, patient=PERSON, **{PERSON: np.array([PERSON])})
    return folder / "arrays.npz"


def npy(folder: Path, signal: NDArray[Any], declared: Mapping[str, Any]) -> Path:
    np.save(folder / "array.npy", signal)
    (folder / "array.json").write_text(json.dumps({**declared, "comment": PERSON, "patient": PERSON, PERSON: {PERSON: 1}}))
    return folder / "array.npy"


def csv(folder: Path, signal: NDArray[Any], declared: Mapping[str, Any]) -> Path:
    lines = [f"# {PERSON}", f"# patient: {PERSON}", f"# comment: {PERSON}"]
    lines += [f"# unit: {declared['unit']}", f"# sampling_rate: {declared['sampling_rate']}"]
    lines += [",".join([*declared["leads"], PERSON]), *(",".join([*map(str, row), PERSON]) for row in signal.astype(str).T)]
    (folder / "table.csv").write_text("\n".join(lines))
    return folder / "table.csv"


def cpsc(folder: Path, signal: NDArray[Any], declared: Mapping[str, Any]) -> Path:
    values = signal / 1000 if signal.dtype.kind == "i" else signal
    ecg = {"sex": PERSON, "age": np.array([[74]]), "patient": PERSON, PERSON: PERSON, "data": values}
    savemat(folder / "A0001.mat", {PERSON: PERSON, "ECG": ecg})
    data = bytearray((folder / "A0001.mat").read_bytes())
    data[30 : 30 + len(PERSON)] = PERSON.encode()  # in the text at its beginning
    (folder / "A0001.mat").write_bytes(data)
    return folder / "A0001.mat"


ARRAYS: Mapping[str, Callable[[Path, NDArray[Any], Mapping[str, Any]], Path]] = {
    "HDF5": hdf5,
    "NPZ": npz,
    "NPY": npy,
    "CSV": csv,
    "CPSC .mat": cpsc,
}
"""Writers of an ECG with `PERSON` wherever the format has room for a word."""


def test_no_word_planted_in_a_table_or_an_array_is_kept_or_said(tmp_path: Path, trained: Path, jaccardio: Command) -> None:
    folder, rows = tmp_path / "ward", []
    for number, (name, write) in enumerate(ARRAYS.items()):
        (place := folder / f"{number}").mkdir(parents=True)
        file = write(place, ecg_counts() + np.int16(number), DECLARED)
        assert PERSON.encode() in b"".join(path.read_bytes() for path in place.iterdir()), name
        assert read_ecg(file).format == name
        rows.append(f"{number}/{file.name},{PERSON}{number},{number % 2}")
    (folder / "manifest.csv").write_text("path,patient_id,af\n" + "\n".join(rows) + "\n")
    words = Tokens([PERSON, *(f"{PERSON}{number}" for number in range(len(ARRAYS)))])
    store = tmp_path / "store"
    outcomes = [jaccardio("ingest", folder, store, "--corpus", "manifest", "--fs", 100, "--patient-key", tmp_path / "key")]
    assert f"{len(ARRAYS)} ECGs" in outcomes[0].out
    outcomes += [jaccardio("inspect", folder / row.split(",")[0]) for row in rows]
    outcomes += [jaccardio("predict", trained, folder, "--json")]
    assert [outcome.status for outcome in outcomes] == [0] * len(outcomes), outcomes[-1].err
    assert words.count("".join(outcome.out + outcome.err for outcome in outcomes)) == 0
    assert scan(store, words)[1] == []


@pytest.mark.parametrize("name", ARRAYS)
def test_no_refusal_of_a_table_or_an_array_quotes_it(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What is declared, and the numbers themselves, replaced by a person's name; and files cut off."""
    counts, text, fields = ecg_counts(), np.full((12, RATE), PERSON, dtype="S"), np.zeros((12, RATE), dtype=[(PERSON, "<f4")])
    changes: list[Mapping[str, Any]] = [{"unit": PERSON}, {"sampling_rate": PERSON}, {"leads": [PERSON] * 12}]
    paths = [(f"declared {number}", counts, {**DECLARED, **change}) for number, change in enumerate(changes) if name != "CPSC .mat"]
    paths += [("text", text, dict(DECLARED)), ("fields", fields, dict(DECLARED)), ("cut", counts, dict(DECLARED))]
    for case, signal, declared in paths:
        (place := tmp_path / case).mkdir()
        path = ARRAYS[name](place, signal, declared)
        if case == "cut":
            path.write_bytes(path.read_bytes()[:-1000] + PERSON.encode())
        with pytest.raises(ReadError) as caught:
            read_ecg(path)
        said: BaseException | None = caught.value
        while said is not None:  # what Python would show of it, and what it came from
            assert PERSON not in "".join(traceback.format_exception(said)) + repr(said) + str(vars(said)), case
            said = said.__cause__ or said.__context__
    shown = capfd.readouterr()
    assert PERSON not in shown.out + shown.err
