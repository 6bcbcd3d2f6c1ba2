"""Kills ingest at random points and measures its memory; the tables of docs/reliability.md.

python scripts/reliability.py [POINTS]

The hospital is simulated, the shards are small. A kill is SIGKILL at a time drawn uniformly from the time that reading and writing take;
the same command is then run to its end and the store compared, byte by byte, with one that was never interrupted.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jaccardio.cohort import store as store_module
from jaccardio.cohort import store_writer
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.store import Store
from jaccardio.simulation.disk import simulate_hospitals

RECORDS, FIRST, SHARD = 30, 15, 4
MEMORY = """
import resource, sys
from pathlib import Path
from jaccardio.cohort.ingest import ingest
source, target, key = sys.argv[1:]
ingest(Path(source), Path(target), corpus="wfdb", vocabulary="paper26", sampling_rate=500.0, key_file=Path(key))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def contents(store: Path) -> dict[str, bytes]:
    return {str(file.relative_to(store)): file.read_bytes() for file in sorted(store.rglob("*")) if file.is_file()}


def begin(source: Path, store: Path, key: Path) -> int:
    """Starts ingest in a process of its own; returns the process."""
    process = os.fork()
    if process == 0:
        ingest(source, store, corpus="manifest", vocabulary="paper26", sampling_rate=100.0, key_file=key)
        os._exit(0)
    return process


def whole(source: Path, store: Path, key: Path) -> float:
    """Runs ingest to its end; returns the seconds it took."""
    began = time.monotonic()
    if os.waitpid(begin(source, store, key), 0)[1]:
        sys.exit("an uninterrupted ingest failed")
    return time.monotonic() - began


def kills(work: Path, points: int) -> None:
    for module in (store_module, store_writer):
        vars(module)["RECORDS_PER_SHARD"] = SHARD
    simulate_hospitals(work / "hospital", RECORDS, 1, 0, 100.0)
    everything, table = work / "hospital" / "site-a", work / "hospital/site-a/manifest.csv"
    first = table.with_name("first.csv")
    first.write_text("".join(table.read_text().splitlines(keepends=True)[: FIRST + 1]))
    key, base = work / "key", work / "base"
    whole(first, base, key)
    fresh, grown = work / "fresh", work / "grown"
    lasts = {"a new store": whole(everything, fresh, key)}
    shutil.copytree(base, grown)
    lasts["appending"] = whole(everything, grown, key)
    wanted = {"a new store": contents(fresh), "appending": contents(grown)}
    old = Store.open(base).fingerprint
    chance = random.Random(0)
    print("| kill -9 while writing | points | found before the end | after it | the same bytes after running again |")
    print("|---|---|---|---|---|")
    for what, seconds in lasts.items():
        before = after = same = 0
        while before + after < points // 2:
            store = work / "store"
            shutil.rmtree(store, ignore_errors=True)
            shutil.rmtree(work / ".store.partial", ignore_errors=True)
            if what == "appending":
                shutil.copytree(base, store)
            process = begin(everything, store, key)
            time.sleep(chance.uniform(0, seconds))
            os.kill(process, signal.SIGKILL)
            if os.waitpid(process, 0)[1] == signal.SIGKILL:
                finished = contents(store) == wanted[what] if store.exists() else False
                if what == "appending" and not finished:
                    Store.open(store).verify()
                    assert Store.open(store).fingerprint in (old, Store.open(grown).fingerprint), "neither the old nor the new store"
                before, after = before + (not finished), after + finished
                whole(everything, store, key)
                same += contents(store) == wanted[what]
        print(f"| {what} | {before + after} | {before} | {after} | {same} |", flush=True)


def memory(work: Path) -> None:
    simulate_hospitals(work / "one", 1, 1, 0, 500.0)
    header = next((work / "one").rglob("*.hea"))
    print("\n| ECGs of 10 s at 500 Hz | signals, MB | peak memory, MB |\n|---|---|---|")
    peaks = {}
    for records in (250, 500, 1000):
        folder = work / f"many-{records}"
        folder.mkdir()
        os.link(header.with_suffix(".dat"), folder / header.with_suffix(".dat").name)
        for number in range(records):
            (folder / f"r{number:06d}.hea").write_text(header.read_text().replace(f"{header.stem} 12", f"r{number:06d} 12"))
        words: list[str | Path] = [sys.executable, "-c", MEMORY, folder, work / f"store-{records}", work / f"key-{records}"]
        peaks[records] = float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
        print(f"| {records} | {records * 12 * 5000 * 2 / 1e6:.0f} | {peaks[records]:.0f} |", flush=True)
        shutil.rmtree(work / f"store-{records}")
    print(f"\n{(peaks[1000] - peaks[250]) / 750 * 1024:.1f} kB for each further ECG: ids, codes and measurements, no signal.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        kills(Path(scratch), int(sys.argv[1]) if len(sys.argv) > 1 else 50)
        memory(Path(scratch))
