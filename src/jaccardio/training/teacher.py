"""A teacher: what a trained run says of the training ECGs, learned beside their labels as soft truth (`training.teacher`).

Distillation (Hinton et al. 2015, arXiv:1503.02531); on PTB-XL it gained nothing (docs/experiments-log.md). The scores are computed once, of
whole ECGs with all their leads, and kept in the run.
"""

from pathlib import Path

import torch
from torch import Tensor

from jaccardio.cohort.batches import full_batches
from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.models.folder import Pretrained
from jaccardio.models.scoring import finding_scores
from jaccardio.training.leakage import check_earlier
from jaccardio.training.material import Material
from jaccardio.training.run_folder import RunFolder


def load_teacher(path: Path, store: Store, split: Split) -> Pretrained:
    """The model of a run, or of an ensemble, checked as prediction checks it.

    Raises
    ------
    UsageError
        There is no such folder, or the model wants other signals than the store holds.
    DataError
        The folder is damaged or no complete run, or the run has seen ECGs as `check_earlier` says.
    """
    run = RunFolder.open(path)
    check_earlier(run, store, split)
    teacher = run.pretrained()
    if teacher.contract != store.contract:
        raise UsageError("training.teacher: that model wants other signals than the store holds. Take one trained on such a store.")
    return teacher


def taught(teacher: Pretrained, material: Material, device: torch.device) -> Tensor:
    """(training rows, findings) float32, what the teacher says of each training ECG; NaN for findings that it does not know.

    Of ECGs that lack leads it says nothing: a finding may be in a lead that was not recorded.

    Raises
    ------
    UsageError
        It knows no finding of the run.
    """
    known = {code: column for column, code in enumerate(teacher.vocabulary.codes)}
    columns = [column for column, code in enumerate(material.vocabulary.codes) if code in known]
    if not columns:
        raise UsageError("training.teacher: that model knows none of the findings to be learned.")
    scores = finding_scores(teacher.model.to(device), full_batches(material.store, material.training_rows), device)
    said = torch.full((len(scores), len(material.vocabulary)), torch.nan)
    said[:, columns] = torch.from_numpy(scores[:, [known[material.vocabulary.codes[column]] for column in columns]]).float()
    said[~torch.from_numpy(material.store.lead_masks[material.training_rows].all(axis=1))] = torch.nan
    return said
