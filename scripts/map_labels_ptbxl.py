"""Precision and recall of `jaccardio map-labels` on the reports of PTB-XL against its codes, as tables of Markdown.

python scripts/map_labels_ptbxl.py path/to/ptb-xl

Only ECGs whose statements are the original ones (scp_source = original). A finding counts as said where the report makes it present; what
stands in doubt or is named by halves is not said. Intervals: 2.5th and 97.5th percentile of 1,000 resamples of the patients. `left_axis` is
left out: PTB-XL's label of it rests on the report itself.
"""

import ast
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.findings.coverage import annotated_codes
from jaccardio.findings.labels import ABSENT, PRESENT, UNKNOWN
from jaccardio.findings.mapping import LabelMapper
from jaccardio.findings.statement_texts import StatementReader, StatementReading
from jaccardio.findings.vocabulary import Vocabulary

REPLICATES, SEED = 1000, 0
FEWEST = 20
"""ECGs with the code, or said to have it, from which a finding has a row."""

WORDINGS = (
    *(
        ("qt-verl", "LNGQT"),
        ("p-sinistrocardiale", "LAO/LAE"),
        ("anteriorer infarkt", "AMI"),
        ("t abnorm", "TAB_"),
        ("st & t abnorm", "ISC_"),
    ),
    *(("intraventrikul", "IVCD"), ("periphere niederspannung", "LVOLT"), ("rechtsschenkelblock", "CRBBB"), ("linkshypertrophie m", "LVH")),
    *(("suggesting lvh", "LVH"), ("vorhofflimmern/-flattern", "AFIB"), ("amplitudenkriterien", "VCLVH")),
)
"""Words of reports, and the code that a reader would expect beside them."""


def main(folder: Path) -> None:
    """Prints a table for each of two vocabularies."""
    with (folder / "ptbxl_database.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["scp_source"] == "original" and row["report"].strip()]
    patients = np.unique([row["patient_id"] for row in rows], return_inverse=True)[1]
    print(f"{len(rows):,} ECGs of {patients.max() + 1:,} patients\n")
    print("| words of the report | ECGs | code | coded |\n|---|---|---|---|")
    for words, code in WORDINGS:
        having = [row for row in rows if words in row["report"].lower()]
        print(f"| {words} | {len(having):,} | {code} | {sum(code in ast.literal_eval(row['scp_codes']) for row in having):,} |")
    print()
    readers = [StatementReader.for_vocabulary(Vocabulary.load(name)) for name in ("paper26", "ptbxl71")]
    readings = {report: [reader.read(report) for reader in readers] for report in {row["report"]: None for row in rows}}
    for place, reader in enumerate(readers):
        _table(reader.mapper, rows, [readings[row["report"]][place] for row in rows], patients)


def _table(mapper: LabelMapper, rows: Sequence[dict[str, str]], readings: Sequence[StatementReading], patients: NDArray[np.int64]) -> None:
    said = np.stack([reading.labels for reading in readings])
    coded = np.stack([_coded(mapper, row) for row in rows])
    weights = np.random.default_rng(SEED).multinomial(patients.max() + 1, np.full(patients.max() + 1, 1 / (patients.max() + 1)), REPLICATES)
    print(f"| {mapper.vocabulary.name} | coded | said | precision | recall | denied | of these coded |\n|---|---|---|---|---|---|---|")
    for column, code in enumerate(mapper.vocabulary.codes):
        known = coded[:, column] != UNKNOWN
        has, claimed = (coded[:, column] == PRESENT), (said[:, column] == PRESENT) & known
        if has.any() and max(has.sum(), claimed.sum()) >= FEWEST:
            denied = (said[:, column] == ABSENT) & known
            shares = [_share(has & claimed, whole, patients, weights) for whole in (claimed, has)]
            print(f"| {code} | {has.sum():,} | {claimed.sum():,} | {' | '.join(shares)} | {denied.sum():,} | {(denied & has).sum():,} |")
    whole = sum(not reading.unread for reading in readings)
    print(f"\nsomething was recognised in every phrase of {whole:,} reports ({whole / len(rows):.1%})\n")


def _coded(mapper: LabelMapper, row: dict[str, str]) -> NDArray[np.int8]:
    codes = [f"scp:{code}" for code in ast.literal_eval(row["scp_codes"])]
    annotated = frozenset(code for code in annotated_codes("ptbxl") if code.startswith("scp:"))
    return mapper.label(codes, (), closed=True, annotated=annotated)


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_], patients: NDArray[np.int64], weights: NDArray[np.int64]) -> str:
    if not whole.any():
        return "-"
    parts, wholes = (weights @ np.bincount(patients, rows, minlength=weights.shape[1]) for rows in (part, whole))
    low, high = np.percentile((parts / np.maximum(wholes, 1))[wholes > 0], [2.5, 97.5])
    return f"{part.sum() / whole.sum():.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
