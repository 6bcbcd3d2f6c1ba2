"""inspect, convert and ingest on files of all formats, mixed in one folder."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from jaccardio.cohort.store import Store
from jaccardio.recording.checks.table import CHECKS
from jaccardio.recording.leads import LEADS
from jaccardio.recording.readers import read_ecg
from tests.conftest import Command
from tests.recording.readers.samples import SAMPLES, ecg_counts


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Every format, each another ECG, in folders and an archive; one damaged, one unknown, and papers."""
    folder = tmp_path / "mixed"
    (folder / "deep").mkdir(parents=True)
    for number, write in enumerate(SAMPLES.values()):
        write(folder / "deep" if number % 2 else folder, ecg_counts() + np.int16(number))
    with zipfile.ZipFile(folder / "export.zip", "w") as archive:
        archive.write(SAMPLES["WFDB"](tmp_path, ecg_counts()), "w/record.hea")
        archive.write(tmp_path / "record.dat", "w/record.dat")
        archive.write(SAMPLES["CSV"](tmp_path, ecg_counts() * np.int16(2)), "table.csv")
    (folder / "cut.npy").write_bytes(b"\x93NUMPY")
    (folder / "unknown.bin").write_bytes(bytes(300))
    (folder / "README.txt").write_text("notes")
    return folder


def test_a_mixed_folder_becomes_a_store(jaccardio: Command, mixed: Path, tmp_path: Path) -> None:
    words = ("--corpus", "folder", "--fs", 100, "--patient-key", tmp_path / "key", "--jobs", 1)
    done = jaccardio("ingest", mixed, tmp_path / "store", *words, "--json")
    document = done.json()
    assert (done.status, document["stored"], len(document["rejected"])) == (1, len(SAMPLES) + 2, 2)
    assert document["formats"] == dict.fromkeys(SAMPLES, 1) | {"WFDB": 2, "CSV": 2}
    assert document["reasons"] == {"file: in no format that jaccardio reads": 1, "unit: not declared": 1}
    assert document["notes"] == ["passed over, because text, tables and pictures are no ECGs: .txt 1"]
    assert "formats read: " in done.err
    store = Store.open(tmp_path / "store")
    assert not any(name in str(store.manifest) for name in ("unknown.bin", "cut", "export"))
    dry = jaccardio("ingest", mixed, tmp_path / "other", *words, "--dry-run", "--json").json()
    assert dry["stored"] == len(SAMPLES) + 3, "what an array holds is not looked at"
    again = jaccardio("ingest", mixed / "export.zip", tmp_path / "archive", *words)
    assert (again.status, len(Store.open(tmp_path / "archive"))) == (0, 2)


def test_a_manifest_names_files_of_any_format(jaccardio: Command, mixed: Path, tmp_path: Path) -> None:
    paths = ["record.hea", "deep/table.csv", "export.zip/table.csv", "export.zip/w/record"]
    (mixed / "manifest.csv").write_text("path,patient_id,af\n" + "".join(f"{path},P{n},1\n" for n, path in enumerate(paths)))
    done = jaccardio("ingest", mixed, tmp_path / "store", "--corpus", "manifest", "--fs", 100, "--patient-key", tmp_path / "key", "--json")
    assert (done.status, done.json()["formats"]) == (0, {"WFDB": 2, "CSV": 2})


@pytest.mark.parametrize("name", SAMPLES)
def test_inspect_says_format_scale_and_steps(jaccardio: Command, tmp_path: Path, name: str) -> None:
    path = SAMPLES[name](tmp_path, ecg_counts())
    seen = jaccardio("inspect", path, "--json")
    document = seen.json()
    assert (seen.status, document["format"], document["sampling_rate"], document["seconds"]) == (0, name, 500.0, 3.0)
    first = document["steps"]["read"][0]
    assert first == ("1 microvolt a count, to millivolt" if document["millivolt_per_count"] else "to millivolt")
    assert document["steps"]["for models"] == [
        "1 window of 10 s, 3 s filled",
        "each lead centred on its median in the window, 1 microvolt a count; nothing is filtered",
    ]


def test_inspect_tells_what_was_mended(jaccardio: Command, tmp_path: Path) -> None:
    rows = "\n".join(f"0,{row[0]},{row[1]},7" for row in ecg_counts().T.tolist())
    (tmp_path / "a.csv").write_text(f"# unit: uV\n# sampling_rate: 250\nt,I,II,V1\n{rows}")
    seen = jaccardio("inspect", tmp_path / "a.csv", "--plot", tmp_path / "a.png")
    assert seen.status == 0
    for line in (
        "read: leads by name, in standard order; left out: t",
        "read: masked, flat: V1",
        "read: derived from two other limb leads: III, aVR, aVL, aVF",
        "read: neither in the file nor derivable: V2, V3, V4, V5, V6",
        "for models: resampled from 250 to 500 Hz",
    ):
        assert line in seen.out
    assert (tmp_path / "a.png").exists()


def test_inspect_judges_quality_as_ingest_does(jaccardio: Command, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 150, (2500, 2)).round()
    rows = "\n".join(",".join(f"{value:.0f}" for value in row) for row in noise)
    (tmp_path / "a.csv").write_text(f"# unit: uV\n# sampling_rate: 500\nI,II\n{rows}")
    quality = jaccardio("inspect", tmp_path / "a.csv", "--json").json()["quality"]
    assert list(quality) == list(CHECKS)
    assert {name for name, found in quality.items() if found["found"]} >= {"noise", "short", "missing_lead"}
    assert quality["noise"]["value"] > quality["noise"]["threshold"]
    assert "quality: short: 5, above 0.05; what the window of 10 s lacks, s" in jaccardio("inspect", tmp_path / "a.csv").out


@pytest.mark.parametrize("to", ["wfdb", "dicom", "npz"])
def test_convert(jaccardio: Command, mixed: Path, tmp_path: Path, to: str) -> None:
    shutil.copy(mixed / "record.hea", mixed / "Mueller_Hans.hea")
    done = jaccardio("convert", mixed, tmp_path / "out", "--to", to, "--json")
    written = done.json()["written"]
    assert (done.status, len(written)) == (1, len(SAMPLES) + 3)
    assert "Mueller" not in "".join(path.name for path in (tmp_path / "out").iterdir())
    for source, made in written.items():
        np.testing.assert_allclose(read_ecg(made).signal, read_ecg(source).signal, atol=1e-6)
        assert read_ecg(made).lead_mask.sum() == len(LEADS)
    assert jaccardio("convert", mixed / "record.hea", tmp_path / "other", "--to", "pdf").status == 2
    onto_a_file = jaccardio("convert", mixed / "record.hea", mixed / "record.hea", "--to", to)
    assert (onto_a_file.status, "rejected" in onto_a_file.err) == (2, False)
