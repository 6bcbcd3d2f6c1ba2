"""Builders of tiny stores. All signals are random numbers, no ECGs."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.store import Store
from jaccardio.cohort.store_writer import StoreWriter
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.measurement.measure import MEASUREMENTS
from jaccardio.measurement.quality import Quality
from jaccardio.recording.checks.table import CHECKS
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import Prepared, SignalContract

CONTRACT = SignalContract(sampling_rate=50.0, seconds=4.0)


def windows(records: int, seed: int = 0) -> NDArray[np.int16]:
    """(records, 12, samples) int16 of random numbers."""
    return np.random.default_rng(seed).integers(-2000, 2000, (records, len(LEADS), CONTRACT.samples), dtype=np.int16)


@pytest.fixture
def make_store(tmp_path: Path) -> Callable[..., Store]:
    """Writes a store without any file to read: labels (n, k) of the first k findings of paper26, the others are unknown.

    `recorded` samples of each record's window (all if None), and how many windows each has: the first of `windows(records)`, the further
    ones of `windows(n, seed=100 + row)`.
    """

    def make(
        labels: NDArray[np.int8],
        patients: Sequence[str] | None = None,
        waveforms: Sequence[str] | None = None,
        folds: Sequence[int | None] | None = None,
        name: str = "store",
        recorded: Sequence[int] | None = None,
        windows_of: Sequence[int] | None = None,
    ) -> Store:
        vocabulary, records = Vocabulary.load("paper26"), len(labels)
        full = np.full((records, len(vocabulary)), -1, dtype=np.int8)
        full[:, : labels.shape[1]] = labels
        with StoreWriter(tmp_path / name, CONTRACT) as writer:
            for row, counts in enumerate(windows(records)):
                source = Source(
                    recording_id=f"r{row:05d}",
                    patient_key=patients[row] if patients is not None else f"p{row}",
                    path=Path("nowhere"),
                    present=("scp:AFIB",) if row % 3 == 0 else ("scp:NORM", "scp:XYZ"),
                    absent=(),
                    closed=True,
                    database="ptbxl",
                    fold=folds[row] if folds is not None else None,
                    age=40.0 if row else None,
                )
                length = recorded[row] if recorded is not None else CONTRACT.samples
                counts[:, length:] = 0
                further = windows(windows_of[row] - 1, seed=100 + row) if windows_of is not None else windows(0)
                prepared = Prepared(np.concatenate([counts[None], further]), length, np.ones(len(LEADS), dtype=np.bool_), ())
                unchecked = Quality(np.full(len(CHECKS), np.nan, dtype=np.float32), ())
                unmeasured = np.full(len(MEASUREMENTS), np.nan, dtype=np.float32)
                writer.add(source, prepared, waveforms[row] if waveforms is not None else f"w{row}", unmeasured, unchecked)
            annotated = {"ptbxl": frozenset({"scp:AFIB", "scp:NORM"})}
            rejected = [Rejection("r99999", "signal file: absent.")]
            writer.finish(full, vocabulary, corpus="ptbxl", annotated=annotated, rejected=rejected, unmapped={"scp:XYZ": 1})
        return Store.open(tmp_path / name)

    return make
