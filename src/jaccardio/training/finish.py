"""The end of a training: the model, what is fitted on its validation scores, and the summary."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.calibration import fit_calibration
from jaccardio.evaluation.cautions import cautions
from jaccardio.evaluation.part import MINIMUM_POSITIVES
from jaccardio.evaluation.thresholds import fit_thresholds
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.config import ModelConfig
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.ensemble import EcgEnsemble
from jaccardio.models.folder import save_pretrained
from jaccardio.recording.preprocessing import SignalContract
from jaccardio.training.card import model_card
from jaccardio.training.run_folder import RunFolder


def finish_run(
    run: RunFolder,
    model: EcgModel | EcgEnsemble,
    configs: Sequence[ModelConfig],
    vocabulary: Vocabulary,
    statements: Sequence[str],
    contract: SignalContract,
    partial_leads: bool,
    labels: NDArray[np.int8],
    scores: NDArray[np.float64],
    summary: dict[str, Any],
) -> dict[str, Any]:
    """Writes ``model/`` with thresholds and recalibration, then the summary: the run is complete.

    Parameters
    ----------
    configs, vocabulary, statements, contract, partial_leads
        As in `Pretrained`.
    labels, scores
        (n, findings) of the validation part, on which thresholds and recalibration are fitted.
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
    save_pretrained(
        run.model,
        model,
        configs=configs,
        vocabulary=vocabulary,
        statements=statements,
        contract=contract,
        partial_leads=partial_leads,
        thresholds=fit_thresholds(labels, scores).to_dict(),
        calibration=fit_calibration(labels, scores).to_dict(),
        card=model_card(summary, vocabulary),
    )
    return run.finish(summary)
