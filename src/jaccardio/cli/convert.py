"""`convert`: ECG files of any format as WFDB, DICOM or NPZ, without what tells whose they are."""

from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.options import Json
from jaccardio.cli.output import note, result
from jaccardio.errors import UsageError


def convert(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="ECG files, folders or zip archives.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", file_okay=False, help="Folder for what this writes; made if absent.")],
    to: Annotated[str, typer.Option(metavar="FORMAT", help="wfdb, dicom or npz.")],
    json: Json = False,
) -> None:
    """Writes ECGs as WFDB, DICOM or NPZ, de-identified.

    Only samples, lead names, unit and rate are written; files are named by a hash of the waveform, and which came from which file is told
    here alone. Sampling rate and voltages stay as they are; missing limb leads are added.
    """
    from jaccardio.cli.ecg_files import done_with_each, exit_partly
    from jaccardio.recording.readers import read_ecg
    from jaccardio.recording.waveform import waveform_hash
    from jaccardio.recording.writers import WRITERS

    if to not in WRITERS:
        raise UsageError(f"--to {to}: write {', '.join(WRITERS)}.")
    written: dict[str, str] = {}

    def write(file: Path) -> None:
        recording = read_ecg(file)
        written[str(file)] = str(WRITERS[to](out / waveform_hash(recording)[:16], recording))

    failures = done_with_each(files, "converting", write)
    lines = [f"{file} -> {made}" for file, made in written.items()]
    result({"out": str(out), "format": to, "written": written}, lines, json)
    note(
        f"{len(written)} ECGs written to {out}, {len(failures)} rejected. Keep the list of files above secret: it tells whose ECG is which."
    )
    exit_partly(failures, bool(written))
