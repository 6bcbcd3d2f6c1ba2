"""The end of a training: the model, what is fitted on its validation scores, and the summary."""

from collections.abc import Sequence
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
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.withheld import withheld_answers
from jaccardio.models.config import ModelConfig
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.ensemble import EcgEnsemble
from jaccardio.models.folder import save_pretrained
from jaccardio.models.scoring import ecg_embeddings
from jaccardio.training.card import model_card
from jaccardio.training.run_folder import RunFolder


def finish_run(
    run: RunFolder,
    model: EcgModel | EcgEnsemble,
    configs: Sequence[ModelConfig],
    vocabulary: Vocabulary,
    statements: Sequence[str],
    partial_leads: bool,
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
    model
        On `device`.
    configs, vocabulary, statements, partial_leads
        As in `Pretrained`.
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
    fitted = {
        "validation_records": len(labels),
        "findings": len(vocabulary),
        "warnings": cautions(labels, vocabulary.codes, MINIMUM_POSITIVES, "validation part"),
        "split": run.split.fingerprint,
    }
    summary = summary | fitted
    thresholds = fit_thresholds(labels, scores)
    reference = fit_reference(
        ecg_embeddings(model, full_batches(store, rows), device),
        {policy: thresholds.decide(scores, policy) for policy in thresholds.values},
        ~withheld_answers(vocabulary, partial_leads, store.lead_masks[rows]),
        store.records["flags"].iloc[rows],
    )
    save_pretrained(
        run.model,
        model,
        configs=configs,
        vocabulary=vocabulary,
        statements=statements,
        contract=store.contract,
        partial_leads=partial_leads,
        thresholds=thresholds.to_dict(),
        calibration=fit_calibration(labels, scores).to_dict(),
        reference=reference.to_dict(),
        card=model_card(summary, vocabulary),
    )
    return run.finish(summary)
