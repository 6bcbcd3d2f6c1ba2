"""Which codes a database's annotators used at all. A finding that they never wrote is unknown in that database, not absent."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from jaccardio.findings.tables import table_rows


def annotated_codes(database: str) -> frozenset[str]:
    """Codes (``scp:AFIB``, ``snomed:164889003``) with at least one record in a database; empty for a database not on record.

    The counts are in ``data/annotated.csv`` with their source. Sinus rhythm has no row in cpsc_2018, cpsc_2018_extra, ptb and georgia,
    where annotators often left it out beside other findings: there its absence says nothing.
    """
    return frozenset(annotated_counts(database))


@cache
def annotated_counts(database: str) -> Mapping[str, int]:
    """The codes of `annotated_codes` with their published number of records, most frequent first."""
    counts = [(row["code"], int(row["count"])) for row in table_rows("annotated") if row["database"] == database]
    ordered = sorted(counts, key=lambda item: (-item[1], item[0]))
    return MappingProxyType({code: count for code, count in ordered if count > 0})
