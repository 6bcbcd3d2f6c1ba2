"""Prints how much of the reports of PTB-XL the glossary of report phrases reads, and what it does not.

python scripts/report_phrases.py path/to/ptb-xl

A phrase outside the glossary is printed only where the reports of `PATIENTS` patients have it: a rarer one may speak of a person.
"""

import ast
import csv
import sys
from collections import Counter
from pathlib import Path

from jaccardio.findings.report_phrases import AT, Reading, read_report, report_phrases

PATIENTS = 5


def main(folder: Path) -> None:
    """Prints the shares read, the uses of every pattern, how often a code stands beside it, and the phrases outside the glossary."""
    with (folder / "ptbxl_database.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["report"].strip()]
    readings = [read_report(row["report"]) for row in rows]
    phrases = Counter(chain for reading in readings for chain in reading.chains)
    patterns = Counter(pattern for reading in readings for chain in reading.chains for pattern in chain)
    unread = Counter(phrase for reading in readings for phrase in reading.unread)
    whole = sum(not reading.unread for reading in readings)
    words, words_left = (sum(len(text.split()) * uses for text, uses in counts.items()) for counts in (patterns, unread))
    known = sum(len(row.patterns) for row in report_phrases().values())
    print(f"phrases read whole: {_share(phrases.total(), phrases.total() + unread.total())}")
    print(f"reports read whole: {_share(whole, len(rows))}")
    print(f"words read: {_share(words, words + words_left)}")
    print(f"uses of a pattern: {patterns.total():,}, of {len(patterns)} of {known} patterns in {len(report_phrases())} rows")
    print(f"phrases outside the glossary: {unread.total():,}, {len(unread):,} distinct\n")
    for pattern, count in patterns.most_common():
        print(f"{count:6,}  {pattern}")
    print("\nreports that say it, and share of them beside a code that it names:")
    _agreement(rows, readings)
    print("\nnot in the glossary:")
    patients: dict[str, set[str]] = {}
    for row, reading in zip(rows, readings, strict=True):
        for phrase in reading.unread:
            patients.setdefault(phrase, set()).add(row["patient_id"])
    common = [(phrase, count) for phrase, count in unread.most_common() if len(patients[phrase]) >= PATIENTS]
    for phrase, count in common:
        print(f"{count:6,}  {phrase}")
    rare = unread.total() - sum(count for _, count in common)
    print(f"{rare:6,}  in phrases of fewer than {PATIENTS} patients each, not printed")


def _agreement(rows: list[dict[str, str]], readings: list[Reading]) -> None:
    said, beside = Counter[str](), Counter[tuple[str, str]]()
    for row, reading in zip(rows, readings, strict=True):
        codes = ast.literal_eval(row["scp_codes"])
        for name in {code.partition(AT)[0] for code in reading.said}:
            said[name] += 1
            beside.update((name, finding) for finding in report_phrases()[name].findings if finding in codes)
    for name, count in said.most_common():
        shares = [f"{finding} {beside[name, finding] / count:.0%}" for finding in report_phrases()[name].findings]
        print(f"{count:6,}  {name}{': ' if shares else ''}{', '.join(shares)}")


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / whole:.1%})"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
