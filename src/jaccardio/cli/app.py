"""The command line: commands parse, call one function, and print. Exit statuses:

0 ok, 1 partly done (what was rejected is listed), 2 usage, 3 data refused, 4 environment (missing extra, model, device, disk space),
70 internal error, 130 interrupted.
"""

import errno
import io
import logging
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from jaccardio import __version__
from jaccardio.cli.checks import bench, doctor
from jaccardio.cli.convert import convert
from jaccardio.cli.data import ingest, relabel, split, synth
from jaccardio.cli.evaluate import evaluate, score
from jaccardio.cli.explain import explain
from jaccardio.cli.export import export, export_store
from jaccardio.cli.inspect import inspect
from jaccardio.cli.labels import link, map_labels
from jaccardio.cli.measure import measure
from jaccardio.cli.output import LogNotes, note
from jaccardio.cli.predict import predict
from jaccardio.cli.search import embed, search
from jaccardio.cli.serve import serve
from jaccardio.cli.studies import compare, demo, reproduce
from jaccardio.cli.text import text
from jaccardio.cli.train import ensemble, train
from jaccardio.cli.transfer import probe, shift
from jaccardio.cli.vocabulary import vocabulary
from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import JaccardioError, MissingError, UsageError

SYSTEM_ERRORS = {
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG): "Free space or choose another folder; what was there before is intact.",
    (errno.EACCES, errno.EPERM, errno.EROFS): "Choose a folder you may write to, or change its permissions.",
    (errno.EIO, errno.ENXIO, errno.ENODEV, errno.ESTALE, errno.ETIMEDOUT): (
        "Check disk, cable or network, then run again; a copy on another disk may be readable."
    ),
    (errno.EMFILE,): "Raise the limit on open files (ulimit -n).",
    (errno.ENFILE,): "Close other programs.",
    (errno.ENOMEM,): "Close other programs, or take less at a time.",
}
"""What the system refuses for reasons outside the command line -> what to do. Environment: status 4."""

PATH_ERRORS = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL)
"""What the system says of a path that cannot be meant. Usage: status 2."""

TOO_LITTLE_MEMORY = "error: not enough memory. Take smaller numbers (width, embedding, batch size, records, jobs), or a larger machine."
INTERRUPTED = 130
COMMAND_LINE_ERROR: Any = typer.BadParameter.__mro__[2]
"""What typer raises for a command line that it cannot parse: click's ClickException, or its own copy of that."""

COMMANDS: Mapping[str, tuple[Callable[..., None] | typer.Typer, ...]] = {
    "Data": (synth, ingest, link, split, inspect, convert, measure, export_store),
    "Vocabularies and text": (vocabulary, map_labels, relabel, text),
    "Train and evaluate": (train, ensemble, evaluate, score),
    "Use a model": (predict, explain, search, embed, export, serve),
    "Compare and study": (demo, compare, probe, shift, reproduce),
    "Check": (doctor, bench),
}
"""Every command, under the title that ``jaccardio --help`` shows it by."""


class GroupedCommands(TyperGroup):
    """Help that shows the commands by the titles of `COMMANDS`; typer does so only where rich draws frames around them."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes one section a title."""
        width = max(map(len, self.commands))
        for title in COMMANDS:
            commands = {name: command for name, command in self.commands.items() if getattr(command, "rich_help_panel", None) == title}
            with formatter.section(title):
                formatter.write_dl([(f"{name:{width}}", command.get_short_help_str(formatter.width)) for name, command in commands.items()])


app = typer.Typer(
    cls=GroupedCommands,
    help=f"ECG models that read findings as language. {DISCLAIMER}",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"jaccardio {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)] = False,
) -> None:
    """Options that come before a command."""


for title, commands in COMMANDS.items():
    for command in commands:
        if isinstance(command, typer.Typer):
            app.add_typer(command, rich_help_panel=title)
        else:
            app.command(rich_help_panel=title)(command)
COMMAND_LINE = typer.main.get_command(app)


def main() -> None:
    """Runs the command line and exits with one of the statuses above."""
    # Before numpy is imported: its products are small, and two threads wait for each other at each of them where a core is busy.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter of a file name ends nothing
        logging.getLogger("jaccardio").handlers = [LogNotes(logging.WARNING)]
        sys.exit(COMMAND_LINE(standalone_mode=False) or 0)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except COMMAND_LINE_ERROR as error:
        shown = io.StringIO()
        error.show(shown)
        for line in shown.getvalue().splitlines():
            note(line)
        sys.exit(error.exit_code)
    except JaccardioError as error:
        for line in f"error: {error}".split("\n"):
            note(line)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno is None:
            _internal(error)
        if remedies := [remedy for numbers, remedy in SYSTEM_ERRORS.items() if error.errno in numbers]:
            remedy, status = remedies[0], MissingError.exit_code
        elif error.errno in PATH_ERRORS and error.filename is not None:
            remedy, status = "Name another path.", UsageError.exit_code
        else:
            _internal(error)
        reason = "the disk reports an input/output error" if error.errno == errno.EIO else os.strerror(error.errno)
        note(f"error: {error.filename2 or error.filename or 'disk'}: {reason}. {remedy}")
        sys.exit(status)
    except Exception as error:
        if _lacks_memory(error):
            note(TOO_LITTLE_MEMORY)
            sys.exit(MissingError.exit_code)
        _internal(error)


def _lacks_memory(error: Exception) -> bool:
    """Whether Python, numpy or torch (on either device) found no memory."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and ("not enough memory" in str(error) or "out of memory" in str(error))
    )


def _internal(error: Exception) -> NoReturn:
    """Says where the program failed, without the message: it could hold data."""
    for line in "".join(traceback.format_tb(error.__traceback__)).splitlines():
        note(line)
    note(f"internal error: {type(error).__name__}. Please report it with the lines above; they hold no patient data.")
    sys.exit(70)
