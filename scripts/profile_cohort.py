"""What a cohort costs beside its signals, at two sizes, in seconds of CPU:  python scripts/profile_cohort.py [--ecgs N N] [--replicates R]

Random labels and scores of random patients; the signal of an ECG is one sample a lead. Printed as the table of docs/performance.md: a
ratio above that of the sizes would be work that grows faster than the cohort.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.corpora.corpus import Source
from jaccardio.cohort.relabel import label_records
from jaccardio.cohort.split import audit, check_disjoint, load_split, save_split, split_by_fractions
from jaccardio.cohort.store import Store
from jaccardio.cohort.store_writer import StoreWriter
from jaccardio.evaluation.calibration import fit_calibration
from jaccardio.evaluation.evaluate import evaluate
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.thresholds import fit_thresholds
from jaccardio.experiments.evaluate_run import rows_of_part
from jaccardio.experiments.held_out import part_of
from jaccardio.experiments.subgroups import subgroups_of
from jaccardio.findings.mapping import NAMED
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.markdown import markdown_table
from jaccardio.measurement.measure import MEASUREMENTS
from jaccardio.measurement.quality import Quality
from jaccardio.recording.checks.table import CHECKS
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import Prepared, SignalContract
from jaccardio.report.evaluation_report import write_evaluation
from jaccardio.training.config import load_preset
from jaccardio.training.leakage import check_unseen
from jaccardio.training.run_folder import RunFolder

CONTRACT = SignalContract(100.0, 0.01)
ECGS_A_PATIENT, PREVALENCE, SITES, DEVICES, YEARS = 1.15, 0.05, 20, 8, 20


def profile(ecgs: int, replicates: int, folder: Path) -> dict[str, float]:
    """Seconds of CPU by step, of a cohort of so many ECGs."""
    seconds: dict[str, float] = {}

    @contextmanager
    def timed(step: str) -> Iterator[None]:
        start = time.process_time()
        yield
        seconds[step] = time.process_time() - start

    vocabulary, random = Vocabulary.load("paper26"), np.random.default_rng(0)
    sources = _sources(ecgs, vocabulary, random)
    annotated = {"simulated": frozenset(f"{NAMED}{code}" for code in vocabulary.codes)}
    with timed("ingest: labels from codes"):
        labelled = label_records(sources, annotated, vocabulary)
    with timed("ingest: tables and manifest"):
        _write(folder / "store", sources, labelled.labels, vocabulary, annotated)
    with timed("store: open"):
        store = Store.open(folder / "store")
    with timed("split: make, check, write, read, audit"):
        split = split_by_fractions(store)
        check_disjoint(store, split)
        save_split(store, split)
        assert load_split(store) == split
        audit(store, split)
    with timed("run: begin, open, find its test part, check that it is unseen"):
        RunFolder.create(folder / "run", load_preset("jaccardio-small", ()), store, split)
        run = RunFolder.open(folder / "run")
        check_unseen(run, store, rows_of_part(run, store, "test").tolist())
    scores = 1 / (1 + np.exp(-random.normal(2.0 * store.labels - 3, 1.5)))
    with timed("thresholds and recalibration, fitted on all ECGs"):
        scored = Scored("random", [scores], [fit_thresholds(store.labels, scores)], fit_calibration(store.labels, scores))
    with timed("evaluate: all ECGs as a part, subgroups"):
        part, subgroups = part_of(store, np.arange(ecgs), vocabulary), subgroups_of(store.records)
    with timed(f"evaluate: metrics, {replicates} replicates"):
        evaluation = evaluate(part, scored, subgroups=subgroups, replicates=replicates)
    with timed("evaluate: report, plots, predictions"):
        write_evaluation(folder / "report", evaluation, part, scored, title="random", facts={})
    return seconds


def _sources(ecgs: int, vocabulary: Vocabulary, random: np.random.Generator) -> list[Source]:
    patients = random.integers(round(ecgs / ECGS_A_PATIENT), size=ecgs)
    ages, sites, devices, years = (random.integers(most, size=ecgs) for most in (90, SITES, DEVICES, YEARS))
    codes = np.array([f"{NAMED}{code}" for code in vocabulary.codes])
    return [
        Source(
            recording_id=f"simulated:{number:07d}",
            patient_key=f"{patients[number]:026d}",
            path=Path(),
            present=tuple(codes[random.random(len(codes)) < PREVALENCE].tolist()),
            absent=(),
            closed=True,
            database="simulated",
            site=f"site {sites[number]}",
            device=f"device {devices[number]}",
            age=float(ages[number]),
            sex=("female", "male")[number % 2],
            year=2000 + int(years[number]),
        )
        for number in range(ecgs)
    ]


def _write(
    store: Path, sources: list[Source], labels: NDArray[np.int8], vocabulary: Vocabulary, annotated: dict[str, frozenset[str]]
) -> None:
    prepared = Prepared(np.zeros((1, len(LEADS), CONTRACT.samples), np.int16), CONTRACT.samples, np.ones(len(LEADS), np.bool_), ())
    measurements, quality = np.zeros(len(MEASUREMENTS), np.float32), Quality(np.zeros(len(CHECKS), np.float32), ())
    with StoreWriter(store, CONTRACT) as writer:
        for source in sources:
            writer.add(source, prepared, source.recording_id, measurements, quality)
        writer.finish(labels, vocabulary, corpus="manifest", annotated=annotated, rejected=(), unmapped={})


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ecgs", type=int, nargs=2, default=(18_835, 200_000))
    parser.add_argument("--replicates", type=int, default=2)
    given = parser.parse_args()
    found = []
    for ecgs in given.ecgs:
        with tempfile.TemporaryDirectory() as folder:
            found.append(profile(ecgs, given.replicates, Path(folder)))
    few, many = given.ecgs
    head = ("step", f"{few:,} ECGs, s", f"{many:,} ECGs, s", f"ratio (sizes: {many / few:.1f})")
    rows = [(step, f"{one:.2f}", f"{found[1][step]:.2f}", f"{found[1][step] / one:.1f}") for step, one in found[0].items()]
    print(*markdown_table(head, rows), sep="\n")


if __name__ == "__main__":
    main()
