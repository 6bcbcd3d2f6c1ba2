"""Names of the pictures of many ECGs in one folder: one name a recording, and no picture in the place of another ECG's."""

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from jaccardio.errors import UsageError
from jaccardio.recording.readers.record_files import record_name
from jaccardio.recording.recording import Recording
from jaccardio.recording.waveform import waveform_hash


def picture_names(files: Sequence[Path]) -> list[str]:
    """A name for each picture, without suffix: that of the record, or its path below the folder common to all where two share one.

    No two are equal, also on file systems that ignore the case of letters and the forms of accents.
    """
    names = [record_name(file) for file in files]
    if len({_folded(name) for name in names}) < len(names):  # two hospitals may both have a 0001
        folders = [file.absolute().parent for file in files]
        common = os.path.commonpath(folders)
        names = ["-".join((*folder.relative_to(common).parts, name)) for folder, name in zip(folders, names, strict=True)]
    taken: set[str] = set()
    unique = []
    for name in names:
        numbered, number = name, 1
        while _folded(numbered) in taken:
            number += 1
            numbered = f"{name}-{number}"
        taken.add(_folded(numbered))
        unique.append(numbered)
    return unique


def check_replaceable(picture: Path, recording: Recording) -> None:
    """Refuses to replace a file that is not an earlier picture of the same ECG.

    Raises
    ------
    UsageError
        Another ECG's picture, or something else, has this name.
    """
    if not os.path.lexists(picture):
        return
    if not picture.is_file() or waveform_hash(recording).encode() not in picture.read_bytes():
        raise UsageError(f"{picture}: exists and is not a picture of this ECG; it is left as it is. Name another place for pictures.")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
