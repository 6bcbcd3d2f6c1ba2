"""Tables in Markdown."""

from jaccardio.markdown import markdown_table


def test_no_cell_breaks_the_table() -> None:
    lines = markdown_table(("code", "what it is"), [("a|b", "two\nlines"), ("", "c")])
    assert lines == ["| code | what it is |", "| --- | --- |", "| a\\|b | two lines |", "|  | c |", ""]
