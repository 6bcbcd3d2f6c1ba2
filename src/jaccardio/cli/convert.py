"""`convert`: ECG files of any format as WFDB, DICOM or NPZ, without what tells whose they are."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.options import Json
from jaccardio.cli.output import note, progress_bar, result
from jaccardio.errors import MissingError, UsageError


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
    from jaccardio.cli.ecg_files import Failures, each_once, exit_partly, say_rejected
    from jaccardio.recording.readers import read_ecg
    from jaccardio.recording.waveform import waveform_hash
    from jaccardio.recording.writers import WRITERS

    if to not in WRITERS:
        raise UsageError(f"--to {to}: write {', '.join(WRITERS)}.")
    failures: Failures = []
    written: dict[str, str] = {}
    chosen = list(each_once(files, failures))
    with progress_bar("converting") if len(chosen) > 1 else nullcontext(None) as progress:
        for number, file in enumerate(chosen, 1):
            try:
                recording = read_ecg(file)
                written[str(file)] = str(WRITERS[to](out / waveform_hash(recording)[:16], recording))
            except MissingError:
                raise  # the machine's fault: a package that is not installed, a full disk
            except Exception as error:  # one file must not stop the others
                failures.append((file, error))
            if progress is not None:
                progress(number, len(chosen))
    say_rejected(failures)
    lines = [f"{file} -> {made}" for file, made in written.items()]
    result({"out": str(out), "format": to, "written": written}, lines, json)
    note(
        f"{len(written)} ECGs written to {out}, {len(failures)} rejected. Keep the list of files above secret: it tells whose ECG is which."
    )
    exit_partly(failures, bool(written))
