"""Damages ECG files at random and reads them: each must become a recording or a ReadError, soon.

python scripts/mutate_formats.py FOLDER --mutants 10000

FOLDER holds files of any formats; the mutants of a format are spread over its files. Prints one row a format; status 1 where a mutant
ended otherwise or took longer than 2 s.
"""

import argparse
import glob
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from jaccardio import read_ecg
from jaccardio.cohort.corpora.listing import ecg_files
from jaccardio.errors import ReadError
from jaccardio.recording.readers.formats import FORMATS
from jaccardio.recording.readers.record_files import named_path

SECONDS = 2.0
HEADER = 1024
"""Bytes at the beginning in which edits are made that a parser reads as numbers, lengths and names."""

WORDS = (
    b"nan",
    b"-1",
    b"0",
    b"9" * 20,
    b"1e999",
    b"\xff" * 4,
    b"\x00" * 8,
    b"\x7f\xff\xff\xff",
    b"/",
    b"../",
    b"<",
    b">",
    b'"',
    b"\n",
    b",",
)


@dataclass
class Outcome:
    """What became of the mutants of one format; `wrong` tells seed and end of those that broke the rule."""

    files: int = 0
    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    wrong: list[str] = field(default_factory=list)


def mutant(data: bytes, random: np.random.Generator) -> bytes:
    """`data` with one to three of: flipped bits, an end cut off, a piece moved, removed or doubled, a word written into the header."""
    damaged = bytearray(data)
    for _ in range(random.integers(1, 4)):
        size = max(1, len(damaged))
        first, second = sorted(random.integers(0, size, 2).tolist())
        second = min(second, first + 4096)
        match random.integers(0, 6):
            case 0:
                for place in random.integers(0, size, random.integers(1, 9)):
                    damaged[place : place + 1] = bytes(byte ^ (1 << int(random.integers(8))) for byte in damaged[place : place + 1])
            case 1:
                del damaged[int(random.integers(0, size)) :]
            case 2:
                place = int(random.integers(0, size))
                damaged[place:place] = damaged[first:second]
            case 3:
                del damaged[first:second]
            case 4:
                place, word = int(random.integers(0, min(size, HEADER))), WORDS[random.integers(len(WORDS))]
                damaged[place : place + len(word) * int(random.integers(2))] = word
            case 5:
                place = int(random.integers(0, min(size, HEADER)))
                damaged[place : place + 4] = random.bytes(4)
    return bytes(damaged)


def mutate(samples: Path, mutants: int, seed: int = 0) -> dict[str, Outcome]:
    """Reads so many mutants a format, made of the files of a folder; by name of the format, in the order of `FORMATS`."""
    by_format: dict[str, list[Path]] = defaultdict(list)
    for path in ecg_files(samples).ecgs:
        try:
            by_format[read_ecg(path).format].append(path)  # and the process that reads its format has started
        except ReadError as error:
            print(f"left out, it is not sound: {error}", file=sys.stderr)
    outcomes = {}
    for place, format_ in enumerate(FORMATS):
        files = by_format.get(format_.name, [])
        if not files:
            continue
        outcomes[format_.name] = outcome = Outcome(len(files))
        with tempfile.TemporaryDirectory() as folder:
            for number in range(mutants):
                _try(files[number % len(files)], Path(folder), [seed, place, number], outcome)
    return outcomes


def _try(sample: Path, folder: Path, seed: Sequence[int], outcome: Outcome) -> None:
    """One mutant: of the file itself or, of a WFDB record or an array with its declaration, of any file that belongs to it."""
    random = np.random.default_rng(seed)
    parts = [part for part in sorted(sample.parent.glob(f"{glob.escape(named_path(sample).stem)}.*")) if part.suffix != sample.suffix]
    parts = [sample, *(part for part in parts if part.suffix.lower() in (".dat", ".mat", ".json"))]
    for part in parts:
        shutil.copy(part, folder / part.name)
    damaged = folder / parts[random.integers(len(parts))].name
    damaged.write_bytes(mutant(damaged.read_bytes(), random))
    began = time.perf_counter()
    try:
        read_ecg(folder / sample.name)
        outcome.read += 1
    except ReadError:
        outcome.refused += 1
    except BaseException as error:
        outcome.wrong.append(f"seed {seed}: {type(error).__name__}")
    seconds = time.perf_counter() - began
    outcome.slowest = max(outcome.slowest, seconds)
    if seconds > SECONDS:
        outcome.wrong.append(f"seed {seed}: {seconds:.1f} s")


def main(arguments: Sequence[str]) -> int:
    """Prints the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mutants", type=int, default=200, help="of each format")
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args(arguments)
    outcomes = mutate(wanted.folder, wanted.mutants, wanted.seed)
    print("| format | files | mutants | read | refused | slowest | otherwise |")
    print("|---|---|---|---|---|---|---|")
    for name, of in outcomes.items():
        print(f"| {name} | {of.files} | {wanted.mutants:,} | {of.read:,} | {of.refused:,} | {of.slowest:.2f} s | {len(of.wrong)} |")
    for name, of in outcomes.items():
        for line in of.wrong:
            print(f"{name}: {line}")
    return int(any(of.wrong for of in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
