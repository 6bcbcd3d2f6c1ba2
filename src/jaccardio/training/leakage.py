"""No ECG that a model has seen may be used to judge it."""

from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.training.run_folder import RunFolder

SEEN = ("train", "validation")
"""Parts whose ECGs shaped a model: its weights, its best epoch, its thresholds."""


def check_unseen(run: RunFolder, store: Store, rows: list[int]) -> None:
    """Refuses records that overlap with what the run has seen, by recording id, by patient, or by identical waveform.

    Patients are compared by their pseudonymous keys, so two stores must have been ingested with the same key to be compared by patient.

    Raises
    ------
    DataError
        There is an overlap; the message counts it per part and kind and names up to three recording ids.
    """
    records = store.records.iloc[rows]
    for part in SEEN:
        seen = run.part(part)
        for kind, column in (("recording id", "recording_id"), ("patient", "patient_key"), ("identical waveform", "waveform")):
            shared = records.loc[records[column].isin(set(seen[column])), "recording_id"]
            if len(shared):
                raise DataError(
                    f"{len(shared)} of {len(records)} ECGs overlap with the run's {part} part by {kind} "
                    f"(for example {', '.join(shared.iloc[:3])}). Evaluate a part that the model has not seen."
                )
