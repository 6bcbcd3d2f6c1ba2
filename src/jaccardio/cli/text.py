"""Commands on language models: text embed, text knowledge."""

from json import dumps as quoted
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jaccardio.cli.options import Json, Replicates, Settings, VocabularyName, optional_store
from jaccardio.cli.output import estimate, note, progress_bar, result, resumable
from jaccardio.errors import UsageError

if TYPE_CHECKING:
    from jaccardio.cohort.store import Store
    from jaccardio.findings.vocabulary import Vocabulary
    from jaccardio.text.encoder import LanguageModel

text = typer.Typer(
    name="text", help="Embeds sentences by a language model, asks what it knows.", no_args_is_help=True, rich_markup_mode=None
)
"""What language models are needed for, on a machine that has them."""


@text.command()
def embed(
    model: Annotated[str, typer.Option(metavar="NAME|FOLDER|FILE", help="Language model, as model.text names it.")],
    vocabulary: VocabularyName,
    out: Annotated[Path, typer.Option(metavar="FILE", help=".safetensors file to write, or to add to.")],
    language: Annotated[
        list[str] | None, typer.Option("--language", metavar="NAME", help="Of the sentences, en if not given; may be given several times.")
    ] = None,
    store: Annotated[Path | None, optional_store("Its captions too: methods with statements of records need them.")] = None,
    sentences: Annotated[Path | None, typer.Option("--sentences", metavar="FILE", help="Text file of more sentences, one a line.")] = None,
    settings: Settings = None,
    json: Json = False,
) -> None:
    """Writes the vectors of sentences into a file that model.text can name on machines without the language model.

    Of the vocabulary it takes prompts, denials and the names of groups; --set takes keys of model.readout. After an interruption the same
    command goes on.
    """
    from jaccardio.findings.vocabulary import Vocabulary
    from jaccardio.findings.wording import Wording
    from jaccardio.text.embed import embed_sentences

    loaded = Vocabulary.load(vocabulary)
    opened = None if store is None else _opened(store, loaded)
    wanted = [] if sentences is None else _lines(sentences)
    for code in language or ["en"]:
        wanted += Wording.of(loaded).sentences(code)
        wanted += [] if opened is None else loaded.captions(opened.labels, code)
    encoder = _language_model(model, settings, None)
    with resumable("The same command goes on where it was."), progress_bar("embedding") as progress:
        held, new = embed_sentences(encoder, wanted, out, progress)
    lines = [f"{out}: {held} sentences, {new} of them new, {encoder.dimension} numbers each", f"use it with --set model.text={out}"]
    document = {"out": str(out), "model": encoder.name, "fingerprint": encoder.fingerprint, "dimension": encoder.dimension}
    result(document | {"sentences": held, "new": new}, lines, json)


@text.command()
def knowledge(
    model: Annotated[
        list[str], typer.Option(metavar="NAME|FOLDER|FILE", help="Language model, as model.text names it; may be given several times.")
    ],
    vocabulary: VocabularyName,
    store: Annotated[Path | None, optional_store("Its training part says which findings occur together.")] = None,
    language: Annotated[str, typer.Option("--language", metavar="NAME", help="Of the prompts.")] = "en",
    replicates: Replicates = 1000,
    settings: Settings = None,
    json: Json = False,
) -> None:
    """Measures what language models know of ECGs before any training, against random vectors.

    Are related findings nearer to each other than others, are those that occur together, and is a finding nearest to itself in another
    language? --set takes keys of model.readout. Vectors are kept in the cache, as those of training are.
    """
    from jaccardio.cohort.split import load_split
    from jaccardio.experiments.knowledge import probe_knowledge
    from jaccardio.files import user_cache
    from jaccardio.findings.vocabulary import Vocabulary

    loaded, labels = Vocabulary.load(vocabulary), None
    if store is not None:
        opened = _opened(store, loaded)
        if (split := load_split(opened)) is None:
            raise UsageError(f"{store}: has no split, so no training part. Run `jaccardio split {store}`.")
        labels = opened.labels[opened.rows_of(list(split.parts["train"]))]
    encoders = [_language_model(name, settings, user_cache()) for name in model]
    found = probe_knowledge(encoders, loaded, language, labels, replicates)
    for name, reason in found.left_out.items():
        note(f"left out, {name}: {reason}")
    width = max(len(row.model) for row in found.rows)
    lines = [f"{row.model:{width}}  {row.metric:22}  {estimate(row.estimate)}" for row in found.rows]
    result({"vocabulary": loaded.name, "rows": [row.to_dict() for row in found.rows], "left_out": found.left_out}, lines, json)


def _language_model(name: str, settings: list[str] | None, cache: Path | None) -> "LanguageModel":
    """A language model, read as --set says."""
    from jaccardio.text.create import create_language_model
    from jaccardio.training.config import load_preset

    if strange := [setting for setting in settings or [] if not setting.startswith("model.readout.")]:
        raise UsageError(f"--set {strange[0]!r}: only keys of model.readout change vectors, for example model.readout.layer=12.")
    config = load_preset("jaccardio", [f"model.text={quoted(name)}", *(settings or [])]).model
    return create_language_model(config.text, cache, config.readout)


def _opened(path: Path, vocabulary: "Vocabulary") -> "Store":
    """A store of a vocabulary."""
    from jaccardio.cohort.store import Store

    store = Store.open(path)
    if store.vocabulary.sha256 != vocabulary.sha256:
        raise UsageError(f"{path}: holds vocabulary {store.vocabulary.name}, or another version of it, not {vocabulary.name}.")
    return store


def _lines(path: Path) -> list[str]:
    try:
        found = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: no UTF-8 text. Save it as UTF-8, one sentence a line.") from error
    return [line for line in found if line]
