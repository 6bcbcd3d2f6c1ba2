"""`Limits`: how much a service bears."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much a service bears.

    Attributes
    ----------
    body_bytes
        Of one request; more is refused before anything of it is parsed.
    waiting
        Requests in work or waiting; one more is told to come back (429).
    upload_seconds, answer_seconds
        For the body to arrive (else 408), and for the answer (else 504).
    batch_windows, gather_seconds
        Windows of ECGs that are scored together, and how long the first waits for others.
    """

    body_bytes: int = 2**24
    waiting: int = 64
    upload_seconds: float = 20.0
    answer_seconds: float = 60.0
    batch_windows: int = 32
    gather_seconds: float = 0.003
