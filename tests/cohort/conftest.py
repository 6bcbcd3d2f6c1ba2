"""Builders of tiny stores and of a tiny corpus in PTB-XL's native layout. All signals are random numbers, no ECGs."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.cohort.corpora.corpus import Rejection, Source
from jaccardio.cohort.corpora.ptbxl import COLUMNS
from jaccardio.cohort.store import Store
from jaccardio.cohort.store_writer import StoreWriter, Window
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.leads import LEADS
from jaccardio.recording.preprocessing import SignalContract

CONTRACT = SignalContract(sampling_rate=50.0, seconds=4.0)
STATEMENTS = ("NORM", "IMI", "AFIB", "CLBBB", "PVC", "LVH")


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


@pytest.fixture
def make_ptbxl(tmp_path: Path) -> Callable[[int], Path]:
    """Writes a folder as PTB-XL is published, 100 Hz, with random signals; record 2 repeats the waveform of record 1."""

    def make(records: int) -> Path:
        folder = tmp_path / "ptbxl"
        (folder / "records100/00000").mkdir(parents=True)
        random = np.random.default_rng(0)
        with (folder / "ptbxl_database.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, COLUMNS, restval="")
            table.writeheader()
            for number in range(1, records + 1):
                name = f"records100/00000/{number:05d}_lr"
                write_wfdb(folder / name, np.random.default_rng(max(number, 2)).integers(-900, 900, (12, 1000)))
                codes = {code: 0.0 for code in STATEMENTS if random.random() < 0.4} or {"SR": 0.0}
                row = {"ecg_id": number, "patient_id": f"{number // 2}.0", "age": 50, "sex": 0, "strat_fold": 1 + (number // 2) % 10}
                table.writerow(row | {"scp_codes": codes, "filename_lr": name, "filename_hr": name})
        return folder

    return make


def write_wfdb(path: Path, counts: NDArray[np.int64]) -> None:
    """One WFDB record of format 16, 100 Hz, 1 count = 1 microvolt."""
    data = counts.astype("<i2")
    path.with_name(path.name + ".dat").write_bytes(np.ascontiguousarray(data.T).tobytes())
    lines = [f"{path.name} 12 100 {data.shape[1]}"]
    for lead, row in zip(LEADS, data, strict=True):
        checksum = int(row.astype(np.int64).sum()) % 65536
        lines.append(f"{path.name}.dat 16 1000.0(0)/mV 16 0 {row[0]} {checksum} 0 {lead}")
    path.with_name(path.name + ".hea").write_text("\n".join(lines) + "\n")
