"""Which codes a database's annotators used at all. A finding that they never wrote is unknown in that database, not absent."""

from functools import cache

from jaccardio.findings.tables import table_rows


@cache
def _counts() -> dict[str, dict[str, int]]:
    databases: dict[str, dict[str, int]] = {}
    for row in table_rows("annotated"):
        databases.setdefault(row["database"], {})[row["code"]] = int(row["count"])
    return databases


def annotated_codes(database: str) -> frozenset[str]:
    """Codes (``scp:AFIB``, ``snomed:164889003``) with at least one record in a database; empty for a database not on record.

    The counts are in ``data/annotated.csv`` with their source. Sinus rhythm has no row in cpsc_2018, cpsc_2018_extra, ptb and georgia,
    where annotators often left it out beside other findings: there its absence says nothing.
    """
    return frozenset(annotated_counts(database))


def annotated_counts(database: str) -> dict[str, int]:
    """The codes of `annotated_codes` with their published number of records, most frequent first."""
    counts = {code: count for code, count in _counts().get(database, {}).items() if count > 0}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
