"""The command line: commands parse, call one function, and print. Exit statuses:

0 ok, 1 partly done (what was rejected is listed), 2 usage, 3 data refused, 4 environment (missing extra, model, device, disk space),
70 internal error, 130 interrupted.
"""

import errno
import os
import sys
import traceback

import typer

from jaccardio.cli import checks, data, models, studies, transfer, vocabulary
from jaccardio.cli.output import note
from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import JaccardioError, MissingError, UsageError

ENVIRONMENT_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS)
PATH_ERRORS = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP)

app = typer.Typer(
    help=f"ECG models that read findings as language. {DISCLAIMER}",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (data, vocabulary, models, transfer, studies, checks):
    module.register(app)


def main() -> None:
    """Runs the command line and exits with one of the statuses above."""
    try:
        typer.main.get_command(app)()
    except JaccardioError as error:
        note(f"error: {error}")
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in ENVIRONMENT_ERRORS + PATH_ERRORS:
            _internal(error)
        usage = error.errno in PATH_ERRORS
        remedy = "Name another path." if usage else "Free space or choose a folder you may write to."
        note(f"error: {error.filename2 or error.filename or 'disk'}: {os.strerror(error.errno or 0)}. {remedy}")
        sys.exit(UsageError.exit_code if usage else MissingError.exit_code)
    except Exception as error:
        _internal(error)


def _internal(error: Exception) -> None:
    """Says where the program failed, without the message: it could hold data."""
    note("".join(traceback.format_tb(error.__traceback__)))
    note(f"internal error: {type(error).__name__}. Please report it with the lines above; they hold no patient data.")
    sys.exit(70)
