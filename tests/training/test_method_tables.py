"""The tables of methods and presets in README.md and docs/methods.md are those that the code would write."""

import runpy
from pathlib import Path

import pytest

from jaccardio.contrast.methods import METHODS
from jaccardio.markdown import renewed
from jaccardio.training.config import presets

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "method_tables.py"))


@pytest.mark.parametrize("file", SCRIPT["FILES"], ids=lambda file: file.name)
def test_tables_are_up_to_date(file: Path) -> None:
    text = file.read_text("utf-8")
    assert "<!-- " in text
    assert renewed(text, SCRIPT["tables"]()) == text, f"{file.name} is stale: python scripts/method_tables.py"


def test_every_table_stands_somewhere_and_is_complete() -> None:
    texts = "".join(file.read_text("utf-8") for file in SCRIPT["FILES"])
    for name in SCRIPT["tables"]():
        assert f"<!-- {name} -->" in texts
        assert f"<!-- /{name} -->" in texts
    assert all(f"\n| `{name}` | " in texts for name in (*METHODS, *presets()))


def test_old_tables_are_replaced_and_all_else_is_kept() -> None:
    text = renewed("before\n<!-- presets -->\n| old |\n<!-- /presets -->\nafter\n", SCRIPT["tables"]())
    assert text.startswith("before\n<!-- presets -->\n| preset | method |")
    assert text.endswith(" |\n<!-- /presets -->\nafter\n")
    assert "old" not in text
