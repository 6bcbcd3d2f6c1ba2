"""Gives the project its public address before a release:  python scripts/public_address.py https://github.com/OWNER/jaccardio

Adds the project's URLs to pyproject.toml and makes the links of README.md absolute: an index shows it without the files beside it.
"""

import re
import sys
from pathlib import Path

URLS = """[project.urls]
Homepage = "{0}"
Documentation = "{0}/tree/main/docs"
Changelog = "{0}/blob/main/CHANGELOG.md"
Issues = "{0}/issues"

"""


def publish(folder: Path, address: str) -> None:
    """Writes the address into both files of a checkout."""
    readme, project = folder / "README.md", folder / "pyproject.toml"
    text = re.sub(r"(!\[[^\]]*\]\()(?!https?:)", rf"\1{address}/raw/main/", readme.read_text("utf-8"))
    text = re.sub(r"(?<!!)(\[[^\]]*\]\()(?!https?:|#)", rf"\1{address}/blob/main/", text)
    readme.write_text(text, "utf-8")
    before, options, after = project.read_text("utf-8").partition("[project.optional-dependencies]")
    if "[project.urls]" in before or not options:
        raise SystemExit(f"{project}: has URLs already, or is not as this script knows it.")
    project.write_text(before + URLS.format(address) + options + after, "utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not re.fullmatch(r"https://[^\s\"]+[^\s\"/]", sys.argv[1]):
        raise SystemExit(__doc__)
    publish(Path(__file__).parents[1], sys.argv[1])
