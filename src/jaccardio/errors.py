"""Every error a user can meet: one class a kind, each with the exit status that the command line returns.

A message says what failed, where, why, and what to do next. It never holds patient data: records are named by file
name or recording id, never by header comments, dates or free text.
"""

import unicodedata


def printable(text: str) -> str:
    """`text` on one line, with what a terminal would obey or hide written out: ``\\x1b``, ``\\n``, ``\\u202e``, half of a surrogate pair.

    File names, codes and sentences come from others: an escape sequence in one could rewrite what the screen shows.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or unicodedata.category(character) == "Zs" else character.encode("unicode_escape").decode()
        for character in text
    )


class JaccardioError(Exception):
    """Base of all errors that jaccardio raises on purpose."""

    exit_code = 70


class UsageError(JaccardioError):
    """An argument or setting that cannot be used: unknown name, value out of range, options that exclude each other."""

    exit_code = 2


class DataError(JaccardioError):
    """Data that is refused: damaged, inconsistent, leaking between parts, or not what it claims to be."""

    exit_code = 3


class ReadError(DataError):
    """One ECG file that cannot be read as a 12-lead recording in millivolt.

    Parameters
    ----------
    record
        File or record name (never a path outside the user's own argument, never patient data); shown in its `printable` form.
    field
        The part at fault, e.g. ``"gain of lead V2"``, ``"checksum of lead I"``, ``"signal file"``.
    reason
        Why it is refused, with the value found where that is no patient data.
    remedy
        What the user can do, one sentence.
    """

    def __init__(self, record: str, field: str, reason: str, remedy: str = "") -> None:
        record = printable(record)
        super().__init__(f"{record}: {field}: {reason}." + (f" {remedy}" if remedy else ""))
        self.record, self.field, self.reason, self.remedy = record, field, reason, remedy

    def __reduce__(self) -> tuple[type["ReadError"], tuple[str, str, str, str]]:
        return type(self), (self.record, self.field, self.reason, self.remedy)  # crosses process borders during ingest


class DivergenceError(DataError):
    """A training run whose loss, weights or validation scores are no longer finite numbers."""


class MissingError(JaccardioError):
    """Something the machine lacks: an optional package, a language model's weights, a device, disk space."""

    exit_code = 4
