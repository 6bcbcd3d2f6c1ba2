"""XML of vendors: names of roots, encodings, and documents that mean harm."""

from pathlib import Path

import pytest

from jaccardio.errors import ReadError
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.readers.record_files import MAXIMUM_BYTES
from jaccardio.recording.readers.xml_tree import MAXIMUM_DEPTH, MAXIMUM_ELEMENTS, parse_xml, root_name

_PROLOG = '<?xml version="1.0"?>\n<!-- <no>, this -->\n<!DOCTYPE ECG [<!ELEMENT ECG (a)>]>\n'


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"<ECG>", "ECG"),
        (b'<h:ECG xmlns:h="x"/>', "ECG"),
        (_PROLOG.encode() + b"<ECG a='1'", "ECG"),
        (b"\xef\xbb\xbf" + _PROLOG.encode() + b"<ECG>", "ECG"),
        ((_PROLOG + "<ECG>").encode("utf-16"), "ECG"),
        (b"no XML <ECG>", ""),
        (b"", ""),
        (b"<!-- never ends", ""),
    ],
)
def test_root_name(head: bytes, name: str) -> None:
    assert root_name(head) == name


def test_latin_1_declared_as_utf_8() -> None:
    data = '<?xml version="1.0" encoding="UTF-8"?><a><name>Müller</name><n>1</n></a>'.encode("latin-1")
    assert parse_xml(data, "x").findtext("n") == "1"


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
        "<a>" * (MAXIMUM_DEPTH + 1),
        "<a>" + "<b/>" * MAXIMUM_ELEMENTS + "</a>",
        "<a><b></a>",
        "",
    ],
)
def test_what_is_refused(document: str) -> None:
    with pytest.raises(ReadError, match="XML") as caught:
        parse_xml(document.encode(), "x")
    assert caught.value.__cause__ is None


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    with path.open("wb") as file:
        file.write(b"<RestingECG>")
        file.truncate(MAXIMUM_BYTES + 1)
    with pytest.raises(ReadError, match="more than"):
        read_ecg(path)
