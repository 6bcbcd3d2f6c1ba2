"""The end of a training: the model, what is fitted on its validation scores, and the summary."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from jaccardio.cohort.batches import full_batches
from jaccardio.cohort.store import Store
from jaccardio.evaluation.calibration import fit_calibration
from jaccardio.evaluation.cautions import cautions
from jaccardio.evaluation.part import MINIMUM_POSITIVES
from jaccardio.evaluation.reference import fit_reference
from jaccardio.evaluation.thresholds import fit_thresholds
from jaccardio.findings.withheld import withheld_answers
from jaccardio.models.folder import Pretrained, save_pretrained
from jaccardio.models.scoring import ecg_embeddings
from jaccardio.training.card import model_card
from jaccardio.training.run_folder import RunFolder


def finish_run(
    run: RunFolder,
    trained: Pretrained,
    store: Store,
    rows: NDArray[np.int64],
    labels: NDArray[np.int8],
    scores: NDArray[np.float64],
    device: torch.device,
    summary: dict[str, Any],
) -> dict[str, Any]:
    """Writes ``model/`` with thresholds, recalibration and reference, then the summary: the run is complete.

    Parameters
    ----------
    trained
        The model, on `device`, and what belongs to it but for what is fitted here.
    store, rows
        The validation part, (n,) rows of the store.
    labels, scores
        (n, findings), its own.
    summary
        What else the summary says.

    Returns
    -------
    The summary as written.
    """
    summary = summary | {
        "validation_records": len(labels),
        "findings": len(trained.vocabulary),
        "warnings": cautions(labels, trained.vocabulary.codes, MINIMUM_POSITIVES, "validation part"),
        "split": run.split.fingerprint,
    }
    thresholds = fit_thresholds(labels, scores)
    reference = fit_reference(
        ecg_embeddings(trained.model, full_batches(store, rows), device),
        {policy: thresholds.decide(scores, policy) for policy in thresholds.values},
        ~withheld_answers(trained.vocabulary, trained.partial_leads, store.lead_masks[rows]),
        store.records["flags"].iloc[rows],
    )
    calibration = fit_calibration(labels, scores)
    fitted = replace(trained, thresholds=thresholds.to_dict(), calibration=calibration.to_dict(), reference=reference.to_dict())
    save_pretrained(run.model, fitted, model_card(summary, trained.vocabulary))
    return run.finish(summary)
