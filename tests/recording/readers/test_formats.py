"""Every format: recognised by content under any name, exact, alone and in an archive; anything else refused, whatever is in it."""

import json
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.errors import MissingError, ReadError
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.readers.formats import FORMATS, is_document, recognise_head
from tests.recording.readers.samples import RATE, SAMPLES

SCRIPT = Path(__file__).parents[3] / "scripts" / "mutate_formats.py"


def test_every_format_has_a_sample() -> None:
    assert set(SAMPLES) == {format_.name for format_ in FORMATS}


@pytest.mark.parametrize("name", SAMPLES)
def test_exact_values_units_leads_and_rate(name: str, tmp_path: Path, counts: NDArray[np.int16]) -> None:
    recording = read_ecg(SAMPLES[name](tmp_path, counts), "id", "key")
    assert (recording.format, recording.sampling_rate, recording.flags) == (name, RATE, ())
    assert (recording.recording_id, recording.patient_key, bool(recording.lead_mask.all())) == ("id", "key", True)
    np.testing.assert_array_equal(recording.signal, (counts * 1e-3).astype(np.float32))
    assert recording.millivolt_per_count in (1e-3, None)


@pytest.mark.parametrize("name", SAMPLES)
def test_recognised_by_content_not_by_name(name: str, tmp_path: Path, counts: NDArray[np.int16]) -> None:
    path = SAMPLES[name](tmp_path, counts)
    for other in ("scan.tmp", "scan"):
        renamed = path.with_name(other)
        shutil.copy(path, renamed)
        if path.with_suffix(".json").exists():
            shutil.copy(path.with_suffix(".json"), renamed.with_suffix(".json"))
        assert read_ecg(renamed).format == name
    assert [format_.name for format_ in FORMATS if format_.recognises(path.read_bytes()[:4096])] == [name]


@pytest.mark.parametrize("name", SAMPLES)
def test_read_from_an_archive(name: str, tmp_path: Path, counts: NDArray[np.int16]) -> None:
    path = SAMPLES[name](tmp_path, counts)
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(tmp_path.iterdir()):
            if file.suffix != ".zip":
                archive.write(file, f"a/{file.name}")
    recording = read_ecg(tmp_path / "export.zip" / "a" / path.name)
    np.testing.assert_array_equal(recording.signal, (counts * 1e-3).astype(np.float32))
    assert recording.recording_id == read_ecg(path).recording_id


def test_what_is_no_ecg(tmp_path: Path) -> None:
    texts = (b"path,patient_id,af\na,b,1\n", b"", b"# notes\nI saw II of them\n")
    for data in (*texts, b"%PDF-1.7\n\0\0", b"\x89PNG\r\n", b"<!DOCTYPE html>\n<html>", b"\n<HTML lang='en'>\0"):
        assert recognise_head(data) is None, data
        assert is_document(data), data
    for data in (b"<ecg/>", b"<html5ecg/>", b"\0" * 200, b"version https://git-lfs.github.com/spec/v1\n"):
        assert recognise_head(data) is None
        assert not is_document(data)
    (tmp_path / "a.dcm").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ReadError, match="git lfs pull"):
        read_ecg(tmp_path / "a.dcm")


def test_a_package_that_is_not_installed(tmp_path: Path, counts: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch) -> None:
    path = SAMPLES["HDF5"](tmp_path, counts)
    monkeypatch.setattr("jaccardio.recording.readers.formats.find_spec", lambda _: None)
    with pytest.raises(MissingError, match=r"^HDF5 files need h5py\. Install: pip install 'jaccardio\[formats\]'$"):
        read_ecg(path)


READ_ONCE = """
import importlib, json, os, sys
from pathlib import Path
from jaccardio.recording.readers.formats import FORMATS

files = json.load(sys.stdin)
for format_ in FORMATS:
    if os.fork() == 0:  # each as the first of its process
        for module in format_.modules:
            importlib.import_module(module)
        before = set(sys.modules)
        format_.reader(Path(files[format_.name]), "x")
        late = [module for module in sys.modules.keys() - before if not module.startswith("encodings.")]
        print(*(f"{format_.name} {module}\\n" for module in late), sep="", end="", flush=True)
        os._exit(0)
    os.wait()
print("all read")
"""


def test_the_first_file_of_a_format_waits_for_no_library(tmp_path: Path, counts: NDArray[np.int16]) -> None:
    """What a reader imports would count as its first file's time, which is limited."""
    files = {name: str(write(tmp_path, counts)) for name, write in SAMPLES.items()}
    done = subprocess.run([sys.executable, "-c", READ_ONCE], input=json.dumps(files), capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == ("all read\n", "")


def test_a_file_too_large_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "huge.npy"
    with path.open("wb") as file:
        file.write(b"\x93NUMPY")
        file.truncate(2**26 + 1)
    with pytest.raises(ReadError, match="more than the 67108864 that are read"):
        read_ecg(path)


def test_damaged_files_are_read_or_refused_in_time(samples: Path) -> None:
    outcomes = runpy.run_path(str(SCRIPT))["mutate"](samples, 200)
    assert list(outcomes) == [format_.name for format_ in FORMATS]
    for name, outcome in outcomes.items():
        assert outcome.wrong == [], name
        assert outcome.read + outcome.refused == 200
        assert outcome.refused > 20, name
