"""EchoNext 1.1 (PhysioNet, restricted access, doi:10.13026/r9pp-3y42): ``echonext_metadata_100k.csv`` beside ``EchoNext_*_waveforms.npy``.

Elias P, Finer J. EchoNext: A Dataset for Detecting Echocardiogram-Confirmed Structural Heart Disease from ECGs (2025). Those of a split are
(ECGs, 1, 2500, 12) at 250 Hz, in the order of the table's rows of that split; columns as public code that reads the original names them
(``split``, ``ecg_key``, ``patient_key``, ``age_at_ecg``, ``sex``, ``acquisition_year``, and one column a finding).

The publisher filtered, clipped and standardised the waveforms over the whole data: amplitudes are in no unit of voltage. One unit is
shown as `MILLIVOLT_SHOWN`, every ECG is flagged, and no voltage and no axis of it is measured. All findings are of echocardiography; of
what the ECG itself shows, nothing is annotated. The size of the left atrium is not in the table.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from jaccardio.cohort.corpora.corpus import DEFAULTS, Corpus, Rejection, Source, SourceOptions, storable_age, year_of
from jaccardio.cohort.corpora.published import entry_of, flagged, number_in, public_id, published_rows
from jaccardio.cohort.corpora.words import SEXES, plain
from jaccardio.errors import DataError, ReadError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.readers.array_part import ArrayPart

TABLES = ("echonext_metadata_100k.csv", "EchoNext_metadata_100k.csv")
"""The name of release 1.1, and that of release 1.0."""

FINDINGS = (
    *("lvef_lte_45_flag", "lvwt_gte_13_flag"),
    *(f"{valve}_moderate_or_greater_flag" for valve in ("aortic_stenosis", "aortic_regurgitation", "mitral_regurgitation")),
    *(f"{valve}_moderate_or_greater_flag" for valve in ("tricuspid_regurgitation", "pulmonary_regurgitation")),
    *("rv_systolic_dysfunction_moderate_or_greater_flag", "pericardial_effusion_moderate_large_flag"),
    *("pasp_gte_45_flag", "tr_max_gte_32_flag", "shd_moderate_or_greater_flag"),
)
CODES = {column: (f"echonext:{column}", f"echonext:{column}") for column in FINDINGS}
FOLDS = {"train": 1, "val": 2, "test": 3}
"""The published splits as folds; ``no_split`` has none."""

RATE_HZ = 250.0
MILLIVOLT_SHOWN = 0.25
"""About one standard deviation of ECGs in millivolt: what networks see is then as large as elsewhere, not what was measured."""


def open_echonext(
    source: Path, key: bytes | None, sampling_rate: float, vocabulary: Vocabulary, options: SourceOptions = DEFAULTS
) -> Corpus:
    """Reads the table; ECGs of splits whose waveforms are not there are counted in the notes.

    Raises
    ------
    UsageError
        No table there.
    DataError
        A missing column, waveforms of another number than the table's rows, or no waveforms at all.
    """
    table = next((source / name for name in TABLES if (source / name).is_file()), source / TABLES[0])
    places: dict[str, int] = {}
    entries: list[Source | Rejection] = []
    columns = ("ecg_key", "patient_key", "split", "age_at_ecg", "sex", *FINDINGS)
    for number, row in enumerate(published_rows(table, columns, "EchoNext"), start=2):
        split = public_id(row, "split", number, table)
        place = places[split] = places.get(split, -1) + 1
        path = source / f"EchoNext_{split}_waveforms.npy"
        if path.is_file():
            record, patient = (f"echonext:{public_id(row, column, number, table)}" for column in ("ecg_key", "patient_key"))
            entries.append(entry_of(_source, record, patient, row, path, place))
    for split, last in places.items():
        _refuse_other_length(source / f"EchoNext_{split}_waveforms.npy", last + 1)
    if not entries:
        raise DataError(f"{source}: there are no EchoNext_*_waveforms.npy beside the table. Download those of a split.")
    rows = sum(places.values()) + len(places)
    missing = f"{rows - len(entries)} ECGs are of splits whose waveforms are not here"
    relative = f"amplitudes are standardised, not millivolt: one unit is shown as {MILLIVOLT_SHOWN} mV, and no voltage or axis is measured"
    codes = frozenset(code for pair in CODES.values() for code in pair)
    return Corpus(tuple(entries), {"echonext": codes}, (relative, *([missing] if rows > len(entries) else [])))


def _refuse_other_length(path: Path, rows: int) -> None:
    """Rows are found by their place alone, so table and waveforms must be of one release."""
    if not path.is_file():
        return
    try:
        ecgs = len(np.load(path, mmap_mode="r", allow_pickle=False))
    except (ValueError, OSError, EOFError, TypeError):
        raise DataError(f"{path}: no NumPy file, or damaged. Download it again.") from None
    if ecgs != rows:
        raise DataError(f"{path}: {ecgs} ECGs, the table has {rows} of this split. Download table and waveforms of one release.")


def _source(record: str, patient: str, row: Mapping[str, str], path: Path, place: int) -> Source:
    present, absent = flagged(row, CODES, record)
    sex = plain(row["sex"])
    if sex not in SEXES:
        raise ReadError(record, "column sex", "neither female nor male nor empty", "Download the table again.")
    return Source(
        recording_id=record,
        patient_key=patient,
        path=path,
        part=ArrayPart(RATE_HZ, place, leads_last=True, relative=MILLIVOLT_SHOWN),
        present=present,
        absent=absent,
        closed=False,
        database="echonext",
        fold=FOLDS.get(row["split"]),
        age=storable_age(number_in(row["age_at_ecg"])),
        sex=SEXES[sex],
        year=year_of(row.get("acquisition_year", "").removesuffix(".0")),
    )
