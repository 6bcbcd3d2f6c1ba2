"""What letters a picture can show: matplotlib's own font, a Japanese or Chinese one where it is installed, and escapes for the rest."""

from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from jaccardio.errors import printable

BASE_FAMILY = "DejaVu Sans"
"""Ships with matplotlib; Latin, Greek, Cyrillic, Arabic, Hebrew."""

CJK_FAMILIES = (
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "Source Han Sans JP",
    "IPAexGothic",
    "IPAGothic",
    "TakaoGothic",
    "VL Gothic",
    "Hiragino Sans",
    "Yu Gothic",
    "Meiryo",
    "MS Gothic",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "Unifont",
)
"""Fonts with Japanese or Chinese letters, in order of preference."""

FONT_PACKAGE = "matplotlib_fontja"
"""A Python package that ships `IPAexGothic`, of the extra ``ja``: for machines that have none of these fonts."""

ESCAPED_NOTE = "letters that no installed font has are written as \\u escapes"


@cache
def font_families() -> tuple[str, ...]:
    """Families for ``font.family``: matplotlib takes each letter from the first that has it."""
    if not _cjk_families() and (package := find_spec(FONT_PACKAGE)) is not None and package.origin is not None:
        # found, not imported: its import would change the settings of matplotlib for the whole process
        for font in Path(package.origin).parent.glob("fonts/*.ttf"):
            font_manager.fontManager.addfont(font)
            entry = font_manager.fontManager.ttflist[-1]
            font_manager.fontManager.ttflist.append(replace(entry, weight=700))  # it has one weight, which stands for bold too
    return (BASE_FAMILY, *_cjk_families()[:1])


def _cjk_families() -> list[str]:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [family for family in CJK_FAMILIES if family in installed]


@cache
def _letters() -> frozenset[int]:
    """Code points that the families have."""
    return frozenset(code for family in font_families() for code in FT2Font(font_manager.findfont(family)).get_charmap())


def drawable(text: str) -> str:
    """`text` on one line with every letter that no font has, and every control character, as an escape: never an empty box."""
    shown = printable(text)
    return "".join(letter if ord(letter) in _letters() else letter.encode("unicode_escape").decode() for letter in shown)
