"""`Regularisation`: auxiliary losses, as the configuration weights them."""

import numpy as np
import torch
from torch import Tensor

from jaccardio.contrast.regularisers import co_occurrence, prototype_contrast, two_views, view_contrast
from jaccardio.models.ecg_model import EcgModel
from jaccardio.training.config import ObjectiveConfig

_VIEWS = 2  # a random stream of its own beside those of the batches


class Regularisation:
    """Weighted regularisers of a model; a function of (seed, step) besides its arguments.

    Parameters
    ----------
    config
        `views` and `prototypes` of it are the weights; a regulariser of weight 0 is not computed.
    labels
        (n, k) int8 of the training records.
    """

    def __init__(self, config: ObjectiveConfig, labels: Tensor, seed: int, device: torch.device) -> None:
        self._config, self._seed = config, seed
        self._similarity = co_occurrence(labels).to(device)

    def __call__(self, model: EcgModel, features: Tensor, step: int) -> dict[str, Tensor]:
        """Weighted losses by name, from the encoder's features (n, d) of a batch."""
        losses: dict[str, Tensor] = {}
        if self._config.views:
            first, second = two_views(features, int(np.random.SeedSequence([self._seed, _VIEWS, step]).generate_state(1)[0]))
            losses["view_contrast"] = self._config.views * view_contrast(model.project(first), model.project(second))
        if self._config.prototypes:
            prompts = model.encode_text(model.prompt_vectors)
            losses["prototype_contrast"] = self._config.prototypes * prototype_contrast(prompts, self._similarity)
        return losses
