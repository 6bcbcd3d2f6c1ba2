"""Prints what limits the figures of docs/results.md in the PTB-XL folder they were made from.

python scripts/ptbxl_caveats.py path/to/ptb-xl

Where the table has a column ``scp_source``, rows are counted by it: ``derived`` rows carry no likelihood, axis or report.
"""

import ast
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from jaccardio import read_ecg
from jaccardio.cohort.corpora.ptbxl import COLUMNS, TABLE
from jaccardio.cohort.corpora.published import published_rows

DOUBTFUL = 50
"""Percent. Likelihoods are 15, 35, 50, 80 and 100 there; 0 where none is stated."""
SIGNALS_READ = 100


def main(folder: Path) -> None:
    """Prints one line a caveat."""
    rows = list(published_rows(folder / TABLE, COLUMNS, "PTB-XL"))
    statements = published_rows(folder / "scp_statements.csv", ("", "diagnostic_class"), "PTB-XL")
    classes = {row[""]: row["diagnostic_class"] for row in statements}
    sources = Counter(row.get("scp_source", "original") for row in rows)
    signals = len(list((folder / "records100").rglob("*.hea")))
    print(f"rows: {len(rows):,}, {', '.join(f'{source} {count:,}' for source, count in sources.items())}")
    print(f"signals without a row: {signals - len(rows):,} of {signals:,}")
    print(f"rows with a heart axis: {sum(bool(row['heart_axis'].strip()) for row in rows):,}")
    for source in sources:
        likelihoods = [
            value
            for row in rows
            if row.get("scp_source", "original") == source
            for code, value in ast.literal_eval(row["scp_codes"]).items()
            if classes.get(code) == "MI"
        ]
        stated, doubtful = sum(value > 0 for value in likelihoods), sum(0 < value <= DOUBTFUL for value in likelihoods)
        print(
            f"infarction statements in {source} rows: {len(likelihoods):,}, with a likelihood {stated:,}, at most {DOUBTFUL} {doubtful:,}"
        )
    read = (read_ecg(folder / f"{row['filename_lr']}.hea") for row in rows[:: max(1, len(rows) // SIGNALS_READ)])
    microvolts = np.concatenate([np.rint(1000 * recording.signal[[0, 6]].ravel()) for recording in read]).astype(int)
    print(f"step of leads I and V1: {np.gcd.reduce(microvolts)} microvolt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
