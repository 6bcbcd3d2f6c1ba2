"""Starting is quick: help and import touch no heavy package."""

import subprocess
import sys
import time

import pytest

from jaccardio.cli.app import app

HEAVY = {"torch", "pandas", "scipy", "matplotlib", "transformers", "wfdb", "pyarrow", "sklearn", "numpy", "optuna"}
COMMANDS = [command.callback.__name__ for command in app.registered_commands if command.callback is not None]
HELP = """
import sys, time
sys.argv[0] = "jaccardio"
began = time.perf_counter()
from jaccardio.cli.app import main
try:
    main()
except SystemExit as ended:
    assert ended.code == 0
print(time.perf_counter() - began, *sys.modules, file=sys.stderr)
"""


def test_every_command_of_the_readme_is_there() -> None:
    data, models = "synth ingest relabel split inspect", "train evaluate score predict embed search"
    studies = "probe shift demo compare reproduce bench doctor"
    assert sorted(COMMANDS) == sorted(f"{data} {models} {studies}".split())


@pytest.mark.parametrize("command", ["", *COMMANDS, "vocabulary"])
def test_help_is_quick_and_light(command: str) -> None:
    words = [command, "--help"] if command else ["--help"]
    seconds = []
    for _ in range(3):  # a busy machine may make one start slow; heavy imports make every start slow
        ended = subprocess.run([sys.executable, "-c", HELP, *words], capture_output=True, text=True, check=True)
        shown, *modules = ended.stderr.split()
        assert "Usage: " in ended.stdout
        assert not HEAVY & set(modules)
        seconds.append(float(shown))
        if seconds[-1] < 0.5:
            return
    pytest.fail(f"help took {min(seconds):.2f} s")


def test_import_and_module_call_are_light() -> None:
    began = time.perf_counter()
    shown = subprocess.run([sys.executable, "-c", "import sys, jaccardio; print(*sys.modules)"], capture_output=True, text=True, check=True)
    assert not HEAVY & set(shown.stdout.split())
    version = subprocess.run([sys.executable, "-m", "jaccardio"], capture_output=True, text=True)
    assert version.returncode == 2
    assert "not a medical device" in (version.stdout + version.stderr).replace("\n ", "")
    assert time.perf_counter() - began < 10
