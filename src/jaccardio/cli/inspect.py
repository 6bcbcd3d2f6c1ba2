"""The inspect command: what one ECG file holds, what is done to it, and what the checks of quality find."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jaccardio.cli.options import Json
from jaccardio.cli.output import note, result
from jaccardio.disclaimer import DISCLAIMER

if TYPE_CHECKING:
    from jaccardio.recording.recording import Recording


def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="ECG file of any format, also ARCHIVE.zip/FILE; or a WFDB record's name.")],
    plot: Annotated[
        Path | None,
        typer.Option(metavar="PICTURE", help="Also draw the ECG on paper: .png, .svg or .pdf, never in another's place."),
    ] = None,
    json: Json = False,
) -> None:
    """Shows what one ECG file holds, and what is done to it.

    Read are WFDB and every format of docs/formats.md, recognised by what the file holds. Quality is judged as ingest judges it.
    """
    from jaccardio.recording.leads import LEADS
    from jaccardio.recording.preprocessing import SignalContract
    from jaccardio.recording.readers import read_ecg
    from jaccardio.recording.readers.record_files import record_name
    from jaccardio.recording.steps import model_steps, reading_steps

    note(DISCLAIMER)
    recording = read_ecg(file)
    read, prepared = reading_steps(recording), model_steps(recording, SignalContract())
    leads = [
        {"lead": lead, "recorded": bool(mask), "minimum_mv": round(float(row.min()), 3), "maximum_mv": round(float(row.max()), 3)}
        for lead, mask, row in zip(LEADS, recording.lead_mask, recording.signal, strict=True)
    ]
    document = {
        "file": str(file),
        "format": recording.format,
        "sampling_rate": recording.sampling_rate,
        "samples": recording.signal.shape[1],
        "seconds": round(recording.seconds, 3),
        "millivolt_per_count": recording.millivolt_per_count,
        "steps": {"read": read, "for models": prepared},
        "flags": list(recording.flags),
        "quality": (quality := _quality(recording)),
        "leads": leads,
    }
    size = f"{recording.signal.shape[1]} samples at {recording.sampling_rate:g} Hz, {recording.seconds:.1f} s"
    lines = [f"{file}: {recording.format}, {size}"]
    lines += [
        f"  {lead['lead']:<4} {lead['minimum_mv']:8.3f} to {lead['maximum_mv']:7.3f} mV" + ("" if lead["recorded"] else "  not recorded")
        for lead in leads
    ]
    lines += [f"  read: {step}" for step in read] + [f"  for models: {step}" for step in prepared]
    lines += [f"  flag: {flag}" for flag in recording.flags]
    lines += [
        f"  quality: {name}: {found['value']:.3g}, above {found['threshold']:g}; {found['measures']}"
        for name, found in quality.items()
        if found["found"]
    ]
    if plot is not None:
        from jaccardio.recording.paper_plot import plot_ecg
        from jaccardio.recording.picture_names import check_replaceable

        check_replaceable(plot, recording)
        plot_ecg(recording, plot, title=record_name(file))
        lines.append(f"drawn to {plot}")
    result(document, lines, json)


def _quality(recording: "Recording") -> dict[str, dict[str, Any]]:
    """Every check with its number, None where the recording does not tell; empty where it is refused as a whole."""
    from jaccardio.errors import ReadError
    from jaccardio.measurement.measure import measure_recording
    from jaccardio.measurement.quality import check_recording
    from jaccardio.recording.checks.table import CHECKS
    from jaccardio.recording.preprocessing import SignalContract

    try:
        prepared = SignalContract().apply(recording)
    except ReadError:  # the steps say so
        return {}
    values = check_recording(recording, prepared, measure_recording(recording), CHECKS).values
    return {
        name: {
            "value": None if value != value else round(float(value), 4),
            "measures": f"{check.measures}{check.unit and f', {check.unit}'}",
            "threshold": check.threshold,
            "found": bool(value > check.threshold),
        }
        for (name, check), value in zip(CHECKS.items(), values, strict=True)
    }
