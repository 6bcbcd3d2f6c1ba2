"""Build the documentation as a site: README.md and docs/ are laid out in build/pages, and zensical turns them into build/site.

    python scripts/docs_site.py      # or: make docs

Links are written for GitHub's rendering. The README is the first page, so links from it and to it are turned here. A page, heading or name
that does not exist ends the build with status 1.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def lay_out(pages: Path) -> None:
    """Copy README.md, docs/ and what the README links to into the folder `pages`, with links as they hold there."""
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(ROOT / "docs", pages)
    shutil.copy(ROOT / "CITATION.cff", pages)
    (pages / "index.md").write_text((ROOT / "README.md").read_text("utf-8").replace("](docs/", "]("), "utf-8")
    for page in pages.glob("*.md"):
        page.write_text(page.read_text("utf-8").replace("](../README.md", "](index.md"), "utf-8")


def main() -> int:
    lay_out(ROOT / "build/pages")
    return subprocess.run([sys.executable, "-m", "zensical", "build", "--strict", "--clean"], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
