"""Prints the class-overlap tables of docs/transfer.md from the mapping tables of the findings room.

python scripts/class_overlap.py
"""

from jaccardio.findings.abbreviations import challenge_names
from jaccardio.findings.coverage import annotated_counts
from jaccardio.findings.overlap import Overlap, class_overlap, codes_outside
from jaccardio.findings.vocabulary import Vocabulary

DATABASES = {"cpsc_2018": "CPSC2018", "chapman_shaoxing": "Chapman-Shaoxing", "ningbo": "Ningbo"}


def main() -> None:
    """Prints a table of the super-classes, one of the statements, and what no class of PTB-XL expresses."""
    vocabulary = Vocabulary.load("ptbxl71")
    names = {finding.code: finding.names["en"] for finding in vocabulary.findings}
    for level, title in (("super", "Super-classes"), ("all", "Statements")):
        overlaps = {database: class_overlap(vocabulary, level, database) for database in DATABASES}
        classes = [name for name, _ in vocabulary.groups()[level]]
        print(f"### {title}\n")
        print(f"| PTB-XL | {' | '.join(DATABASES.values())} |\n|---|{'---|' * len(DATABASES)}")
        silent = []
        for name in classes:
            found = {database: overlaps[database][name] for database in DATABASES}
            if level == "all" and not any(overlap.stated or overlap.left_open for overlap in found.values()):
                silent.append(name)
                continue
            head = f"{name}: {names[name]}" if level == "all" else name
            print(f"| {head} | {' | '.join(_cell(overlap, database) for database, overlap in found.items())} |")
        if silent:
            print(f"\nNo code of the three speaks of {', '.join(silent)}.")
        print()
    print("### Codes that no statement of PTB-XL expresses\n")
    for database, title in DATABASES.items():
        codes = codes_outside(vocabulary, database)
        print(f"- {title}: {_listed(codes, database) if codes else 'none'}.")


def _cell(overlap: Overlap, database: str) -> str:
    parts = [_listed(overlap.stated, database)] if overlap.stated else []
    if overlap.left_open:
        parts.append(f"*left open by* {_listed(overlap.left_open, database)}")
    return "; ".join(parts)


def _listed(codes: tuple[str, ...], database: str) -> str:
    counts, names = annotated_counts(database), challenge_names()
    return ", ".join(f"{names[code.removeprefix('snomed:')]} {counts[code]:,}" for code in codes)


if __name__ == "__main__":
    main()
