"""GGUF files: converted once into a folder that loads like any language model's, and kept in the user's cache.

transformers takes minutes to read tokenizer and weights of a GGUF file. So that is done once: the folder holds the dequantised weights in
float32, tokenizer and configuration, is named by the SHA-256 of the file, and appears whole or not at all.
"""

import hashlib
import importlib.util
import logging
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jaccardio.checksums import Manifest, write_manifest
from jaccardio.errors import DataError, MissingError
from jaccardio.files import sha256_file, sync_folder, user_cache
from jaccardio.locks import locked, remove_unfinished
from jaccardio.text.loading import LOCAL, named_failure, quiet_transformers, refuse_missing

logger = logging.getLogger(__name__)

FORMAT = "jaccardio-language-model-1"
MAGIC = b"GGUF"
PACKAGES = ("gguf", "accelerate")


def converted_gguf(parts: Sequence[Path], published: str | None = None) -> Path:
    """The folder of a GGUF file's language model, converted now if it is not there.

    Parameters
    ----------
    parts
        The file, or the pieces that make it one after another.
    published
        SHA-256 that the file must have; None: it is the user's own.

    Raises
    ------
    DataError
        The file is no GGUF, is cut off or damaged, not the published one, or of a kind that transformers cannot read from GGUF.
    MissingError
        The packages that read GGUF are not installed, or there is no place for the folder.
    """
    cache, name = user_cache(), str(parts[0])
    if cache is None:
        raise MissingError(f"{name}: no place for the converted model. Name a folder by the environment variable JACCARDIO_CACHE.")
    whole = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            hashlib.file_digest(file, lambda: whole)  # goes on where the part before ended
    if published not in (None, whole.hexdigest()):
        raise DataError(f"{name}: is not that of the published model (SHA-256 {str(published)[:12]}…); install it again.")
    folder = cache / "models" / whole.hexdigest()[:32]
    with locked(folder.with_suffix(".lock"), str(folder), wait=True):
        if not folder.is_dir():
            remove_unfinished(folder.parent, folder.name)
            workspace = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".tmp"))
            try:
                _convert(parts, workspace / "new")
                (workspace / "new").rename(folder)
                sync_folder(folder.parent)
            finally:
                shutil.rmtree(workspace, ignore_errors=True)
    remedy = f"Remove {folder}: it is made again."
    for listed, entry in Manifest.read(folder, FORMAT, remedy).files.items():
        if not (folder / listed).is_file() or sha256_file(folder / listed) != entry["sha256"]:
            raise DataError(f"{folder / listed}: damaged, its SHA-256 is not the one that it was written with. {remedy}")
    return folder


def _convert(parts: Sequence[Path], out: Path) -> None:
    """Writes config.json, tokenizer.json, model.safetensors and the manifest."""
    name = str(parts[0])
    with parts[0].open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise DataError(f"{name}: not a GGUF file. Download it again.")
    if missing := [package for package in PACKAGES if importlib.util.find_spec(package) is None]:
        raise MissingError(f"{name}: {' and '.join(missing)} not installed. Run `pip install 'jaccardio[gguf]'`.")
    import safetensors.torch
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    logger.warning("%s: converted once, which takes minutes and, while it lasts, memory for the weights in float32 twice", name)
    out.mkdir()
    whole = parts[0] if len(parts) == 1 else _joined(parts, out.parent / "whole.gguf")
    source: dict[str, Any] = {"gguf_file": whole.name} | LOCAL
    load: Any = AutoModelForCausalLM.from_pretrained
    with quiet_transformers(), named_failure(parts[0]):
        tokenizer = AutoTokenizer.from_pretrained(whole.parent, **source)
        model, report = load(whole.parent, dtype=torch.float32, output_loading_info=True, **source)
        refuse_missing(parts[0], report)
        tokenizer.save_pretrained(out)
        del model.config.quantization_config  # transformers refuses to save a model that was quantised; these weights no longer are
        model.config.save_pretrained(out)
        tied = model.config.get_text_config().tie_word_embeddings
        state = {key: value.contiguous() for key, value in model.state_dict().items() if not (tied and key == "lm_head.weight")}
        safetensors.torch.save_file(state, out / "model.safetensors", metadata={"format": "pt"})
    shutil.copymode(out / "config.json", out / "model.safetensors")  # safetensors lets the owner alone read it: caches may be shared
    kept = [path for path in sorted(out.iterdir()) if path.is_file()]
    write_manifest(out, FORMAT, {path.name: {"bytes": path.stat().st_size, "sha256": sha256_file(path)} for path in kept})


def _joined(parts: Sequence[Path], whole: Path) -> Path:
    with whole.open("wb") as file:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, file)
    return whole
