"""Sources and stores on object storage (``s3://``, and whatever else fsspec reaches) by way of this machine's disk.

Object storage has no rename and no lock. So a store goes up file by file and its manifest last, and is a store from then on; what comes
down is compared with the SHA-256 in the manifest. A store that is read is kept in the cache by the hash of its manifest; one that is
changed, and a source with what it says of patients, lie in a folder of the moment that goes with the block.
"""

import errno
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from jaccardio.checksums import MANIFEST, is_sealed
from jaccardio.cohort.split import FILE as SPLIT
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, JaccardioError, MissingError, UsageError, printable
from jaccardio.files import parse_json, sha256_file, user_cache, write_atomic, write_json
from jaccardio.locks import own_folder

MAXIMUM_MANIFEST_BYTES = 2**28

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.ASCII)
_UNSAFE = re.compile(r"[\\\0]|^/|(?:^|/)\.{0,2}(?:/|$)")  # also empty parts
_PREFIX = "jaccardio-"


def is_url(place: str) -> bool:
    """Whether a place is a URL and no path of this machine."""
    return _URL.match(place) is not None


@contextmanager
def mirrored(place: str) -> Iterator[Path]:
    """A corpus on this machine's disk: itself, or a copy of what a URL names for as long as the block lasts.

    Of a URL of a folder all below it is copied; of a zip archive the file; of a table the folder that it lies in, where its recordings are.

    Raises
    ------
    UsageError
        Nothing is there, or nobody knows such URLs.
    DataError
        An object has a name that no file may have.
    MissingError
        The package is not installed, the storage cannot be reached, or the disk is too small.
    """
    if not is_url(place):
        yield Path(place)
        return
    remote = _Remote.at(place)
    with TemporaryDirectory(prefix=_PREFIX) as folder:
        yield remote.copy_of_source(Path(folder))


def fetch_store(url: str) -> Path:
    """The folder in the cache with a copy of the store of a URL; only what is not there yet is fetched.

    Raises
    ------
    UsageError
        Nobody knows such URLs.
    DataError
        No finished store is there, or a file of it is not as it was written.
    MissingError
        The package is not installed, the storage cannot be reached, or there is no place for the cache.
    """
    remote = _Remote.at(url)
    document = remote.manifest()
    if document is None:
        raise _no_store(remote)
    cache = user_cache()
    if cache is None:
        raise MissingError(f"{remote.shown}: no place for a copy. Name a folder by the environment variable JACCARDIO_CACHE.")
    folder = cache / "stores" / str(document["sha256"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with own_folder(folder):
        remote.fetch(folder, document)
    return folder


@contextmanager
def published(place: str) -> Iterator[Path]:
    """A store to make or to change: itself, or of a URL a copy, which goes up when the block ends without an error.

    Raises
    ------
    UsageError
        Nobody knows such URLs, or somebody else changed the store meanwhile.
    DataError
        What is there is damaged.
    MissingError
        As `fetch_store`.
    """
    if not is_url(place):
        yield Path(place)
        return
    remote = _Remote.at(place)
    with TemporaryDirectory(prefix=_PREFIX) as parent:
        folder, before = Path(parent, remote.name), remote.manifest()
        if before is not None:
            remote.fetch(folder, before)
        split = _bytes(folder / SPLIT)
        yield folder
        if (folder / MANIFEST).is_file():
            remote.publish(folder, before, split)


@contextmanager
def changed(place: str) -> Iterator[Path]:
    """A store that is there and is to be changed, as `published`, and which no other process of this machine writes meanwhile.

    Raises
    ------
    UsageError
        There is no such folder, or another process is writing it.
    DataError
        It holds no finished store.
    """
    with published(place) as folder:
        if not (folder / MANIFEST).is_file():
            if is_url(place):
                raise _no_store(_Remote.at(place))
            Store.open(folder)  # says what is there instead
        with own_folder(folder):
            yield folder


@dataclass(frozen=True)
class _Remote:
    """A place on object storage.

    Attributes
    ----------
    system
        The file system of fsspec.
    root
        The place in it.
    shown
        The URL without user, password and query.
    """

    system: Any
    root: str
    shown: str

    @classmethod
    def at(cls, url: str) -> "_Remote":
        parts = urlsplit(url)
        shown = printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise MissingError(f"{shown}: URLs need fsspec. Install: pip install 'jaccardio[remote]'") from error
        options = {"auto_mkdir": True} if parts.scheme in ("file", "local") else {}
        with _reached(shown):
            try:
                system, root = url_to_fs(url, **options)
            except ImportError as error:
                remedy = "pip install 'jaccardio[remote]'" if parts.scheme in ("s3", "s3a") else "the package that fsspec names for it"
                raise MissingError(f"{shown}: no package for {parts.scheme}:// is installed. Install: {remedy}") from error
            except ValueError as error:
                raise UsageError(f"{shown}: no storage known to fsspec. Write e.g. s3://bucket/folder.") from error
            system.invalidate_cache()  # within one process, others may have written
            return cls(system, str(root).rstrip("/"), shown.rstrip("/"))

    @property
    def name(self) -> str:
        """Last part of the URL."""
        return self.root.rpartition("/")[2] or "store"

    def copy_of_source(self, folder: Path) -> Path:
        """What the place names, copied into a folder."""
        with _reached(self.shown):
            is_file = bool(self.system.isfile(self.root))
            root = self.root.rpartition("/")[0] if is_file and not self.root.lower().endswith(".zip") else self.root
            found = {self.root: self.system.info(self.root)} if root == self.root and is_file else self.system.find(root, detail=True)
            sizes = {str(path): int(info["size"] or 0) for path, info in found.items() if not str(path).endswith("/")}
        if not sizes:
            raise UsageError(f"{self.shown}: nothing is there. Check the address.")
        names = {path: path[len(root) :].lstrip("/") or self.name for path in sizes}
        for name in names.values():
            self._refuse_unsafe(name)
        needed, free = sum(sizes.values()), shutil.disk_usage(folder).free
        if needed > free:
            raise MissingError(f"{self.shown}: {needed:,} bytes, {free:,} are free. Name a folder on a larger disk by TMPDIR.")
        with _reached(self.shown):
            self.system.get(list(names), [str(folder / self.name / name) for name in names.values()])
        return folder / self.name / (names[self.root] if is_file else "")

    def manifest(self) -> dict[str, Any] | None:
        """The manifest, None where there is none."""
        path = f"{self.root}/{MANIFEST}"
        with _reached(self.shown):
            if not self.system.exists(path):
                return None
            data = self.system.cat_file(path, end=MAXIMUM_MANIFEST_BYTES)
        document = parse_json(data, Path(self.name, MANIFEST))
        if not is_sealed(document) or not isinstance(document.get("files"), dict):
            raise DataError(f"{self.shown}/{MANIFEST}: no manifest of a store, or damaged. Upload the store again.")
        for name in document["files"]:
            self._refuse_unsafe(name)
        return dict(document)

    def fetch(self, folder: Path, document: Mapping[str, Any]) -> None:
        """Copies the store of a manifest and its split into a folder, the manifest last; each file that it lists is compared with it."""
        if not (folder / MANIFEST).is_file():
            for name, entry in document["files"].items():
                if (folder / name).is_file() and _fits(folder / name, entry):  # of a copy that was interrupted
                    continue
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                with _reached(self.shown):
                    self.system.get_file(f"{self.root}/{name}", str(folder / name))
                if not _fits(folder / name, entry):
                    (folder / name).unlink()
                    raise DataError(f"{self.shown}/{name}: not as it was written. Is the store being changed? Else upload it again.")
        path = f"{self.root}/{SPLIT}"
        with _reached(self.shown):
            split = self.system.cat_file(path) if self.system.exists(path) else None
        if split is not None:
            write_atomic(folder / SPLIT, split)
        write_json(folder / MANIFEST, document)

    def publish(self, folder: Path, before: Mapping[str, Any] | None, split: bytes | None) -> None:
        """Copies a store up, what the place has already aside, and the manifest last; then removes what the manifest no longer names."""
        after = parse_json((folder / MANIFEST).read_bytes(), folder / MANIFEST)
        if self.manifest() != before:
            raise UsageError(f"{self.shown}: changed by somebody else meanwhile; nothing was written there. Run again.")
        had: Mapping[str, Any] = {} if before is None else before["files"]
        names = [name for name, entry in after["files"].items() if had.get(name) != entry]
        self._put(folder, names + ([SPLIT] if _bytes(folder / SPLIT) not in (split, None) else []))
        if after != before:
            self._put(folder, [MANIFEST])
        with _reached(self.shown):
            for name in had.keys() - after["files"].keys():
                self.system.rm_file(f"{self.root}/{name}")

    def _put(self, folder: Path, names: Sequence[str]) -> None:
        for name in names:
            path = f"{self.root}/{name}"
            with _reached(self.shown):
                self.system.put_file(str(folder / name), path)
                self.system.invalidate_cache()
                if self.system.info(path)["size"] != (folder / name).stat().st_size:
                    raise MissingError(f"{self.shown}/{name}: did not arrive whole; the store there is what it was. Run again.")

    def _refuse_unsafe(self, name: str) -> None:
        if _UNSAFE.search(name):
            raise DataError(f"{self.shown}: an object there has a name that leads out of the folder. Rename it.")


def _fits(path: Path, entry: Mapping[str, Any]) -> bool:
    return bool(path.stat().st_size == entry["bytes"] and sha256_file(path) == entry["sha256"])


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@contextmanager
def _reached(shown: str) -> Iterator[None]:
    """Says what failed in one line: the libraries of storages raise whatever they like, with addresses and requests in it."""
    try:
        yield
    except JaccardioError:
        raise
    except FileNotFoundError as error:
        raise UsageError(f"{shown}: nothing is there. Check the address.") from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        remedy = "Check the address, the network, and the credentials in the environment."
        raise MissingError(f"{shown}: cannot be reached ({type(error).__name__}). {remedy}") from error


def _no_store(remote: _Remote) -> DataError:
    return DataError(f"{remote.shown}: no finished store (it has no {MANIFEST}).")
