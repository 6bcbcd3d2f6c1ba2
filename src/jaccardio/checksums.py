"""What is read back is what was written: sealed JSON documents, and one manifest a folder with the SHA-256 of its files.

A sealed document holds the SHA-256 of its own content under the key ``sha256``. A manifest is the sealed document ``manifest.json``; under
``files`` it lists the other files of its folder with size and SHA-256. Whatever a command reads back from a folder that jaccardio wrote
is sealed or listed, and refused where it is not as it was written.
"""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaccardio.errors import DataError, UsageError
from jaccardio.files import parse_json, read_json, sha256_json, write_json

MANIFEST = "manifest.json"
FORMATS = "jaccardio-"
"""How the formats of manifests begin; a ``manifest.json`` of another program is left alone."""


def seal(document: Mapping[str, Any]) -> dict[str, Any]:
    """Adds the document's own SHA-256, so that a flipped byte in it is noticed too."""
    body = {key: value for key, value in document.items() if key != "sha256"}
    return body | {"sha256": sha256_json(body)}


def is_sealed(document: object) -> bool:
    """Whether a document is an object whose SHA-256 is that of its content."""
    try:
        return isinstance(document, dict) and "sha256" in document and seal(document) == document
    except (ValueError, RecursionError):  # no JSON of ours: lone surrogates, nesting near the parser's limit
        return False


def read_sealed(path: Path, remedy: str) -> dict[str, Any]:
    """Reads a sealed document.

    Parameters
    ----------
    remedy
        The sentence that says what to do with a damaged file.

    Raises
    ------
    DataError
        The file is absent, no JSON, or not as it was written.
    """
    document = read_json(path)
    if not is_sealed(document):
        raise _damaged(path, remedy)
    sealed: dict[str, Any] = document
    return sealed


def file_entry(data: bytes) -> dict[str, Any]:
    """What a manifest says of a file."""
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def write_manifest(folder: Path, form: str, files: Mapping[str, Mapping[str, Any]]) -> None:
    """Writes the manifest of a folder, after the files that it lists.

    Parameters
    ----------
    form
        Name and version of the folder's format; begins with `FORMATS`.
    files
        Name relative to the folder -> `file_entry`.
    """
    refuse_other_folder(folder, form)
    write_json(folder / MANIFEST, seal({"format": form, "files": dict(files)}))


def refuse_other_folder(folder: Path, form: str) -> None:
    """Refuses to write where a manifest of something else stands.

    Raises
    ------
    UsageError
        The folder is a store, a run, a model or anything else with a manifest of its own.
    """
    if (folder / MANIFEST).is_file():
        with suppress(DataError):
            document = read_json(folder / MANIFEST)
            if isinstance(document, dict) and document.get("format") == form:
                return
        raise UsageError(f"{folder}: holds something else with a {MANIFEST} of its own. Choose another folder.")


@dataclass(frozen=True)
class Manifest:
    """The manifest of a folder; what it lists is read through it.

    Attributes
    ----------
    remedy
        The sentence that says what to do with a damaged folder.
    """

    folder: Path
    document: Mapping[str, Any]
    remedy: str

    @classmethod
    def read(cls, folder: Path, form: str, remedy: str) -> "Manifest":
        """Reads the manifest itself; files are checked when they are read.

        Raises
        ------
        DataError
            The manifest is absent, damaged, or of another format.
        """
        document = read_json(folder / MANIFEST)
        if not isinstance(document, dict) or document.get("format") != form:
            raise DataError(
                f"{folder / MANIFEST}: not the manifest of a {form} folder; it was written by another version or program. {remedy}"
            )
        if not is_sealed(document):
            raise _damaged(folder / MANIFEST, remedy)
        return cls(folder, document, remedy)

    @property
    def sha256(self) -> str:
        """Changes with any byte of any listed file."""
        return str(self.document["sha256"])

    @property
    def files(self) -> Mapping[str, Mapping[str, Any]]:
        """Name -> entry of each listed file."""
        files: Mapping[str, Mapping[str, Any]] = self.document["files"]
        return files

    def bytes_of(self, name: str) -> bytes:
        """A listed file's bytes.

        Raises
        ------
        DataError
            The file is not listed, cannot be read, or is not as it was written.
        """
        path = self.folder / name
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({os.strerror(error.errno or 0)}). {self.remedy}") from error
        if self.files.get(name) != file_entry(data):
            raise DataError(f"{path}: damaged, its SHA-256 is not the one in {MANIFEST}. {self.remedy}")
        return data

    def json_of(self, name: str) -> Any:
        """A listed JSON document; raises as `bytes_of` does."""
        return parse_json(self.bytes_of(name), self.folder / name)

    def verify(self) -> None:
        """Reads every listed file; raises as `bytes_of` does."""
        for name in self.files:
            self.bytes_of(name)


def read_as_written(path: Path, remedy: str) -> bytes:
    """A file that anybody may have written; where a manifest of ours beside it lists it, it must be as it was written.

    Raises
    ------
    DataError
        The file, or the manifest beside it, is damaged.
    """
    data, beside = path.read_bytes(), path.parent / MANIFEST
    if beside == path or not beside.is_file() or FORMATS.encode() not in (content := beside.read_bytes()):
        return data
    document = parse_json(content, beside)
    if not is_sealed(document):
        raise _damaged(beside, remedy)
    if document.get("files", {}).get(path.name, file_entry(data)) != file_entry(data):
        raise DataError(f"{path}: changed since it was written, its SHA-256 is not the one in {MANIFEST}. {remedy}")
    return data


def _damaged(path: Path, remedy: str) -> DataError:
    return DataError(f"{path}: damaged, its SHA-256 is not the one that it was written with. {remedy}")
