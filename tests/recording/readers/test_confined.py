"""Readers that hang, crash, take memory or print cost one file; the next is read."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jaccardio.errors import ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.readers import confined
from jaccardio.recording.readers.confined import Reader, read_confined
from jaccardio.recording.recording import Recording


def sound(path: Path, record: str) -> Recording:
    print("MUELLER, HANS")  # as libraries do
    signal_ = np.arange(12 * 5, dtype=np.float32).reshape(12, 5)
    mask = np.ones(12, dtype=np.bool_)
    mask[3], signal_[3] = False, 0
    return Recording(signal_, 500.0, mask, record, str(os.getpid()), ("a", "b"), ("x",), 0.001)


def hangs(path: Path, *_: object) -> Recording:
    while True:
        pass


def sleeps(path: Path, *_: object) -> Recording:
    time.sleep(60)
    raise AssertionError


def crashes(path: Path, *_: object) -> Recording:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def takes_all(path: Path, *_: object) -> Recording:
    np.ones(2**33, dtype=np.uint8)
    raise AssertionError


def refuses(path: Path, *_: object) -> Recording:
    raise ReadError(path.name, "field", "reason", "Remedy.")


def fails(path: Path, *_: object) -> Recording:
    raise ValueError("MUELLER, HANS")


def read(reader: Reader, record: str = "a") -> Recording:
    return read_confined(reader, (), Path("a.x"), 0, record)


def test_a_recording_comes_back_whole_and_the_worker_stays() -> None:
    recording, again = read(sound), read(sound)
    assert recording.patient_key == again.patient_key != str(os.getpid())
    here = replace(sound(Path(), "id"), patient_key=recording.patient_key)
    assert read(sound, "id").__dict__.keys() == here.__dict__.keys()
    for name, value in here.__dict__.items():
        np.testing.assert_array_equal(getattr(read(sound, "id"), name), value)
    recording.signal[0, 0] = 1  # as any array


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        (hangs, "a: file: took longer than 0.2 s to read"),
        (sleeps, "a: file: took longer than 0.2 s to read"),
        (crashes, "a: file: its reader was ended by the system"),
        (takes_all, "a: file: needs more memory"),
        (refuses, "a.x: field: reason. Remedy."),
        (fails, r"a: file: damaged, or a dialect that is not known \(ValueError\)"),
    ],
)
def test_a_reader_that_fails_costs_one_file(reader: Reader, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read(sound)
    monkeypatch.setattr(confined, "SECONDS", 0.2)
    with pytest.raises(ReadError, match=words) as caught:
        read(reader)
    assert "MUELLER" not in str(caught.value)
    monkeypatch.undo()
    assert read(sound).flags == ("a", "b")


def test_ctrl_c_leaves_no_answer_to_the_next_file(monkeypatch: pytest.MonkeyPatch) -> None:
    before = read(sound)

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jaccardio.recording.readers.confined.json.loads", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read(sound, "first")
    monkeypatch.undo()
    after = read(sound)
    assert after.recording_id == "a"
    assert after.patient_key != before.patient_key


def test_a_script_without_main_guard_reads_and_leaves_no_process(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", signal=np.random.default_rng(0).normal(size=(2, 1000)), sampling_rate=100, leads=["I", "II"], unit="mV")
    script = tmp_path / "script.py"
    script.write_text(
        "import jaccardio\nfrom jaccardio.recording.readers import confined\n"
        f"print(jaccardio.read_ecg({str(tmp_path / 'a.npz')!r}).flags[0], confined._worker._process.pid)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    said, process = done.stdout.split()
    assert said == f"derived:{LEADS[2]}"
    with pytest.raises(ProcessLookupError):
        os.kill(int(process), 0)
