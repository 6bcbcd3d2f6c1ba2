"""The process in which `confined` lets readers run: one request a line, one answer each, until its standard input ends.

A timer of the system ends it when a file takes too long, whatever code it is in; it needs nobody to watch it.
"""

import importlib
import json
import os
import signal
import sys
import warnings
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO

from jaccardio.errors import ReadError
from jaccardio.recording.recording import Recording

MEMORY_BYTES = 2**32
"""Of addresses, the libraries' own included; on Linux, elsewhere the system decides."""

STALLED = 5
"""A file may take so many times its time of computing by the clock: disks are slow, and other programs run."""

ARRAYS = ("signal", "lead_mask")


def serve() -> None:
    """Reads requests from standard input and answers on standard output, whose place is then taken by nothing: libraries may print."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin.buffer:
        _answer(answers, json.loads(line))


def _answer(answers: BinaryIO, request: dict[str, Any]) -> None:
    """One line of JSON; where a recording was read, its arrays follow."""
    recording: Recording | None = None
    document: dict[str, Any]
    try:
        read = importlib.import_module(request["module"])
        for module in request["imports"]:
            importlib.import_module(module)  # not in the file's time
        _set_timer(request["seconds"])
        recording = getattr(read, request["function"])(Path(request["path"]), request["record"])
        document = {field.name: getattr(recording, field.name) for field in fields(recording) if field.name not in ARRAYS}
        document["samples"] = recording.signal.shape[1]
    except ReadError as error:
        document = {"error": [error.record, error.field, error.reason, error.remedy]}
    except MemoryError:
        document = {"failed": "needs more memory than a file may take"}
    except Exception as error:  # libraries end damaged files in many ways; their messages may hold patient data, the class does not
        document = {"failed": f"damaged, or a dialect that is not known ({type(error).__name__})"}
    finally:
        _set_timer(0)
    answers.write(json.dumps(document).encode() + b"\n")
    if recording is not None:
        answers.write(recording.signal.tobytes() + recording.lead_mask.tobytes())
    answers.flush()


def _set_timer(seconds: float) -> None:
    """Ends this process after so much computing, or after `STALLED` times that; 0 takes the timers back."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, STALLED * seconds)
