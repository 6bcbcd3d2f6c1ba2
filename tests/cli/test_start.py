"""Starting is quick: help and import touch no heavy package."""

import subprocess
import sys

import pytest

from jaccardio.cli.app import app

HEAVY = {"torch", "pandas", "scipy", "matplotlib", "transformers", "wfdb", "pyarrow", "sklearn", "numpy", "optuna"}
COMMANDS = [command.callback.__name__ for command in app.registered_commands if command.callback is not None]
HELP = """
import sys, time
sys.argv[0] = "jaccardio"
from jaccardio.cli.app import main
try:
    main()
except SystemExit as ended:
    assert ended.code == 0
print(time.process_time(), *sys.modules, file=sys.stderr)
"""
"""Ends with the seconds of processor time since the start, which a busy machine does not lengthen, and what was imported."""


def test_every_command_of_the_readme_is_there() -> None:
    data, models = "synth ingest relabel split inspect", "train evaluate score predict embed search"
    studies = "probe shift demo compare reproduce bench doctor"
    assert sorted(COMMANDS) == sorted(f"{data} {models} {studies}".split())


@pytest.mark.parametrize("command", ["", *COMMANDS, "vocabulary"])
def test_help_is_quick_and_light(command: str) -> None:
    words = [command, "--help"] if command else ["--help"]
    ended = subprocess.run([sys.executable, "-c", HELP, *words], capture_output=True, text=True, check=True)
    seconds, *modules = ended.stderr.split()
    assert "Usage: " in ended.stdout
    assert not HEAVY & set(modules)
    assert float(seconds) < 0.5


def test_import_and_module_call_are_light() -> None:
    shown = subprocess.run([sys.executable, "-c", "import sys, jaccardio; print(*sys.modules)"], capture_output=True, text=True, check=True)
    assert not HEAVY & set(shown.stdout.split())
    version = subprocess.run([sys.executable, "-m", "jaccardio"], capture_output=True, text=True)
    assert version.returncode == 2
    assert "not a medical device" in (version.stdout + version.stderr).replace("\n ", "")
