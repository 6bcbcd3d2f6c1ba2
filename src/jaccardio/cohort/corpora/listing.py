"""What a folder holds: its ECGs, and what of it could not be looked into. Nothing is passed over in silence."""

import os
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jaccardio.checksums import MANIFEST
from jaccardio.cohort.corpora.corpus import Rejection
from jaccardio.errors import DataError, ReadError, UsageError, printable
from jaccardio.recording.readers.archive import archive_files, is_archive
from jaccardio.recording.readers.formats import WFDB, is_document, read_head, recognise_head
from jaccardio.recording.readers.record_files import WFDB_SUFFIXES, is_header_name

EMPTY = "file: empty. Copy or export it again, or take it away."
NO_FORMAT = "file: in no format that jaccardio reads. Export the ECG as DICOM, HL7 aECG or SCP-ECG, or take the file away."


@dataclass(frozen=True)
class Listing:
    """The files of a folder and of the archives in it.

    Attributes
    ----------
    ecgs
        As `jaccardio.read_ecg` takes them, sorted; of a WFDB record its header.
    rejected
        What cannot be read or is of no known format, sorted by file.
    documents
        Number of files by suffix that are plainly no ECG: text, tables, pictures, PDF.
    """

    ecgs: tuple[Path, ...]
    rejected: tuple[Rejection, ...]
    documents: Mapping[str, int]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was passed over, for the person who named the folder."""
        counts = ", ".join(f"{suffix} {count}" for suffix, count in sorted(self.documents.items()))
        return (f"passed over, because text, tables and pictures are no ECGs: {counts}",) if self.documents else ()


def ecg_files(source: Path) -> Listing:
    """Every ECG below a folder, or in a zip archive, by what the files hold.

    Files that belong to a WFDB record (named in its header, or like it; its segments), declarations beside an array, stores, and what is
    hidden are passed over.

    Raises
    ------
    UsageError
        There is no such folder, and no such archive.
    DataError
        No ECG is in it.
    """
    if source.is_file():
        files, rejected = [source], list[Rejection]()
        folder = source.parent
    else:
        files, rejected = _walk(source)
        folder = source
    stores = {path.parent for path in files if path.name == MANIFEST and path.with_name("shards").is_dir()}
    heads: dict[Path, bytes] = {}
    for path in files:
        if not stores.isdisjoint(path.parents):
            continue
        file = str(path.relative_to(folder))
        try:
            head = read_head(path)
            inside, refused = archive_files(path) if is_archive(head) else ({}, {})
        except ReadError as error:
            if path.suffix.lower() in WFDB_SUFFIXES:
                heads[path] = b""  # refused with its record, when that is read
            else:
                rejected.append(Rejection.because("file", error, file))
            continue
        if not is_archive(head):
            heads[path] = head
            continue
        heads.update({path / name: head for name, head in inside.items() if not any(map(_is_hidden, Path(name).parts))})
        rejected += [Rejection("archive", reason, f"{file}/{name}") for name, reason in refused.items()]
    listing = _sorted_out(folder, heads, rejected)
    if not listing.ecgs:
        raise _nothing(source, "no ECG of a format that jaccardio reads", listing.rejected)
    return listing


def header_files(folder: Path) -> tuple[tuple[Path, ...], tuple[Rejection, ...]]:
    """Every WFDB header below a folder, sorted by path, and what could not be looked into. The suffix may be ``.HEA``.

    The headers of segments are left out.

    Raises
    ------
    UsageError
        There is no such folder.
    DataError
        No header is in it.
    """
    files, rejected = _walk(folder)
    heads = {path: _header(path) for path in files if is_header_name(path)}
    if not heads:
        raise _nothing(folder, "no WFDB header (*.hea)", rejected)
    segments = set(_segments(heads))
    return tuple(path for path in heads if (path.parent, path.name.casefold()) not in segments), tuple(rejected)


def _header(path: Path) -> bytes:
    """What a header holds; nothing where it cannot be read: it is refused with its record, when that is read."""
    try:
        return read_head(path)
    except ReadError:
        return b""


def _sorted_out(folder: Path, heads: Mapping[Path, bytes], rejected: list[Rejection]) -> Listing:
    """Which of the files are ECGs."""
    parts, segments = set(_parts(heads)), set(_segments(heads))
    ecgs: list[Path] = []
    documents: Counter[str] = Counter()
    for path, head in heads.items():
        part = (path.parent, path.name.casefold()) in parts or (path.parent, f"{path.stem.casefold()}.*") in parts
        signal = part and path.suffix.lower() in WFDB_SUFFIXES  # raw numbers may look like anything
        if (path.parent, path.name.casefold()) in segments:
            continue
        if is_header_name(path) or (recognise_head(head) is not None and not signal):
            ecgs.append(path)
        elif part:
            continue
        elif head and is_document(head):
            documents[path.suffix.lower() or "no suffix"] += 1
        else:
            reason = "archive: lies within an archive. Unpack the outer one." if is_archive(head) else NO_FORMAT if head else EMPTY
            rejected.append(Rejection("file", reason, str(path.relative_to(folder))))
    return Listing(tuple(sorted(ecgs)), tuple(sorted(rejected, key=lambda rejection: rejection.file)), documents)


def _parts(heads: Mapping[Path, bytes]) -> Iterator[tuple[Path, str]]:
    """Folder and name, case aside, of files that belong to others: what headers name, and all of the name of a header or an array."""
    for path, head in heads.items():
        if is_header_name(path) or recognise_head(head) is WFDB:
            yield path.parent, f"{path.stem.casefold()}.*"
            for words in map(str.split, head.decode("latin-1").splitlines()):
                yield path.parent, "".join(words[:1]).casefold()
        elif recognise_head(head) is not None:
            yield path.parent, path.with_suffix(".json").name.casefold()


def _segments(heads: Mapping[Path, bytes]) -> Iterator[tuple[Path, str]]:
    """Folder and name, case aside, of the headers of segments, which are read with the record that names them."""
    for path, head in heads.items():
        if recognise_head(head) is WFDB:
            words = [
                line.split(None, 1)[0] for line in head.decode("latin-1").splitlines() if line.strip() and not line.lstrip().startswith("#")
            ]
            if "/" in words[0]:
                yield from ((path.parent, f"{word}.hea".casefold()) for word in words[1:])


def _walk(folder: Path) -> tuple[list[Path], list[Rejection]]:
    """Every file below a folder, and what could not be looked into, both sorted. What is hidden is passed over.

    Links to folders are followed, each folder once, after all that lies here without a link: a folder that is reached both ways keeps its
    own path.

    Returns
    -------
    The files; rejections of folders that cannot be read, of links that lead nowhere, and of links to a folder above this one.

    Raises
    ------
    UsageError
        There is no such folder, or it is the root of all.
    """
    if not folder.is_dir():
        what = "is no folder; unpack it, if it is an archive" if folder.exists() else "no such folder"
        raise UsageError(f"{printable(str(folder))}: {what}.")
    if folder.resolve().parent == folder.resolve():
        raise UsageError(f"{printable(str(folder))}: the root of all folders. Name the one that holds the ECGs.")
    found: list[Path] = []
    rejected: list[Rejection] = []

    def reject(kind: str, path: Path, reason: str) -> None:
        rejected.append(Rejection(kind, reason, str(path.relative_to(folder))))

    def unreadable(error: OSError) -> None:
        reject("folder", Path(error.filename), f"cannot be read ({error.strerror}). Check its permissions.")

    seen: set[tuple[int, int]] = set()
    waiting = deque([folder])
    while waiting:
        for root, folders, files in os.walk(waiting.popleft(), onerror=unreadable):
            status = Path(root).stat()
            if (status.st_dev, status.st_ino) in seen:
                folders.clear()
                continue
            seen.add((status.st_dev, status.st_ino))
            folders[:] = sorted(name for name in folders if not _is_hidden(name))
            for link in (Path(root, name) for name in folders):
                if not link.is_symlink():
                    continue
                if link.resolve() in folder.resolve().parents:
                    reject("link", link, "leads to a folder above, which holds all of this one. Remove it, or ingest that folder.")
                else:
                    waiting.append(link)
            for path in (Path(root, name) for name in files if not _is_hidden(name)):
                if path.suffix.lower() not in WFDB_SUFFIXES and _is_broken(path):
                    reject("link", path, "leads nowhere. Mend or remove it; what lay behind it is not read.")
                else:
                    found.append(path)
    return sorted(found), sorted(rejected, key=lambda rejection: rejection.file)


def _is_hidden(name: str) -> bool:
    """Whether a file or folder is one that programs hide: ``._A0001.hea`` of macOS, ``.git``, ``.snapshot`` with a file server's copies."""
    return name.startswith(".")


def _is_broken(path: Path) -> bool:
    """Whether it is a link that leads nowhere, in a circle, or where this account may not look."""
    try:
        path.stat()
    except OSError:
        return True
    return False


def _nothing(source: Path, what: str, rejected: Sequence[Rejection]) -> DataError:
    found = "".join(f"\n  {rejection.reported().record}: {rejection.reason}" for rejection in rejected)
    return DataError(f"{printable(str(source))}: {what} in it or below it.{found}")
