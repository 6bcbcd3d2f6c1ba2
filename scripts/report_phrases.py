"""Prints how much of the reports of PTB-XL the glossary of report phrases reads, and what it does not.

python scripts/report_phrases.py path/to/ptb-xl

A phrase outside the glossary is printed only where the reports of `PATIENTS` patients have it: a rarer one may speak of a person.
"""

import csv
import sys
from collections import Counter
from pathlib import Path

from jaccardio.findings.report_phrases import read_report, report_phrases

PATIENTS = 5
LISTED = 40


def main(folder: Path) -> None:
    """Prints the shares read, the uses of every pattern, and the most used phrases outside the glossary."""
    with (folder / "ptbxl_database.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["report"].strip()]
    patterns, unread, patients = Counter[str](), Counter[str](), dict[str, set[str]]()
    whole = 0
    for row in rows:
        reading = read_report(row["report"])
        patterns.update(reading.patterns)
        unread.update(reading.unread)
        whole += not reading.unread
        for phrase in reading.unread:
            patients.setdefault(phrase, set()).add(row["patient_id"])
    uses, left = patterns.total(), unread.total()
    words = sum(len(pattern.split()) * count for pattern, count in patterns.items())
    words_left = sum(len(phrase.split()) * count for phrase, count in unread.items())
    print(f"reports: {len(rows):,}, read whole: {whole:,} ({whole / len(rows):.1%})")
    print(f"words read: {words / (words + words_left):.1%}")
    print(
        f"uses of the glossary: {uses:,}, of {len(patterns)} of its {sum(len(row.patterns) for row in report_phrases().values())} patterns"
    )
    print(f"phrases outside the glossary: {left:,} uses, {len(unread):,} distinct\n")
    for pattern, count in patterns.most_common():
        print(f"{count:6,}  {pattern}")
    print("\nnot in the glossary:")
    common = [(phrase, count) for phrase, count in unread.most_common() if len(patients[phrase]) >= PATIENTS]
    for phrase, count in common[:LISTED]:
        print(f"{count:6,}  {phrase}")
    rare = left - sum(count for _, count in common)
    print(f"{rare:6,}  in phrases of fewer than {PATIENTS} patients each, not printed")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
