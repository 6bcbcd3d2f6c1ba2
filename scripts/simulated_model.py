"""A small model trained on simulated ECGs, for documents, tests and trying things:  python scripts/simulated_model.py OUT

It shows that software works. It says nothing about patients, and its card says so.
"""

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.split import default_split, save_split
from jaccardio.cohort.store import Store
from jaccardio.simulation.disk import simulate_hospitals
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train

PRESET, SETTINGS, RATE = "jaccardio-small", ("model.width=4",), 100.0


def make(out: Path, records: int, settings: Sequence[str]) -> None:
    """Simulates a hospital of so many ECGs, trains on it, and leaves the model folder; nothing else is kept."""
    if out.exists():
        raise SystemExit(f"{out}: exists. Name a new folder.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate_hospitals(folder, records, 1, 0, RATE)
        site, key = folder / "site-a", folder / "patient.key"
        ingest(site, folder / "store", corpus="manifest", vocabulary="paper26", sampling_rate=RATE, key_file=key, jobs=1, progress=None)
        store = Store.open(folder / "store")
        split = default_split(store)
        save_split(store, split)
        summary = train(store, split, load_preset(PRESET, (*SETTINGS, *settings)), folder / "run", device="cpu")
        shutil.copytree(folder / "run/model", out)
    size = sum(file.stat().st_size for file in out.iterdir()) // 1000
    print(f"{out}: {size} kB, validation macro-AUROC {summary['validation_macro_auroc']:.3f} on simulated ECGs, not patients")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--records", type=int, default=1500)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args()
    make(given.out, given.records, given.settings)
