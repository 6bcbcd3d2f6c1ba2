"""Tables in Markdown."""

import re
from collections.abc import Iterable, Mapping, Sequence


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table, and an empty one."""
    return ["| " + " | ".join(plain(cell) for cell in row) + " |" for row in (head, ["---"] * len(head), *rows)] + [""]


def renewed(text: str, tables: Mapping[str, Sequence[str]]) -> str:
    """A page with its tables made anew, each between ``<!-- NAME -->`` and ``<!-- /NAME -->``; one without such a place is left out."""

    def table(found: re.Match[str]) -> str:
        return "\n".join([f"<!-- {found[1]} -->", *tables[found[1]], f"<!-- /{found[1]} -->"])

    return re.sub(rf"<!-- ({'|'.join(tables)}) -->\n.*?<!-- /\1 -->", table, text, flags=re.DOTALL)


def plain(text: str) -> str:
    """One line, whose bars end no cell."""
    return " ".join(text.replace("|", "\\|").split())
