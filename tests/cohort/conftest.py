"""Builders of tiny stores. All signals are random numbers, no ECGs."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.store import Store
from jaccardio.cohort.store_writer import StoreWriter, Window
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import SignalContract

CONTRACT = SignalContract(sampling_rate=50.0, seconds=4.0)


def windows(records: int, seed: int = 0) -> NDArray[np.int16]:
    """(records, 12, samples) int16 of random numbers."""
    return np.random.default_rng(seed).integers(-2000, 2000, (records, len(LEADS), CONTRACT.samples), dtype=np.int16)


@pytest.fixture
def make_store(tmp_path: Path) -> Callable[..., Store]:
    """Writes a store without any file to read: labels (n, k) of the first k findings of paper26, the others are unknown."""

    def make(
        labels: NDArray[np.int8],
        patients: Sequence[str] | None = None,
        waveforms: Sequence[str] | None = None,
        folds: Sequence[int | None] | None = None,
        name: str = "store",
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
                writer.add(source, Window(counts, 0b111111111111, (), waveforms[row] if waveforms is not None else f"w{row}"))
            annotated = {"ptbxl": frozenset({"scp:AFIB", "scp:NORM"})}
            rejected = [Rejection("r99999", "signal file: absent.")]
            writer.finish(full, vocabulary, corpus="ptbxl", annotated=annotated, rejected=rejected, unmapped={"scp:XYZ": 1})
        return Store.open(tmp_path / name)

    return make
