"""The formats that jaccardio reads, and how a file is recognised: by what it holds, never by its name.

One exception: the signal file of a WFDB record is raw numbers, and is known by the header beside it.
"""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from jaccardio.errors import MissingError, ReadError
from jaccardio.recording.readers.aecg import is_aecg, read_aecg
from jaccardio.recording.readers.cardiosoft import is_cardiosoft, read_cardiosoft
from jaccardio.recording.readers.confined import Reader, read_confined
from jaccardio.recording.readers.cpsc import is_cpsc, read_cpsc
from jaccardio.recording.readers.csv import is_csv, read_csv
from jaccardio.recording.readers.dicom import is_dicom, read_dicom
from jaccardio.recording.readers.edf import is_edf, read_edf
from jaccardio.recording.readers.hdf5 import is_hdf5, read_hdf5
from jaccardio.recording.readers.ishne import is_ishne, read_ishne
from jaccardio.recording.readers.mfer import is_mfer, read_mfer
from jaccardio.recording.readers.muse import is_muse, read_muse
from jaccardio.recording.readers.npy import is_npy, read_npy
from jaccardio.recording.readers.npz import is_npz, read_npz
from jaccardio.recording.readers.record_files import (
    LFS_POINTER,
    LFS_REMEDY,
    MAXIMUM_BYTES,
    WFDB_SUFFIXES,
    header_of,
    is_header_name,
    open_regular,
    record_name,
)
from jaccardio.recording.readers.schiller import is_schiller, read_schiller
from jaccardio.recording.readers.scp import is_scp, read_scp
from jaccardio.recording.readers.sierra import is_sierra, read_sierra
from jaccardio.recording.readers.wfdb_header import MAXIMUM_HEADER_BYTES
from jaccardio.recording.readers.wfdb_record import read_wfdb
from jaccardio.recording.recording import Recording

HEAD_BYTES = 4096
"""By so many bytes from its beginning a file is recognised."""


def head_bytes(path: Path) -> int:
    """How many bytes of a file are looked at; of a WFDB header all, because it names the files that belong to it."""
    return MAXIMUM_HEADER_BYTES if is_header_name(path) else HEAD_BYTES


_WFDB_HEADER = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:#[^\r\n]*)?[\r\n])*+"  # comments
    rb"[^\s#/]+(/[0-9]+)?[ \t]+[0-9]+[ \t]+[0-9.][^\r\n]*[\r\n]+"  # record line
    rb"(?(1)[^\s#]+[ \t]+[0-9]+[ \t]*(?:[\r\n]|$)"  # segment line
    rb"|[^\s#]+[ \t]+[0-9]+(?:x[0-9]+)?(?::[0-9]+)?(?:\+[0-9]+)?[ \t])"  # signal line
)
_DOCUMENT = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"{\\rtf", b"\xd0\xcf\x11\xe0")
_WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+)?html[\s>]", re.IGNORECASE)
_OFFICE = re.compile(rb"PK\x03\x04.{26}(?:\[Content_Types\]\.xml|_rels/|docProps/|mimetype)", re.DOTALL)


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes
    ----------
    name
        As printed.
    recognises
        Whether a file's first `HEAD_BYTES` are of this format.
    reader
        From a path and the name of the record; runs in the process that `read_confined` can end, but for WFDB, which is read as numbers
        alone.
    modules
        What the reader imports when it reads: it is imported before the file's time begins.
    """

    name: str
    recognises: Callable[[bytes], bool]
    reader: Reader
    modules: tuple[str, ...] = ()

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages of the extra ``formats`` that the reader needs."""
        packages = dict.fromkeys(module.partition(".")[0] for module in self.modules)
        return tuple(package for package in packages if package != "scipy")  # which is always there

    def read(self, path: Path) -> Recording:
        """Reads one file of this format.

        Raises
        ------
        ReadError
            It cannot be read as an ECG in millivolt.
        MissingError
            A package is not installed.
        """
        record = record_name(path)
        if self is WFDB:
            return self.reader(path, record)
        absent = [package for package in self.packages if find_spec(package) is None]
        if absent:
            raise MissingError(f"{self.name} files need {' and '.join(absent)}. Install: pip install 'jaccardio[formats]'")
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            reason = f"{size} bytes, more than the {MAXIMUM_BYTES} that are read"
            raise ReadError(record, "file", reason, "Cut the recording into shorter ones.")
        return read_confined(self.reader, self.modules, path, size, record)


def is_wfdb(head: bytes) -> bool:
    """Whether a file is a WFDB header: a record line, then a line of a signal or of a segment."""
    return _WFDB_HEADER.match(head) is not None


WFDB = Format("WFDB", is_wfdb, lambda path, _: read_wfdb(path))  # its header has the name

_PARSERS = "ecgdatakit.parsing.parsers"

FORMATS: Sequence[Format] = (
    WFDB,
    Format("CPSC .mat", is_cpsc, read_cpsc, ("scipy.io",)),
    Format("HDF5", is_hdf5, read_hdf5, ("h5py",)),
    Format("NPY", is_npy, read_npy),
    Format("NPZ", is_npz, read_npz),
    Format("DICOM", is_dicom, read_dicom, ("pydicom",)),
    Format("HL7 aECG", is_aecg, read_aecg, (f"{_PARSERS}.hl7_aecg", "defusedxml.ElementTree")),
    Format("SCP-ECG", is_scp, read_scp, (f"{_PARSERS}.scp_ecg",)),
    Format("MUSE XML", is_muse, read_muse, (f"{_PARSERS}.ge_muse_xml", "defusedxml.ElementTree")),
    Format("CardioSoft XML", is_cardiosoft, read_cardiosoft, ("defusedxml.ElementTree",)),
    Format("Sierra XML", is_sierra, read_sierra, ("ecgdatakit.parsing.codecs", "defusedxml.ElementTree")),
    Format("Schiller XML", is_schiller, read_schiller, ("defusedxml.ElementTree",)),
    Format("MFER", is_mfer, read_mfer, (f"{_PARSERS}.mfer",)),
    Format("ISHNE", is_ishne, read_ishne, (f"{_PARSERS}.ishne_holter",)),
    Format("EDF", is_edf, read_edf, ("edfio",)),
    Format("CSV", is_csv, read_csv),
)
"""In the order in which they are tried: those with a signature first, text last."""


def recognise(path: Path) -> Format | None:
    """The format of an existing file; None where it is none that jaccardio reads.

    Raises
    ------
    ReadError
        It cannot be opened, leads elsewhere, or is a Git LFS pointer.
    """
    by_name = path.suffix.lower() in WFDB_SUFFIXES
    if by_name and not is_header_name(path) and os.path.lexists(header_of(path)):
        return WFDB  # its raw numbers may look like anything
    try:
        head = read_head(path)
    except ReadError:
        if by_name:
            return WFDB  # its reader says which file of the record it is
        raise
    found = recognise_head(head)
    if found is None and head.startswith(LFS_POINTER) and not by_name:
        raise ReadError(record_name(path), "file", "a Git LFS pointer instead of the file", LFS_REMEDY)
    return WFDB if found is None and by_name else found


def read_head(path: Path) -> bytes:
    """The bytes by which a file is recognised."""
    with open_regular(path, record_name(path), "file", "Check the path.") as (file, _):
        return file.read(head_bytes(path))


def recognise_head(head: bytes) -> Format | None:
    """The format of a file by its first bytes."""
    return next((format_ for format_ in FORMATS if format_.recognises(head)), None)


def is_document(head: bytes) -> bool:
    """Whether a file that is of none of the formats is plainly something else: text, a picture, a PDF, an office document, a web page."""
    if head.startswith(_DOCUMENT) or _OFFICE.match(head) or _WEB_PAGE.match(head):
        return True
    if b"\0" in head or head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or head.startswith(LFS_POINTER):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 > 0
    return True
