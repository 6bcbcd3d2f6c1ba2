"""Two simulated hospitals as stores: made once, taken when they are there, made again where they were interrupted."""

import shutil
from pathlib import Path

from jaccardio.checksums import MANIFEST
from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.progress import Say, Watch, unwatched
from jaccardio.simulation.disk import simulate_hospitals

SITES = ("site-a", "site-b")


def simulated_hospitals(out: Path, records: int, sampling_rate: float, say: Say, watch: Watch = unwatched) -> Path:
    """The folder of two hospitals' files in `out`: `records` ECGs at the first, a third of that at the second.

    Raises
    ------
    UsageError
        `out` has a folder ``hospitals`` that is not such a folder: nothing but an interrupted simulation is ever removed.
    """
    folder, partial = out / "hospitals", out / ".hospitals.partial"
    if not all((folder / site / "manifest.csv").is_file() for site in SITES):
        if folder.exists():
            raise UsageError(f"{folder}: exists and does not hold the simulated hospitals. Move it away or choose another --out.")
        say("simulating two hospitals (simulated ECGs, not patients)")
        shutil.rmtree(partial, ignore_errors=True)  # of a simulation that was interrupted
        simulate_hospitals(partial, records, len(SITES), 0, sampling_rate, jobs=2, progress=watch("simulating"))
        partial.rename(folder)
    return folder


def ingested(source: Path, path: Path, corpus: str, sampling_rate: float, say: Say, watch: Watch = unwatched) -> Store:
    """The store of a corpus with the paper's findings; the pseudonyms' key lies beside it, one for all stores of that folder."""
    if not (path / MANIFEST).is_file():
        key = path.parent / "patient.key"
        progress = watch(f"ingesting into {path.name}")
        report = ingest(
            source, path, corpus=corpus, vocabulary="paper26", sampling_rate=sampling_rate, key_file=key, jobs=2, progress=progress
        )
        say(f"ingested {report.stored} ECGs into {path.name}, {len(report.rejected)} rejected")
    return Store.open(path)
