"""The measure command: what is measured in ECG files, and the statements that it makes true."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jaccardio.cli.ecg_files import done_with_each, exit_partly
from jaccardio.cli.options import Json
from jaccardio.cli.output import note, result
from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from jaccardio.recording.recording import Recording


def measure(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE", help="ECG files, or folders: every ECG in and below them.")] = None,
    language: Annotated[str, typer.Option(metavar="LANGUAGE", help="Of the statements: en or ja.")] = "en",
    statements: Annotated[bool, typer.Option("--statements", help="List all statements with codes and thresholds.")] = False,
    json: Json = False,
) -> None:
    """Measures ECG files and says in words what holds.

    A file that cannot be read is listed and stops nothing.
    """
    from jaccardio.measurement.measure import measure_recording
    from jaccardio.measurement.statements import LANGUAGES
    from jaccardio.recording.readers import read_ecg

    if language not in LANGUAGES:
        raise UsageError(f"--language must be one of {', '.join(LANGUAGES)}, got {language!r}.")
    if statements:
        _list_statements(language, json)
        return
    if not files:
        raise UsageError("no ECG file named. Name files or folders, or ask for --statements.")
    note(DISCLAIMER)
    document: dict[str, Any] = {}
    lines: list[str] = []

    def of(file: Path) -> None:
        recording = read_ecg(file)
        values = measure_recording(recording)
        document[str(file)] = _document(values)
        lines.extend([f"{file}", *_lines(recording, values, language)])

    failures = done_with_each(files, "measuring", of)
    result(document, lines, json)
    exit_partly(failures, bool(document))


def _list_statements(language: str, json: bool) -> None:
    from jaccardio.measurement.statements import measured_statements

    found = {
        code: {
            "truth": [str(condition) for condition in statement.conditions],
            "sentence": statement.sentences[language],
            "denial": statement.denials[language],
            "source": statement.source,
        }
        for code, statement in measured_statements().items()
    }
    lines = [f"{code}: {'; '.join(entry['truth'])}: {entry['sentence']}" for code, entry in found.items()]
    result(found, [] if json else lines, json)


def _document(values: "NDArray[np.float32]") -> dict[str, Any]:
    """Measurements by name and degrees of truth by code; null is unknown."""
    from jaccardio.measurement.measure import MEASUREMENTS
    from jaccardio.measurement.statements import measured_statements, truths

    degrees = truths(values[None])[0]
    return {
        "measurements": {name: _known(value) for name, value in zip(MEASUREMENTS, values.tolist(), strict=True)},
        "statements": {code: _known(degree) for code, degree in zip(measured_statements(), degrees.tolist(), strict=True)},
    }


def _known(value: float) -> float | None:
    return None if value != value else round(value, 4)


def _lines(recording: "Recording", values: "NDArray[np.float32]", language: str) -> list[str]:
    """Numbers with units, the statements that hold, surest first, and what is unknown."""
    import numpy as np

    from jaccardio.measurement.measure import MEASUREMENTS
    from jaccardio.measurement.statements import measured_statements, truths
    from jaccardio.recording.leads import LEADS

    if np.isnan(values).all():
        return ["  unknown: too short, too noisy, or fewer than three beats alike"]
    lines = []
    whole = {name: value for name, value in zip(MEASUREMENTS, values.tolist(), strict=True) if "." not in name}
    for name, value in whole.items():
        unit, meaning = MEASUREMENTS[name]
        lines.append(f"  {name}: {'unknown' if value != value else f'{value:.4g} {unit}'.rstrip()}  ({meaning})")
    degrees = truths(values[None])[0]
    found = sorted(zip(measured_statements().values(), degrees.tolist(), strict=True), key=lambda pair: -pair[1] if pair[1] >= 0.5 else 0)
    lines += [f"  {degree:.2f}  {statement.sentences[language]}" for statement, degree in found if degree >= 0.5]
    measured = dict(zip(MEASUREMENTS, values.tolist(), strict=True))
    for lead, recorded in zip(LEADS, recording.lead_mask, strict=True):
        if not recorded or measured[f"peak_to_peak.{lead}"] != measured[f"peak_to_peak.{lead}"]:
            lines.append(f"  unknown: {lead}: {'too noisy' if recorded else 'not recorded'}")
    return lines
