"""What docs/serve.md says can be asked, asked of a service."""

import shlex
from collections.abc import Callable
from pathlib import Path

from fastapi.testclient import TestClient
from typer.testing import CliRunner

from jaccardio.cli.app import app
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.writers.dicom import write_dicom
from jaccardio.recording.writers.wfdb import write_wfdb
from tests.test_readme import ROOT, blocks, lines

ADDRESS = "http://127.0.0.1:8000"


def test_every_request_of_the_guide_is_answered(serving: Callable[..., TestClient], ecgs: list[Path], tmp_path: Path) -> None:
    recording = read_ecg(ecgs[0])
    write_dicom(tmp_path / "one", recording)
    write_wfdb(tmp_path / "0001", recording)
    client, asked = serving(), 0
    for kind, block in blocks((ROOT / "docs/serve.md").read_text("utf-8")):
        for words in lines(block) if kind == "sh" else ():
            if words[0] == "jaccardio":
                assert CliRunner().invoke(app, [*words[1:], "--help"]).exit_code == 0, shlex.join(words)
                continue
            assert words[0] == "curl", shlex.join(words)
            *form, address = words[1:]
            assert form[::2] == ["-F"] * (len(form) // 2), shlex.join(words)
            parts = [tuple(part.split("=", 1)) for part in form[1::2]]
            files = [(name, (value[1:], (tmp_path / value[1:]).read_bytes())) for name, value in parts if value.startswith("@")]
            fields = {name: value for name, value in parts if not value.startswith("@")}
            answer = client.post(address.removeprefix(ADDRESS), files=files, data=fields)
            assert answer.status_code == 200, f"{shlex.join(words)}: {answer.text}"
            asked += 1
    assert asked
