"""ECG files that a command line names, and those of them that failed: listed at the end, they stop nothing."""

import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

import typer

from jaccardio.cli.output import note, progress_bar
from jaccardio.errors import DataError, JaccardioError, MissingError, ReadError

Failures = list[tuple[Path, Exception]]


def each_once(files: Sequence[Path], failures: Failures) -> Iterator[Path]:
    """The recordings named, those of folders in their place; one that is named twice, by whichever of its files, comes once."""
    from jaccardio.cohort.corpora.listing import ecg_files
    from jaccardio.recording.readers.archive import is_archive
    from jaccardio.recording.readers.formats import read_head
    from jaccardio.recording.readers.record_files import WFDB_SUFFIXES, named_path

    seen = set()
    for given in files:
        try:
            one = given.suffix.lower() in WFDB_SUFFIXES or not given.is_file()
            many = given.is_dir() or (not one and is_archive(read_head(given)))
            listing = ecg_files(given) if many else None
        except (JaccardioError, OSError) as error:
            failures.append((given, error))
            continue
        if listing is not None:
            failures += [(given / rejection.file, DataError(rejection.reason)) for rejection in listing.rejected]
        for file in listing.ecgs if listing is not None else (given,):
            record = Path(os.path.realpath(file.parent), named_path(file).name)
            if record not in seen:
                seen.add(record)
                yield file


def done_with_each(files: Sequence[Path], doing: str, work: Callable[[Path], None]) -> Failures:
    """Does some work with each recording named; returns those that failed, after a note on each. Errors of the machine are raised."""
    failures: Failures = []
    chosen = list(each_once(files, failures))
    with progress_bar(doing) if len(chosen) > 1 else nullcontext(None) as progress:
        for number, file in enumerate(chosen, 1):
            try:
                work(file)
            except MissingError:
                raise  # a package that is not installed, a full disk
            except Exception as error:  # one bad file never ends the others, whatever is wrong with it
                failures.append((file, error))
            if progress is not None:
                progress(number, len(chosen))
    say_rejected(failures)
    return failures


def say_rejected(failures: Failures) -> None:
    """One note each."""
    for file, failure in failures:
        note(f"rejected {file}: {reason_of(failure)}")


def exit_partly(failures: Failures, partly: bool) -> None:
    """Ends the command with 1 where other files went well, else with the gravest status of the failures; without failures goes on."""
    if failures:
        statuses = [failure.exit_code if isinstance(failure, JaccardioError) else DataError.exit_code for _, failure in failures]
        raise typer.Exit(1 if partly else max(statuses))


def reason_of(error: Exception) -> str:
    """Why a file was refused, without what could hold data."""
    match error:
        case ReadError():
            return f"{error.field}: {error.reason}. {error.remedy}".rstrip()
        case JaccardioError():
            return str(error)
        case MemoryError():
            return "not enough memory to read it."
        case OSError():
            return f"{os.strerror(error.errno or 0)}."
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"internal error: {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}. Please report it."
