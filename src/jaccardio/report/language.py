"""Pages, plots and cards in other languages than English: one table a language, ``translations/LANGUAGE.toml``.

Templates and code hold English; a table says what stands in its place, and what it does not hold stays English. ``[sentences]`` are
those of the templates, with the same ``%(name)s`` in either language; ``[words]`` are those that the program fills in, where ``#`` stands
for a number.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from jaccardio.errors import MissingError, UsageError
from jaccardio.recording.lettering import drawable

ENGLISH = "en"
SAMPLE = "Finding"
"""A word whose translation shows what letters a language needs."""

NUMBER = re.compile(r"\d[\d,.]*(?<=\d)")

_TABLES = resources.files("jaccardio.report") / "translations"


def languages() -> tuple[str, ...]:
    """English, and every language that has a table."""
    return (ENGLISH, *sorted(entry.name.removesuffix(".toml") for entry in _TABLES.iterdir() if entry.name.endswith(".toml")))


@cache
def translations(language: str) -> Mapping[str, str]:
    """English -> what a page in the language says; nothing for English itself.

    Raises
    ------
    UsageError
        There is no table of the language.
    """
    if language == ENGLISH:
        return {}
    if language not in languages():
        raise UsageError(f"no reports in language {language!r}; available: {', '.join(languages())}.")
    table = tomllib.loads((_TABLES / f"{language}.toml").read_text("utf-8"))
    return MappingProxyType(table["sentences"] | table["words"])


def translate(text: str, language: str) -> str:
    """What a page in the language says for an English text; the text itself where the table has nothing."""
    table, numbers = translations(language), iter(NUMBER.findall(text))
    return table.get(text) or re.sub("#", lambda _: next(numbers), table.get(NUMBER.sub("#", text), "")) or text


def check_language(language: str) -> None:
    """Refuses a language that reports cannot be written in, before any work is done.

    Raises
    ------
    UsageError
        There is no table of the language.
    MissingError
        No font here has its letters.
    """
    sample = translate(SAMPLE, language)
    if drawable(sample) != sample:
        raise MissingError(f"no font here has the letters of language {language!r}. Install one: pip install 'jaccardio[{language}]'.")
