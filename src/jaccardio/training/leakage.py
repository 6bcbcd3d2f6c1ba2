"""No ECG that a model has seen may be used to judge it."""

import re

from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.training.run_folder import RunFolder

SEEN = ("train", "validation")
"""Parts whose ECGs shaped a model: its weights, its best epoch, its thresholds."""


def check_unseen(run: RunFolder, store: Store, rows: list[int]) -> None:
    """Refuses records that overlap with what the run has seen, by recording id, by patient, or by identical waveform.

    Patients are compared by their pseudonymous keys, so two stores must have been ingested with the same key to be compared by patient.
    Waveforms are compared sample by sample: the same ECG at another rate is found by its id only, where the id is public (the
    Challenge's copies of PTB-XL).

    Raises
    ------
    DataError
        There is an overlap; the message counts it per part and kind and names up to three recording ids.
    """
    records = store.records.iloc[rows]
    for part in SEEN:
        seen = run.part(part)
        for kind, column in (("recording id", "recording_id"), ("patient", "patient_key"), ("identical waveform", "waveform")):
            values = records[column].map(_public_id) if column == "recording_id" else records[column]
            known = {_public_id(value) for value in seen[column]} if column == "recording_id" else set(seen[column])
            shared = records.loc[values.isin(known), "recording_id"]
            if len(shared):
                raise DataError(
                    f"{len(shared)} of {len(records)} ECGs overlap with the run's {part} part by {kind} "
                    f"(for example {', '.join(shared.iloc[:3])}). Evaluate ECGs that the model has not seen. Patients count as the same "
                    "where their pseudonyms are: two hospitals that number patients alike need two --patient-key files."
                )


def _public_id(recording_id: str) -> str:
    """The id of the original: record HR00599 of the Challenge is PTB-XL's ECG 599."""
    copy = re.fullmatch(r"challenge:HR0*(\d+)", recording_id)
    return f"ptbxl:{copy[1]}" if copy else recording_id
