"""A release's address: URLs in the metadata, links that an index can follow."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from scripts.public_address import publish

ROOT = Path(__file__).parents[1]
ADDRESS = "https://example.org/owner/jaccardio"


def test_all_links_are_absolute_and_lead_to_files(tmp_path: Path) -> None:
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    publish(tmp_path, ADDRESS)
    links = [link for link in re.findall(r"\]\(([^)]+)\)", (tmp_path / "README.md").read_text("utf-8")) if not link.startswith("#")]
    assert all(link.startswith("https://") for link in links)
    ours = [link.removeprefix(ADDRESS).partition("#")[0] for link in links if link.startswith(ADDRESS)]
    assert len(ours) > 10
    assert all((ROOT / re.sub(r"^/(raw|blob)/main/", "", path)).exists() for path in ours)
    assert any(path.startswith("/raw/main/docs/images/") for path in ours)
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["urls"]["Homepage"] == ADDRESS
    assert project["optional-dependencies"]
    with pytest.raises(SystemExit, match="URLs already"):
        publish(tmp_path, ADDRESS)
