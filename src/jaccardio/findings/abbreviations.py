"""Abbreviations of the PhysioNet/CinC Challenges 2020 and 2021 (``AF``, ``LBBB``) and the SNOMED CT codes they stand for."""

import csv
import io
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType


@cache
def challenge_abbreviations() -> Mapping[str, str]:
    """SNOMED CT code per abbreviation, lower-case, from the Challenges' own tables (``data/challenge-codes.csv``)."""
    text = (resources.files("jaccardio.findings") / "data" / "challenge-codes.csv").read_text("utf-8")
    return MappingProxyType({row["abbreviation"].casefold(): row["snomed"] for row in csv.DictReader(io.StringIO(text))})
