"""PTB-XL+ (PhysioNet, doi:10.13026/g6h6-7g88): what the 12SL program of GE states of the ECGs of PTB-XL, as SNOMED CT codes.

Strodthoff N, et al. PTB-XL+, a comprehensive electrocardiographic feature dataset. Sci Data 10:279 (2023). Used is
``labels/12sl_statements.csv`` alone, its column ``statements_ext_snomed`` (``[(426783006, 100.0), ...]``: code and certainty in percent),
placed in the folder of PTB-XL; features, median beats and fiducial points are not. Ids, patients and folds are those of PTB-XL.

The statements are a program's and stand in a store of their own, beside the physicians' of corpus ``ptbxl``. Below 100 % a code is left
open. The publisher adds parents of the codes; those that no vocabulary knows are counted as unmapped. A program states what it finds:
what it does not state is absent, as far as the table ever states it.
"""

import ast
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from jaccardio.cohort.corpora.corpus import DEFAULTS, Corpus, Rejection, Source, SourceOptions
from jaccardio.cohort.corpora.ptbxl import open_ptbxl
from jaccardio.cohort.corpora.published import published_rows, whole_in
from jaccardio.findings.mapping import OPEN
from jaccardio.findings.vocabulary import Vocabulary

TABLE = "labels/12sl_statements.csv"
CERTAIN = 100.0


def open_ptbxl_plus(
    source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary, options: SourceOptions = DEFAULTS
) -> Corpus:
    """Reads PTB-XL's table and the statements; ECGs without a row of statements have none, and all their findings are unknown.

    Raises
    ------
    UsageError, DataError
        As `open_ptbxl` does, and for the table of statements.
    """
    stated: dict[int | None, tuple[str, ...]] = {}
    unread = 0
    for row in published_rows(source / TABLE, ("ecg_id", "statements_ext_snomed"), "PTB-XL+"):
        codes = _codes(row["statements_ext_snomed"])
        unread += codes is None
        if codes is not None:
            stated[whole_in(row["ecg_id"])] = codes
    entries = [_restated(entry, stated) for entry in open_ptbxl(source, key, sampling_rate, vocabulary, options).entries]
    notes = (f"{unread} rows of {TABLE} are no list of codes; the findings of these ECGs are unknown",) if unread else ()
    annotated = frozenset(code.removeprefix(OPEN) for listed in stated.values() for code in listed)
    return Corpus(tuple(entries), {"ptbxl_12sl": annotated}, notes)


def _restated(entry: Source | Rejection, stated: Mapping[int | None, tuple[str, ...]]) -> Source | Rejection:
    if isinstance(entry, Rejection):
        return entry
    codes = stated.get(whole_in(entry.recording_id.partition(":")[2]))
    return replace(entry, present=codes or (), closed=codes is not None, database="ptbxl_12sl", scp_source=None, report_phrases=None)


def _codes(cell: str) -> tuple[str, ...] | None:
    """Codes of a cell, each once; None where it is no list of pairs."""
    try:
        pairs = [(int(code), float(certainty)) for code, certainty in ast.literal_eval(cell)]
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    certain = {code for code, certainty in pairs if certainty >= CERTAIN}
    return tuple(dict.fromkeys(f"{'' if code in certain else OPEN}snomed:{code}" for code, _ in pairs))
