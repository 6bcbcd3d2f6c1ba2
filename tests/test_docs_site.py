"""The pages of the documentation: links that hold on GitHub, navigation, public names. `make test` builds the site itself, strictly."""

import re
from pathlib import Path

import pytest
from scripts.docs_site import ROOT, lay_out

import jaccardio

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_hold_as_github_shows_them(page: Path) -> None:
    for link, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([\w-]+))?\)", page.read_text("utf-8")):
        target = page.parent / link if link else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), f"{link}#{anchor}"


def test_every_page_stands_in_the_navigation_once(tmp_path: Path) -> None:
    lay_out(tmp_path / "pages")
    listed = re.findall(r"([\w./-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(page.relative_to(tmp_path / "pages").as_posix() for page in (tmp_path / "pages").rglob("*.md"))


def test_every_public_name_has_its_entry() -> None:
    entries = re.findall(r"^::: (\S+)$", (ROOT / "docs/api.md").read_text("utf-8"), re.MULTILINE)
    assert len(set(entries)) == len(entries)
    public = {f"{getattr(jaccardio, name).__module__}.{name}" for name in jaccardio.__all__ if name != "__version__"}
    assert public <= set(entries), public - set(entries)
