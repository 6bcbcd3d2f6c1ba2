"""Where the recordings of a manifest lie: paths of any spelling, and by which name a recording is known wherever its folder is moved."""

import os
import re
from pathlib import Path

from jaccardio.recording.readers.record_files import named_path


def locate(cell: str, folder: Path, allow_outside: bool) -> tuple[str, Path] | str:
    """Name and file of the recording that a cell names, or the reason why it may not be read.

    The name is its path below the manifest's folder, without the suffix of a WFDB file: equal for every way to write it. Outside of the
    folder it is the absolute path. The file is as `jaccardio.read_ecg` takes it.

    Parameters
    ----------
    cell
        Relative to `folder` or absolute, with slashes or backslashes, with or without the suffix of a WFDB file.
    allow_outside
        Whether it may lie outside of `folder`, or be a link to a file elsewhere.
    """
    path = Path(cell.replace("\\", "/"))
    if not path.name:
        return "empty"
    if os.name != "nt" and re.match(r"[A-Za-z]:", cell):
        return "leads out of the manifest's folder, to a drive of Windows; write the path below this folder"
    file = folder / path
    if path.is_absolute() or ".." in path.parts:
        file, home = Path(os.path.normpath(file.absolute())), folder.absolute()
        inside = file.is_relative_to(home)
        if not allow_outside and (".." in path.parts or not inside):
            return "leads out of the manifest's folder; copy the recording into it, or allow it with --allow-outside"
        path = file.relative_to(home) if inside else file
    return named_path(path).as_posix(), _behind_link(file) if allow_outside else file


def _behind_link(file: Path) -> Path:
    """The file that a link leads to: its signals are then looked for there."""
    for candidate in (file, file.with_name(file.name + ".hea")):
        if candidate.is_symlink():
            return candidate.resolve()
    return file
