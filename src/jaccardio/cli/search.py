"""Commands that read a store with a model: embed, search."""

from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.options import Device, IdTable, Json, On, Run, StoreOption
from jaccardio.cli.output import progress_bar, result, warn
from jaccardio.errors import UsageError
from jaccardio.on_ray import PROCESSES, on_ray


def embed(
    run: Run,
    store: StoreOption,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Parquet file to write.")],
    id_table: IdTable = None,
    on: On = PROCESSES,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Writes the encoder's features of all ECGs of a store."""
    from jaccardio.cohort.id_table import load_id_table
    from jaccardio.cohort.store import Store
    from jaccardio.prediction.embed import write_embeddings
    from jaccardio.prediction.predictor import Predictor
    from jaccardio.prediction.store_signals import incomplete_ecgs

    ray = run if on_ray(on) else None
    ids = load_id_table(id_table)
    predictor, opened = Predictor.from_pretrained(run, device), Store.open(store)
    warn(incomplete_ecgs(predictor, opened))
    with progress_bar("embedding") as progress:
        records, dimension = write_embeddings(predictor, opened, out, progress, ids, ray)
    lines = [f"{records} embeddings of {dimension} numbers written to {out}"]
    result({"out": str(out), "records": records, "dimension": dimension}, lines, json)


def search(
    run: Run,
    sentence: Annotated[str, typer.Argument(metavar="SENTENCE", help='For example "This ECG shows atrial fibrillation."')],
    store: StoreOption,
    top: Annotated[int, typer.Option(min=1, help="Number of ECGs to show.")] = 10,
    id_table: IdTable = None,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Finds the ECGs of a store that best fit a sentence.

    By what the model learned of a finding, or by the statements that define it.
    """
    from jaccardio.cohort.id_table import load_id_table
    from jaccardio.cohort.store import Store
    from jaccardio.prediction.ask import definition_sought, names_trained
    from jaccardio.prediction.predictor import Predictor
    from jaccardio.prediction.search import Index
    from jaccardio.prediction.store_signals import incomplete_ecgs

    if not sentence.isprintable():
        raise UsageError("the sentence holds control characters or is no UTF-8 text. Write it in plain letters.")
    ids = load_id_table(id_table)
    predictor, opened = Predictor.from_pretrained(run, device), Store.open(store)
    warn(incomplete_ecgs(predictor, opened))
    if definition_sought(predictor, sentence) is None:
        predictor.text_vectors([sentence])  # one that cannot be read is refused before any ECG is embedded
        if not names_trained(predictor, sentence):
            warn(["the sentence names no finding that the model learned and nothing that is measured: the order is a guess"])
    with progress_bar("searching") as progress:
        hits = Index(predictor, opened, progress).search(predictor, sentence, top)
    lines = [f"{hit.similarity:8.3f}  {hit.recording_id}  {', '.join(hit.findings)}" for hit in hits]
    document = [vars(hit) for hit in hits]
    if ids is not None:
        paths = ids.paths_of(hit.recording_id for hit in hits)
        lines = [f"{line}  {path or 'not in the table of ids'}" for line, path in zip(lines, paths, strict=True)]
        document = [entry | {"path": path} for entry, path in zip(document, paths, strict=True)]
    result(document, lines, json)
