"""What commands print: results on stdout, everything else on stderr, one JSON document with ``--json``."""

import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from jaccardio.errors import printable
from jaccardio.progress import Progress

if TYPE_CHECKING:
    from jaccardio.evaluation.estimate import Estimate


def note(text: str) -> None:
    """A line for the person at the terminal, on stderr; control characters are written out."""
    typer.echo(printable(text), err=True)


def warn(sentences: Iterable[str]) -> None:
    """What a reader of the result must know, one note each."""
    for sentence in sentences:
        note(f"warning: {sentence}")


class LogNotes(logging.Handler):
    """Shows what the library logs as notes, so that a warning meets the same rules as every other line."""

    def emit(self, record: logging.LogRecord) -> None:
        note(f"{record.levelname.lower()}: {record.getMessage()}")


def result(document: Any, lines: list[str], as_json: bool) -> None:
    """Prints a command's result: `lines` for people, or `document` as the one JSON document on stdout."""
    if as_json:
        typer.echo(json.dumps(document, allow_nan=False, indent=2))  # ASCII: no control character, no surrogate, whatever the terminal
    _print(lines, as_json)


@contextmanager
def entries(as_json: bool) -> Iterator[Callable[[str, Any, list[str]], None]]:
    """A result of many entries, each printed when it is there and then forgotten; as one JSON document they are an object.

    Yields
    ------
    A function of key, value and lines of an entry. After an exception the document is left open, so that no part is taken for the whole.
    """
    begun = False

    def say(key: str, value: Any, lines: list[str]) -> None:
        nonlocal begun
        if as_json:
            text = json.dumps({key: value}, allow_nan=False, indent=2)
            typer.echo((",\n" if begun else "{\n") + text[2:-2], nl=False)
            begun = True
        _print(lines, as_json)

    yield say
    if as_json:
        typer.echo("\n}" if begun else "{}")


def _print(lines: list[str], as_json: bool) -> None:
    if lines:
        typer.echo("\n".join(map(printable, lines)), err=as_json)


def number(value: float | None) -> str:
    """Four digits, or the word that stands for none."""
    return "undefined" if value is None or value != value else f"{value:.4f}"


def estimate(value: "Estimate") -> str:
    """A value with its interval, where it has one."""
    return number(value.value) + (f" [{number(value.low)}, {number(value.high)}]" if value.has_interval else "")


@contextmanager
def resumable(how: str, say: Callable[[str], None] = note) -> Iterator[None]:
    """Says once how long work can be stopped and taken up again, and once more where Ctrl-C stopped it; `main` ends with status 130.

    Parameters
    ----------
    how
        What to do after Ctrl-C, a sentence.
    """
    say(f"Ctrl-C may stop this at any time. {how}")
    try:
        yield
    except KeyboardInterrupt:
        say(f"stopped by Ctrl-C. {how}")
        raise


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """A progress bar with rate and time left on stderr; where stderr is no terminal, a line every ten seconds.

    Yields
    ------
    A function of (done, all, text).
    """
    if sys.stderr.isatty():
        with _terminal_bar(what) as update:
            yield update
    else:
        yield progress_lines(what)


@contextmanager
def _terminal_bar(what: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[text]}"),
    )
    with Bar(*columns, console=Console(stderr=True), redirect_stdout=False) as bar:  # results stay on stdout
        task = bar.add_task(what, total=None, rate="", text="")

        def update(done: int, total: int, text: str = "", /) -> None:
            speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
            bar.update(task, completed=done, total=total, text=text, rate=f"{speed:.0f}/s" if speed else "")

        yield update


def progress_lines(what: str, every_seconds: float = 10.0) -> Progress:
    """Progress as lines on stderr with rate and time left, one every ten seconds: for work whose parts run side by side."""
    import time

    began = time.monotonic()
    shown = began
    first: int | None = None

    def update(done: int, total: int, text: str = "", /) -> None:
        nonlocal shown, first
        first = done if first is None else first
        now = time.monotonic()
        if now - shown < every_seconds and done < total:
            return
        shown = now
        rate = (done - first) / max(now - began, 1e-9)
        pace = f", {rate:.1f}/s" if rate else ""  # a first report has nothing to measure a rate by
        left = f", {(total - done) / rate:.0f} s left" if rate and done < total else ""
        note(f"{what}: {done}/{total}{pace}{left}" + (f"; {text}" if text else ""))

    return update
