"""Starting is quick: help and import touch no heavy package; and the help shows every command once."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from jaccardio.cli.app import COMMAND_LINE, COMMANDS
from tests.conftest import Command

LIGHT = {"typer", "rich", "pydantic"}
"""The dependencies that help may load; typer itself loads pydantic."""

MODULE_NAMES = {
    "scikit-learn": "sklearn",
    "pillow": "PIL",
    "fhir.resources": "fhir",
    "prometheus-client": "prometheus_client",
    "python-multipart": "python_multipart",
    "tomli-w": "tomli_w",
    "import-linter": "importlinter",
}
"""Of packages that are imported by another name than they are installed by."""

EVERY_HELP = """
import json, sys
from jaccardio.cli.app import main
loaded = {}
for words in json.loads(sys.argv[1]):
    sys.argv = ["jaccardio", *words, "--help"]
    try:
        main()
    except SystemExit as ended:
        assert ended.code == 0
    for name in sys.modules:
        loaded.setdefault(name.partition(".")[0], " ".join(words))
print(json.dumps(loaded), file=sys.stderr)
"""
"""Shows the help of one command after the other, and says at the end which one first loaded each package."""


@pytest.fixture(scope="module")
def heavy(pytestconfig: pytest.Config) -> set[str]:
    """Modules of the dependencies in pyproject.toml, those of all extras too, except the light ones."""
    project = tomllib.loads((pytestconfig.rootpath / "pyproject.toml").read_text())["project"]
    required = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    packages = {line.partition(">")[0] for line in required} - LIGHT
    return {MODULE_NAMES.get(package, package) for package in packages}


def names(group: typer.core.TyperGroup) -> list[list[str]]:
    """The words of every command and sub-command."""
    found = []
    for name, command in group.commands.items():
        found.append([name])
        if isinstance(command, typer.core.TyperGroup):
            found += [[name, *words] for words in names(command)]
    return found


def all_commands() -> list[list[str]]:
    assert isinstance(COMMAND_LINE, typer.core.TyperGroup)
    return names(COMMAND_LINE)


def test_help_loads_nothing_heavy(heavy: set[str]) -> None:
    assert {"torch", "numpy", "pandas", "scipy", "matplotlib", "transformers", "pyarrow", "PIL", "optuna", "sklearn"} <= heavy
    ended = subprocess.run(
        [sys.executable, "-c", EVERY_HELP, json.dumps([[], *all_commands()])], capture_output=True, text=True, check=True
    )
    loaded = json.loads(ended.stderr)
    assert "jaccardio" in loaded
    assert {name: f"loaded by jaccardio {first} --help" for name, first in loaded.items() if name in heavy} == {}


def test_import_and_module_call_are_light(heavy: set[str]) -> None:
    shown = subprocess.run([sys.executable, "-c", "import sys, jaccardio; print(*sys.modules)"], capture_output=True, text=True, check=True)
    assert not heavy & set(shown.stdout.split())
    version = subprocess.run([sys.executable, "-m", "jaccardio"], capture_output=True, text=True)
    assert version.returncode == 2
    assert "not a medical device" in (version.stdout + version.stderr).replace("\n ", "")


@pytest.mark.parametrize(("given", "used"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_numpy_starts_with_one_thread_unless_told_otherwise(given: dict[str, str], used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    code = (
        "import os, sys; from jaccardio.cli.app import main; print('numpy' in sys.modules)\ntry: main()\nfinally: print(os.environ[{!r}])"
    )
    asked = [sys.executable, "-c", code.format("OPENBLAS_NUM_THREADS"), "--version"]
    shown = subprocess.run(asked, capture_output=True, text=True, check=True, env={**os.environ, **given})
    assert [shown.stdout.splitlines()[place] for place in (0, -1)] == ["False", used]


def test_help_shows_every_command_once_under_a_title(jaccardio: Command) -> None:
    shown = jaccardio("--help").out.splitlines()
    titles = [line.removesuffix(":") for line in shown if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Options", *COMMANDS]
    rows = [line for line in shown[shown.index("Data:") :] if line.startswith("  ")]
    listed = [row.split()[0] for row in rows]
    assert sorted(listed) == sorted(words[0] for words in all_commands() if len(words) == 1)
    assert not [row for row in rows if row.endswith("...")], "the first sentence of a command fits into a line"


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_every_option_says_what_it_is(jaccardio: Command, words: list[str]) -> None:
    shown = jaccardio(*words, "--help")
    assert shown.status == 0
    assert " <path>" not in shown.out.partition("Options:")[2], "a path is named by what it holds"


def test_every_command_is_shown_in_use(pytestconfig: pytest.Config) -> None:
    documents = [pytestconfig.rootpath / "README.md", *sorted((pytestconfig.rootpath / "docs").glob("*.md"))]
    text = "\n".join(path.read_text("utf-8") for path in documents if Path(path).name != "results.md")
    unnamed = [" ".join(words) for words in all_commands() if f"jaccardio {' '.join(words)}" not in text]
    assert unnamed == []
