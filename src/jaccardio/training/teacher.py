"""A teacher: what a trained run says of the training ECGs, learned beside their labels as soft truth (`training.teacher`).

Distillation (Hinton et al. 2015, arXiv:1503.02531); on PTB-XL it gained nothing (docs/experiments-log.md). The scores are computed once, of
whole ECGs with all their leads, and kept in the run.
"""

import torch
from torch import Tensor

from jaccardio.cohort.batches import full_batches
from jaccardio.errors import UsageError
from jaccardio.models.folder import Pretrained
from jaccardio.models.scoring import finding_scores
from jaccardio.training.material import Material


def taught(teacher: Pretrained, material: Material, device: torch.device) -> Tensor:
    """(training rows, findings) float32, what the teacher says of each training ECG; NaN for findings that it does not know.

    Of ECGs that lack leads it says nothing: a finding may be in a lead that was not recorded.

    Raises
    ------
    UsageError
        It wants other signals than the store holds, or knows no finding of the run.
    """
    if teacher.contract != material.store.contract:
        raise UsageError("training.teacher: that model wants other signals than the store holds. Take one trained on such a store.")
    known = {code: column for column, code in enumerate(teacher.vocabulary.codes)}
    columns = [column for column, code in enumerate(material.vocabulary.codes) if code in known]
    if not columns:
        raise UsageError("training.teacher: that model knows none of the findings to be learned.")
    scores = finding_scores(teacher.model.to(device), full_batches(material.store, material.training_rows), device)
    said = torch.full((len(scores), len(material.vocabulary)), torch.nan)
    said[:, columns] = torch.from_numpy(scores[:, [known[material.vocabulary.codes[column]] for column in columns]]).float()
    said[~torch.from_numpy(material.store.lead_masks[material.training_rows].all(axis=1))] = torch.nan
    return said
