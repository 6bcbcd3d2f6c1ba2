"""Abbreviations of the PhysioNet/CinC Challenges 2020 and 2021 (``AF``, ``LBBB``) and the SNOMED CT codes they stand for."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from jaccardio.findings.tables import table_rows


@cache
def challenge_abbreviations() -> Mapping[str, str]:
    """SNOMED CT code per abbreviation, lower-case, from the Challenges' own tables (``data/challenge-codes.csv``)."""
    return MappingProxyType({row["abbreviation"].casefold(): row["snomed"] for row in table_rows("challenge-codes")})


@cache
def challenge_names() -> Mapping[str, str]:
    """English name per SNOMED CT code, as the Challenges' own tables write it."""
    return MappingProxyType({row["snomed"]: row["name"] for row in table_rows("challenge-codes")})
