"""Commands that write for other programs: export (a trained model), export-store (its data)."""

from pathlib import Path
from typing import Annotated, Any

import typer

from jaccardio.cli.options import Json, Run, StoreArgument
from jaccardio.cli.output import note, number, progress_bar, result
from jaccardio.disclaimer import DISCLAIMER


def export(
    run: Run,
    onnx: Annotated[Path, typer.Option("--onnx", metavar="FILE", help="ONNX file to write: from millivolt to scores.")],
    int8: Annotated[
        Path | None,
        typer.Option(
            metavar="STORE",
            help="Compute the encoder in int8, faster in batches. STORE is the one that the run was trained on: the "
            "command says what int8 costs in AUROC on its validation part.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Writes a model as an ONNX file that was tried.

    The file takes millivolt at the model's rate and centres leads, cuts windows and averages over them as `jaccardio predict` does.
    """
    from jaccardio.prediction.export_onnx import export_onnx
    from jaccardio.prediction.predictor import Predictor

    note(DISCLAIMER)
    predictor = Predictor.from_pretrained(run, "cpu")
    contract, findings = predictor.contract, len(predictor.vocabulary)
    document: dict[str, Any] = {"out": str(onnx), "sampling_rate": contract.sampling_rate, "findings": findings}
    lines = [f"{onnx}: signal (n, 12, samples) in millivolt at {contract.sampling_rate:g} Hz to scores (n, {findings})"]
    if int8 is None:
        difference = export_onnx(predictor, onnx)
        document["largest_difference"] = difference
        lines.append(f"equal to `jaccardio predict` within {difference:.1e} at three numbers and lengths of ECGs")
    else:
        from jaccardio.cohort.store import Store
        from jaccardio.experiments.export_int8 import export_int8
        from jaccardio.training.run_folder import RunFolder

        cost = export_int8(RunFolder.open(run), predictor, Store.open(int8), onnx)
        document |= vars(cost)
        exact, small = number(cost.macro_auroc), number(cost.macro_auroc_int8)
        lines.append(f"encoder in int8: validation macro-AUROC {small}, in float32 {exact}")
        lines.append(f"scores differ from `jaccardio predict` by up to {cost.largest_difference:.1e} at three numbers and lengths of ECGs")
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
