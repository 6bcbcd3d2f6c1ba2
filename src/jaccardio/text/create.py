"""`create_text_encoder`: a text encoder by name."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.text.attributes import AttributedEncoder
from jaccardio.text.cache import CachedEncoder
from jaccardio.text.centring import CentredEncoder
from jaccardio.text.encoder import LanguageModel, TextEncoder
from jaccardio.text.huggingface import HuggingFaceEncoder
from jaccardio.text.random import RandomVectors
from jaccardio.text.readout import Readout
from jaccardio.text.stored import StoredEncoder
from jaccardio.text.table import FindingTable
from jaccardio.text.tuning import TunedEncoder
from jaccardio.text.use import UniversalSentenceEncoder

ENCODERS: Mapping[str, Callable[[Vocabulary, Sequence[str]], TextEncoder]] = {"table": FindingTable, "random": lambda *_: RandomVectors()}
"""Text encoders that are no language model, by name."""


def create_text_encoder(
    name_or_path: str,
    vocabulary: Vocabulary,
    cache: Path | None = None,
    further: Sequence[str] = (),
    *,
    readout: Readout | None = None,
    language: str = "en",
    lora_rank: int = 0,
    attributes: bool = False,
) -> TextEncoder:
    """Makes a text encoder.

    Parameters
    ----------
    name_or_path
        ``table``: a vector per finding without any language. ``random``: fixed random vectors, the control. Else as of
        `create_language_model`.
    vocabulary
        Findings and sentences; the table reads them, and languages are centred on its prompts.
    cache
        Folder in which vectors of language models are kept between runs; None keeps them in memory only.
    further
        Sentences beyond those of the vocabulary, those of measured statements: the table reads them too.
    readout
        How a language model's vectors are read.
    language
        That of the model's sentences, on which others are centred.
    lora_rank
        Above 0 the language model can be tuned (`TunedEncoder`): nothing is cached.
    attributes
        Whether the attributes of a sentence's words stand beside its vector (`AttributedEncoder`); the table has no use for them.

    Raises
    ------
    MissingError
        The model is not on this machine; the message says what to install. There is no silent fallback.
    DataError
        Its files are damaged or not those that were published.
    UsageError
        The name is none of these, the readout does not fit it, or attributes are asked for beside a tuned language model.
    """
    if attributes and name_or_path != FindingTable.name:
        if lora_rank:
            raise UsageError("model.attributes and model.lora_rank exclude each other: attributes are not tuned. Take one of them.")
        plain = create_text_encoder(name_or_path, vocabulary, cache, further, readout=readout, language=language)
        return AttributedEncoder(plain)
    if name_or_path in ENCODERS and not lora_rank:
        return ENCODERS[name_or_path](vocabulary, further)
    tuned = TunedEncoder(name_or_path, readout, lora_rank) if lora_rank else None
    model = tuned or create_language_model(name_or_path, cache, readout)
    return CentredEncoder(model, vocabulary, language) if model.centred else model


def create_language_model(name_or_path: str, cache: Path | None = None, readout: Readout | None = None) -> LanguageModel:
    """Makes a language model whose languages are not centred.

    Parameters
    ----------
    name_or_path
        ``minilm``: all-MiniLM-L6-v2, English. ``use-multilingual``: Universal Sentence Encoder, 16 languages. ``gemma3-270m``: Gemma 3
        270M. Else a file that `jaccardio text embed` wrote, or the folder, the ``.gguf`` file or the hub id of a language model, e.g.
        ``Qwen/Qwen3-8B``.

    Other parameters and errors are those of `create_text_encoder`.
    """
    readout = readout or Readout()
    file = Path(name_or_path).expanduser()
    if file.suffix == ".safetensors" and file.is_file():
        return StoredEncoder(file, readout)
    made = UniversalSentenceEncoder(readout) if name_or_path == UniversalSentenceEncoder.name else HuggingFaceEncoder(name_or_path, readout)
    return CachedEncoder(made, cache)
