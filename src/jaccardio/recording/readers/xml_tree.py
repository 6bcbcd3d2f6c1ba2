"""XML of vendors, as a tree: bounded in depth and number of elements; no entities; names without namespace."""

import codecs
import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.readers.formats_extra import COPY_AGAIN

MAXIMUM_DEPTH = 64
MAXIMUM_ELEMENTS = 50_000

_PROLOG = re.compile(r"\ufeff?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*", re.DOTALL)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)[\s>/]")
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


def root_name(head: bytes) -> str:
    """Name of the root element, without namespace, by the first bytes of a file; empty where there is none."""
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = head.decode("utf-16" if wide else "latin-1", errors="ignore").removeprefix("ï»¿")
    prolog = _PROLOG.match(text)
    root = _ROOT.match(text, prolog.end() if prolog else 0)
    return root[1] if root else ""


def parse_xml(data: bytes, record: str) -> Element:
    """The root of a document.

    Raises
    ------
    ReadError
        No well-formed XML; deeper or of more elements than any ECG; or it declares entities.
    """
    root, problem = _parsed(data, record)
    if root is None and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # Devices write Latin-1 and declare UTF-8. What is read of these files is numbers, so any encoding that keeps ASCII will do.
        root, _ = _parsed(_DECLARATION.sub("", data.decode("latin-1"), count=1), record)
    if root is None:
        raise ReadError(record, "XML", problem, COPY_AGAIN)
    return root


def _parsed(data: bytes | str, record: str) -> tuple[Element | None, str]:
    """The root, or None and what is wrong; nothing of the text is repeated."""
    from defusedxml.ElementTree import DefusedXMLParser

    builder = _Bounded(record)
    try:
        parser = DefusedXMLParser(target=builder, forbid_dtd=False, forbid_entities=True, forbid_external=True)
        parser.feed(data)
        root: Element = parser.close()
    except ParseError as error:
        line, column = error.position
        return None, f"not well-formed at line {line}, column {column}"
    except (ValueError, LookupError) as error:  # defusedxml's classes are ValueErrors; an encoding that nobody knows
        return None, f"not accepted ({type(error).__name__})"
    return root, ""


class _Bounded(TreeBuilder):
    """Builds a tree that stays small, and drops namespaces."""

    def __init__(self, record: str) -> None:
        super().__init__()
        self._record, self._depth, self._elements = record, 0, 0

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAXIMUM_DEPTH or self._elements > MAXIMUM_ELEMENTS:
            reason = f"more than {MAXIMUM_DEPTH} levels or {MAXIMUM_ELEMENTS} elements"
            raise ReadError(self._record, "XML", reason, "This is no export of an ECG.")
        return super().start(tag.rpartition("}")[2], attrs)

    def end(self, tag: Any, /) -> Element:
        self._depth -= 1
        return super().end(tag.rpartition("}")[2])


def text_of(element: Element, path: str, record: str) -> str:
    """Text of a descendant, stripped.

    Raises
    ------
    ReadError
        There is none.
    """
    text = (element.findtext(path) or "").strip()
    if not text:
        raise ReadError(record, path, "not given", COPY_AGAIN)
    return text


def number_of(element: Element, path: str, record: str) -> float:
    """Number in the text of a descendant.

    Raises
    ------
    ReadError
        There is none.
    """
    return as_number(text_of(element, path, record), path, record)


def as_number(text: str, field: str, record: str) -> float:
    """A finite number; a word that is none is not repeated.

    Raises
    ------
    ReadError
        It is none.
    """
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not abs(number) < float("inf"):
        raise ReadError(record, field, "not a number", COPY_AGAIN)
    return number


def integers(text: str | None, declared: float, record: str) -> NDArray[np.float64]:
    """Comma-separated whole numbers, as many as declared; a comma may end them.

    Raises
    ------
    ReadError
        Something else is in between, or they are fewer or more.
    """
    try:
        numbers = np.array([int(word) for word in (text or "").strip().removesuffix(",").split(",")], dtype=np.int32)
    except (ValueError, OverflowError):
        numbers = None  # the error repeats the text
    if numbers is None:
        raise ReadError(record, "samples", "not whole numbers with commas between them", COPY_AGAIN)
    if len(numbers) != declared:
        raise ReadError(record, "samples", f"{len(numbers)} a lead found, {declared:.10g} declared", COPY_AGAIN)
    return numbers.astype(np.float64)
