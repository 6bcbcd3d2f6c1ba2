"""The bias that training starts from: the logit of the mean target, so that the first steps need not unlearn a wrong base rate."""

import math

import numpy as np
import torch
from torch import Tensor

from jaccardio.cohort.batches import TrainingBatches
from jaccardio.training.batch_loss import BatchLoss
from jaccardio.training.material import Material

BATCHES_FOR_MEAN_TARGET = 8


def first_bias(loss: BatchLoss, material: Material, batches: TrainingBatches, steps: int) -> Tensor:
    """Logits for `EcgModel.initialise_bias`.

    If the prompts are among the statements, those of each prevalence, (k + s,): prediction compares with them. Else that of the mean target
    over the first batches, a scalar; `steps` is the length of the run.
    """
    if "findings" in loss.objective.banks:
        prevalence = material.prevalence()
        return torch.from_numpy(np.log(prevalence / (1 - prevalence))).float()
    total = pairs = 0.0
    for step in range(min(BATCHES_FOR_MEAN_TARGET, steps)):
        records = batches.records(step)
        target, weight = loss.targets(material.training_labels[records], loss.pool.against(torch.from_numpy(records)))
        total, pairs = total + float((target * weight).sum()), pairs + float(weight.sum())
    mean = min(max(total / max(pairs, 1.0), 1e-4), 1 - 1e-4)
    return torch.tensor(math.log(mean / (1 - mean)))
