"""`evidence_inputs`: what an ECG's measurements tell a model beside its signal: which statements hold, and which definitions it fits."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from jaccardio.files import sha256_json
from jaccardio.measurement.clauses import Clauses
from jaccardio.measurement.definitions import definitions_of
from jaccardio.measurement.statements import measured_statements, truths

LEAST = 1e-7
"""A definition fits neither less than this nor more than 1 less it: its log-odds are finite."""

BLOCK = 1024
"""ECGs that are judged at once: what lies between measurements and evidence takes 30 kB for each."""


def evidence_inputs(measurements: NDArray[np.float32], defined: Sequence[str]) -> NDArray[np.float32]:
    """Evidence of n ECGs, (n, statements + definitions); NaN is unknown.

    Parameters
    ----------
    measurements
        (n, measurements) in the order of `jaccardio.measurement.measure.MEASUREMENTS`.
    defined
        Findings, by code, whose shipped definitions are held against each ECG.

    Returns
    -------
    Degrees of truth of `measured_statements`, then the log-odds of how well the ECG fits each definition.
    """
    blocks = [measurements[start : start + BLOCK] for start in range(0, max(len(measurements), 1), BLOCK)]
    return np.concatenate([_inputs(block, tuple(defined)) for block in blocks])


def _inputs(measurements: NDArray[np.float32], defined: tuple[str, ...]) -> NDArray[np.float32]:
    degrees = truths(measurements)
    if not defined:
        return degrees
    named = dict(zip(measured_statements(), degrees.T.astype(np.float64), strict=True))
    fits = np.clip(_clauses_of(defined).degrees(named), LEAST, 1 - LEAST)
    return np.column_stack([degrees, np.log(fits / (1 - fits)).T.astype(np.float32)])


@lru_cache
def _clauses_of(defined: tuple[str, ...]) -> Clauses:
    return Clauses([definition.clause for definition in definitions_of(defined).values()])


def evidence_fingerprint(defined: Sequence[str]) -> str:
    """SHA-256 of all that `evidence_inputs` rests on: another threshold, definition or order is other evidence."""
    statements = [(code, *map(str, statement.conditions)) for code, statement in measured_statements().items()]
    clauses = [(code, repr(definition.clause)) for code, definition in definitions_of(defined).items()]
    return sha256_json({"statements": statements, "definitions": clauses})
