"""`MeasuredStatement`: a sentence about an ECG that its measurements make true, false or something between.

Unlike the name of a finding, such a sentence needs no label: every recording of every hospital says how true it is.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from jaccardio.errors import UsageError
from jaccardio.measurement.measure import COLUMNS
from jaccardio.recording.leads import LEADS

LANGUAGES = ("en", "ja")

_CONDITION = re.compile(r"(?P<name>[\w.]+) (?P<side>[<>]) (?P<threshold>-?[\d.]+) ± (?P<width>[\d.]+)")


@dataclass(frozen=True)
class Condition:
    """That a measurement lies above (`sign` 1) or below (-1) a threshold; `width` is the distance over which truth rises to 0.73."""

    measurement: str
    sign: int
    threshold: float
    width: float

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Reads ``heart_rate > 100 ± 4``."""
        match = _CONDITION.fullmatch(text.strip())
        if match is None or match["name"] not in COLUMNS:
            raise ValueError(f"{text!r}: write MEASUREMENT > VALUE ± WIDTH with one of the measurements")
        return cls(match["name"], 1 if match["side"] == ">" else -1, float(match["threshold"]), float(match["width"]))

    def __str__(self) -> str:
        return f"{self.measurement} {'>' if self.sign > 0 else '<'} {self.threshold:g} ± {self.width:g}"


@dataclass(frozen=True)
class MeasuredStatement:
    """A row of ``data/statements.csv``.

    Attributes
    ----------
    code
        ``NAME``, or ``NAME.LEAD`` for a statement about one lead.
    conditions
        All of them must hold; the degree of truth is their product.
    sentences, denials
        By language.
    source
        Where threshold or meaning come from.
    """

    code: str
    conditions: tuple[Condition, ...]
    sentences: Mapping[str, str]
    denials: Mapping[str, str]
    source: str

    @property
    def lead(self) -> str | None:
        """The lead it speaks of, None for a statement about the whole ECG."""
        return self.code.partition(".")[2] or None


@lru_cache(maxsize=1)
def measured_statements() -> Mapping[str, MeasuredStatement]:
    """All statements by code, in the order of the table; those of a lead come once for each lead."""
    text = (resources.files("jaccardio.measurement") / "data" / "statements.csv").read_text("utf-8")
    found: dict[str, MeasuredStatement] = {}
    for row in csv.DictReader(text.splitlines()):
        for lead in LEADS if "{lead}" in row["code"] else ("",):
            filled = {key: value.replace("{lead}", lead) for key, value in row.items()}
            found[filled["code"]] = MeasuredStatement(
                filled["code"],
                tuple(Condition.parse(part) for part in filled["truth"].split(";")),
                {"en": filled["english"], "ja": filled["japanese"]},
                {"en": filled["denial"], "ja": filled["japanese_denial"]},
                filled["source"],
            )
    return found


def statement_sentences(codes: Sequence[str], language: str) -> list[str]:
    """The sentence of each statement.

    Raises
    ------
    UsageError
        The statements have no sentences in this language.
    """
    if codes and language not in LANGUAGES:
        raise UsageError(f"measured statements have no sentences in {language!r}, only in {', '.join(LANGUAGES)}. Leave measurements out.")
    return [measured_statements()[code].sentences[language] for code in codes]


def truths(measurements: NDArray[np.float32], codes: Sequence[str] | None = None) -> NDArray[np.float32]:
    """Degrees of truth (n, statements) in [0, 1] of measured ECGs (n, measurements); NaN is unknown.

    A condition is a logistic in its measurement, a statement the product of its conditions.

    Parameters
    ----------
    codes
        Statements to judge, all of them by default, in this order.
    """
    statements = measured_statements()
    asked = [statements[code].conditions for code in (statements if codes is None else codes)]
    if not asked:
        return np.empty((len(measurements), 0), dtype=np.float32)
    conditions = [condition for of_statement in asked for condition in of_statement]
    columns = [COLUMNS[condition.measurement] for condition in conditions]
    sign, threshold, width = np.array([(condition.sign, condition.threshold, condition.width) for condition in conditions]).T
    degrees = expit(sign * (measurements[:, columns].astype(np.float64) - threshold) / width)
    begins = np.cumsum([0, *map(len, asked[:-1])])
    return np.multiply.reduceat(degrees, begins, axis=1).astype(np.float32)
