"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table, and an empty one."""
    return ["| " + " | ".join(plain(cell) for cell in row) + " |" for row in (head, ["---"] * len(head), *rows)] + [""]


def plain(text: str) -> str:
    """One line, whose bars end no cell."""
    return " ".join(text.replace("|", "\\|").split())
