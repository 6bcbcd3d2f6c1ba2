"""Faults that users of neighbouring projects reported and that were met here too: the cases that lie beside the real recordings.

Left out are those that take longest, 15 s to minutes of CPU each: four that train a model, and one of five ingests. The tests of their
rooms hold what they ask for.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(os.environ.get("JACCARDIO_DATA", "nowhere")) / "reported"
SLOW = ("diverged-training", "huge-declared-length", "lead-name-dialects", "plot-overwritten", "search-unknown-script")
TRIES = [file for file in sorted(CASES.glob("*/try.sh")) if file.parent.name not in SLOW]
PROGRAM = Path(sys.executable).with_name("jaccardio")


def lacking(case: Path) -> list[str]:
    """What a published copy of a case may lack: files that it names, and links, which stand there as text."""
    named = re.findall(r'HERE / "([^"]+)"', (case / "try.sh").read_text())
    texts = [file for file in case.rglob("*") if file.is_file() and not file.suffix and file.stat().st_size < 256]
    links = [file for file in texts if (file.parent / file.read_text("utf-8", "replace").strip()).is_dir()]
    return [name for name in named if not (case / name).exists()] + [str(link.relative_to(case)) for link in links]


@pytest.mark.skipif(not PROGRAM.is_file(), reason="jaccardio is not installed beside this Python")
@pytest.mark.parametrize("case", [file.parent for file in TRIES], ids=lambda case: case.name)
def test_what_was_reported_stays_mended(case: Path) -> None:
    if missing := lacking(case):
        pytest.skip(f"this copy lacks {', '.join(missing)}")
    done = subprocess.run(["bash", case / "try.sh", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
