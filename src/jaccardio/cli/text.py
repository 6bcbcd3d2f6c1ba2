"""Commands on language models: text embed."""

from json import dumps as quoted
from pathlib import Path
from typing import Annotated

import typer

from jaccardio.cli.options import Json, Settings, VocabularyName
from jaccardio.cli.output import progress_bar, result, resumable
from jaccardio.errors import UsageError

text = typer.Typer(name="text", help="Embeds sentences with a language model.", no_args_is_help=True, rich_markup_mode=None)
"""What language models are needed for, on a machine that has them."""


@text.callback()
def group() -> None:
    """Embeds sentences with a language model."""


@text.command()
def embed(
    model: Annotated[str, typer.Option(metavar="NAME|FOLDER|FILE", help="Language model, as model.text names it.")],
    vocabulary: VocabularyName,
    out: Annotated[Path, typer.Option(metavar="FILE", help=".safetensors file to write, or to add to.")],
    language: Annotated[
        list[str] | None, typer.Option("--language", metavar="NAME", help="Of the sentences, en if not given; may be given several times.")
    ] = None,
    store: Annotated[
        Path | None, typer.Option("--store", metavar="STORE", help="Its captions too: methods with statements of records need them.")
    ] = None,
    sentences: Annotated[Path | None, typer.Option("--sentences", metavar="FILE", help="Text file of more sentences, one a line.")] = None,
    settings: Settings = None,
    json: Json = False,
) -> None:
    """Writes the vectors of sentences into a file that model.text can name on machines without the language model.

    Of the vocabulary it takes prompts, denials and the names of groups; --set takes keys of model.readout. After an interruption the same
    command goes on.
    """
    from jaccardio.cohort.store import Store
    from jaccardio.findings.vocabulary import Vocabulary
    from jaccardio.findings.wording import Wording
    from jaccardio.text.create import create_language_model
    from jaccardio.text.embed import embed_sentences
    from jaccardio.training.config import load_preset

    if strange := [setting for setting in settings or [] if not setting.startswith("model.readout.")]:
        raise UsageError(f"--set {strange[0]!r}: only keys of model.readout change vectors, for example model.readout.layer=12.")
    config = load_preset("jaccardio", [f"model.text={quoted(model)}", *(settings or [])]).model
    loaded = Vocabulary.load(vocabulary)
    opened = None if store is None else Store.open(store)
    if opened is not None and opened.vocabulary.sha256 != loaded.sha256:
        raise UsageError(f"{store}: holds vocabulary {opened.vocabulary.name}, or another version of it, not {loaded.name}.")
    wanted = [] if sentences is None else _lines(sentences)
    for code in language or ["en"]:
        wanted += Wording.of(loaded).sentences(code)
        wanted += [] if opened is None else loaded.captions(opened.labels, code)
    encoder = create_language_model(config.text, None, config.readout)
    with resumable("The same command goes on where it was."), progress_bar("embedding") as progress:
        held, new = embed_sentences(encoder, wanted, out, progress)
    lines = [f"{out}: {held} sentences, {new} of them new, {encoder.dimension} numbers each", f"use it with --set model.text={out}"]
    document = {"out": str(out), "model": encoder.name, "fingerprint": encoder.fingerprint, "dimension": encoder.dimension}
    result(document | {"sentences": held, "new": new}, lines, json)


def _lines(path: Path) -> list[str]:
    try:
        found = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: no UTF-8 text. Save it as UTF-8, one sentence a line.") from error
    return [line for line in found if line]
