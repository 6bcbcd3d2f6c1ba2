"""Commands that write for other programs: export (a trained model), export-store (its data)."""

from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.options import Json, Run, StoreArgument
from jaccardio.cli.output import note, progress_bar, result
from jaccardio.disclaimer import DISCLAIMER


def export(
    run: Run,
    onnx: Annotated[Path, typer.Option("--onnx", metavar="FILE", help="ONNX file to write: from millivolt to scores.")],
    json: Json = False,
) -> None:
    """Writes a model as an ONNX file that was tried.

    The file takes millivolt at the model's rate and centres leads, cuts windows and averages over them as `jaccardio predict` does.
    """
    from jaccardio.prediction.export_onnx import export_onnx
    from jaccardio.prediction.predictor import Predictor

    note(DISCLAIMER)
    predictor = Predictor.from_pretrained(run, "cpu")
    difference = export_onnx(predictor, onnx)
    contract, findings = predictor.contract, len(predictor.vocabulary)
    lines = [
        f"{onnx}: signal (n, 12, samples) in millivolt at {contract.sampling_rate:g} Hz to scores (n, {findings})",
        f"equal to `jaccardio predict` within {difference:.1e} at three numbers and lengths of ECGs",
    ]
    document = {"out": str(onnx), "sampling_rate": contract.sampling_rate, "findings": findings, "largest_difference": difference}
    result(document, lines, json)


def export_store(
    store: StoreArgument,
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="New folder.")],
    to: Annotated[str, typer.Option(metavar="FORMAT", help="hf (Hugging Face datasets), parquet or wfdb.")],
    json: Json = False,
) -> None:
    """Writes a store for other programs.

    One row or record is one window of an ECG. Unknown labels stay null, and so do leads that were not recorded.
    """
    from jaccardio.cohort.export import export_store as write

    with progress_bar("exporting") as progress:
        ecgs = write(store, out, to, progress)
    result({"store": str(store), "out": str(out), "format": to, "ecgs": ecgs}, [f"{ecgs} ECGs as {to}: {out}"], json)
