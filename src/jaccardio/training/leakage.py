"""No ECG that a model has seen may be used to judge it."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.folder import Pretrained
from jaccardio.training.run_folder import EARLIER, KNOWN_BY, RunFolder

SEEN: Mapping[str, str] = {
    "train": "the run's train part",
    "validation": "the run's validation part",
    EARLIER: "what the models that the run started or learned from had seen",
}
"""Parts whose ECGs shaped a model, its weights, its best epoch, its thresholds, and what messages call them."""


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
    for part, words in SEEN.items():
        _check_apart(store.records.iloc[rows], run.part(part), words, "Evaluate ECGs that the model has not seen.")


def seen_by(runs: Iterable[RunFolder], parts: Collection[str] = SEEN) -> dict[str, list[str]]:
    """What some runs have seen together, by the columns of `KNOWN_BY`."""
    known = [run.part(part) for run in runs for part in parts]
    return {column: sorted({value for one in known for value in one[column]}) for column in KNOWN_BY}


def earlier_model(path: Path, store: Store, split: Split) -> Pretrained:
    """The model of a run, or of an ensemble, that another run starts or learns from, checked as prediction checks it.

    Raises
    ------
    UsageError
        There is no such folder.
    DataError
        The folder is damaged or no complete run; or it would carry knowledge between the parts of the split: it has seen ECGs of the test
        part, or was trained on some of the validation part, which chooses epoch, thresholds and calibration.
    """
    run = RunFolder.open(path)
    check_unseen(run, store, store.rows_of(split.parts["test"]).tolist())
    validation = store.records.iloc[store.rows_of(split.parts["validation"])]
    advice = "They would choose epoch and thresholds, though the other model was trained on them: take another split or model."
    _check_apart(validation, run.part("train"), f"the train part of {run.path}", advice)
    return run.pretrained()


def check_untold(told: Vocabulary, store: Store, hidden: Sequence[str]) -> None:
    """Refuses a model that was told of findings which are to be hidden from a run that starts or learns from it.

    Parameters
    ----------
    told
        The findings that the model was trained on.
    hidden
        Findings, by any of their names in the store.

    Raises
    ------
    DataError
        It was trained on one of them.
    """
    if known := sorted({store.vocabulary.codes[store.vocabulary.index(name)] for name in hidden} & set(told.codes)):
        raise DataError(
            f"data.hidden_findings: the model that the run starts or learns from was trained on {', '.join(known)}, so they would not be "
            "hidden. Take one that hides them too."
        )


def check_apart(store: Store, split: Split, other: Store) -> None:
    """Refuses an external hospital's store that overlaps with any part of a split, compared as in `check_unseen`.

    Raises
    ------
    DataError
        There is an overlap; the message counts it per part and kind and names up to three recording ids.
    """
    for part, ids in split.parts.items():
        known = store.records.iloc[store.rows_of(ids)]
        _check_apart(other.records, known, f"the {part} part of {store.path}", f"{other.path} is no external hospital: leave them out.")


def _check_apart(records: pd.DataFrame, known: pd.DataFrame | Mapping[str, Sequence[str]], where: str, advice: str) -> None:
    for kind, column in zip(("recording id", "patient", "identical waveform"), KNOWN_BY, strict=True):
        values = records[column].map(_public_id) if column == "recording_id" else records[column]
        taken = {_public_id(value) for value in known[column]} if column == "recording_id" else set(known[column])
        shared = records.loc[values.isin(taken), "recording_id"]
        if len(shared):
            raise DataError(
                f"{len(shared)} of {len(records)} ECGs overlap with {where} by {kind} (for example {', '.join(shared.iloc[:3])}). {advice} "
                "Patients count as the same where their pseudonyms are: two hospitals that number patients alike need "
                "--site at ingest."
            )


def _public_id(recording_id: str) -> str:
    """The id of the original: record HR00599 of the Challenge is PTB-XL's ECG 599."""
    copy = re.fullmatch(r"challenge:HR0*(\d+)", recording_id)
    return f"ptbxl:{copy[1]}" if copy else recording_id
