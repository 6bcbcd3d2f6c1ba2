"""Libraries of the extra `formats`, held at arm's length."""

import warnings
from collections.abc import Callable
from typing import TypeVar

from jaccardio.errors import JaccardioError, ReadError

_T = TypeVar("_T")

COPY_AGAIN = "Copy or export the file again."


def guarded(call: Callable[[], _T], record: str, kind: str, own_words: Callable[[Exception], str] | None = None) -> tuple[_T, list[str]]:
    """What a library's call returns, and the warnings that it gave instead of refusing.

    What a library says of a file may repeat the file, names of patients included. So its exceptions are dropped, not chained: neither a
    traceback nor `__context__` holds them.

    Parameters
    ----------
    kind
        Name of the format, for messages.
    own_words
        Of an error, what may be repeated of it; empty for nothing.

    Raises
    ------
    ReadError
        The library failed, in whatever way.
    MemoryError
        Passed on.
    """
    reason = ""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            result = call()
        except (JaccardioError, MemoryError):
            raise
        except Exception as error:  # a damaged file ends anywhere in a library
            reason = (own_words and own_words(error)) or f"damaged, cut off, or no {kind} of a kind that can be read"
    if reason:
        raise ReadError(record, "file", reason, COPY_AGAIN)
    return result, [str(warning.message) for warning in heard]
