"""The ECG tower as a model of transformers: importing this module registers it with `AutoConfig`, `AutoModel` and `AutoFeatureExtractor`.

    import jaccardio.huggingface
    tower = AutoModel.from_pretrained(folder)

No code is ever taken from the folder: ``trust_remote_code`` is not needed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from huggingface_hub.dataclasses import strict
from torch import Tensor
from transformers import (
    AutoConfig,
    AutoFeatureExtractor,
    AutoModel,
    BatchFeature,
    FeatureExtractionMixin,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import BaseModelOutputWithPooling

from jaccardio.errors import DataError, ReadError, UsageError
from jaccardio.models.config import ENCODER, ModelConfig
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.encoder import EcgEncoder
from jaccardio.prediction.predictor import Predictor
from jaccardio.recording.preprocessing import SignalContract, dequantise
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.recording import Recording

Ecg = Recording | ReadError | str | Path
"""What the feature extractor takes; an ECG that could not be read is raised there."""


@strict
class EcgTowerConfig(PreTrainedConfig):
    """Shape of the tower: the fields of `ModelConfig` that `EcgEncoder` reads. The model adds ``hidden_size``, the length of its tokens."""

    model_type = "jaccardio-ecg"

    encoder: str = "resnet18"
    width: int = 64
    squeeze_excitation: bool = False
    stem_stride: int = 4
    pooling: str = "mean"


class EcgTower(PreTrainedModel):
    """`EcgEncoder` under the names of transformers, without the heads that lead to the text's space."""

    config_class = EcgTowerConfig
    base_model_prefix = "tower"
    main_input_name = "input_values"

    def __init__(self, config: EcgTowerConfig) -> None:
        super().__init__(config)
        self.encoder = EcgEncoder(ModelConfig(**{name: getattr(config, name) for name in ENCODER}))
        config.hidden_size = self.encoder.backbone.channels
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: object) -> None:
        """Weights start as torch draws them: the norms and scales of transformers are those of language models."""

    @classmethod
    def from_pretrained(cls, *arguments: Any, output_loading_info: bool = False, **options: Any) -> Any:
        """As `PreTrainedModel.from_pretrained`, from safetensors alone.

        Raises
        ------
        DataError
            The folder lacks weights, or has others: transformers would draw them at random, or leave them out.
        """
        loaded: Any = super().from_pretrained(*arguments, output_loading_info=True, **options | {"use_safetensors": True})
        model, report = loaded
        if wrong := sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"], *report["unexpected_keys"]])):
            raise DataError(f"{len(wrong)} weights of the ECG tower are missing or do not fit, the first: {wrong[0]}. Save it again.")
        return (model, report) if output_loading_info else model

    def forward(self, input_values: Tensor, **_: Any) -> BaseModelOutputWithPooling:
        """Features of ECGs.

        Parameters
        ----------
        input_values
            (n, 12, samples) float32, millivolt, as `EcgFeatureExtractor` makes them.

        Returns
        -------
        ``last_hidden_state`` (n, time, hidden_size), a token a time step, and ``pooler_output`` (n, features), which is what the encoder
        gives the heads of the native model.
        """
        maps = self.encoder.maps(input_values)
        return BaseModelOutputWithPooling(last_hidden_state=maps.squeeze(2).transpose(1, 2), pooler_output=self.encoder.pooled(maps))


class EcgFeatureExtractor(FeatureExtractionMixin):
    """The signal contract: recordings resampled, centred on their medians and rounded to microvolts as in training.

    Parameters
    ----------
    sampling_rate, seconds
        As in `SignalContract`.
    """

    model_input_names: ClassVar[list[str]] = ["input_values"]

    def __init__(self, sampling_rate: float = 500.0, seconds: float = 10.0, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self.sampling_rate, self.seconds = sampling_rate, seconds

    def __call__(self, ecgs: Ecg | Sequence[object], return_tensors: str | None = "pt") -> BatchFeature:
        """Recordings or files, one or several, to ``input_values`` (n, 12, samples) in millivolt and ``lead_mask`` (n, 12), true where a
        lead was recorded.

        Arrays become recordings by `jaccardio.recordings_of`. Nothing is filled up: an ECG shorter than a window stays short.

        Raises
        ------
        ReadError
            An ECG cannot be read.
        UsageError
            There is none, or an array in place of a recording; the ECGs have unequal lengths, or one is longer than a window.
        """
        contract, prepared = SignalContract(self.sampling_rate, self.seconds), []
        for ecg in [ecgs] if isinstance(ecgs, Ecg) else ecgs:
            if isinstance(ecg, ReadError):
                raise ecg
            if not isinstance(ecg, Recording | str | Path):
                raise UsageError("an ECG is a Recording or a file. Of arrays, jaccardio.recordings_of makes recordings.")
            prepared.append(contract.apply(ecg if isinstance(ecg, Recording) else read_ecg(Path(ecg))))
        if not prepared:
            raise UsageError("no ECG: give one or several.")
        if len({one.recorded for one in prepared}) > 1 or any(len(one.counts) > 1 for one in prepared):
            raise UsageError(f"ECGs of one length, at most {self.seconds:g} s, make a batch. Cut them, or call once for each length.")
        signals = [dequantise(one.counts[0, :, : one.recorded]) for one in prepared]
        data = {"input_values": np.stack(signals), "lead_mask": np.stack([one.lead_mask for one in prepared])}
        return BatchFeature(data, tensor_type=return_tensors)


def tower_of(predictor: Predictor) -> tuple[EcgTower, EcgFeatureExtractor]:
    """The ECG tower of a trained model, in evaluation mode on the CPU, and its feature extractor; each has ``save_pretrained``.

    Raises
    ------
    UsageError
        The model is an ensemble: it has several towers.
    """
    model = predictor.pretrained.model
    if not isinstance(model, EcgModel):
        raise UsageError("an ensemble has several towers. Name the run of one of its members.")
    tower = EcgTower(EcgTowerConfig(**{name: getattr(predictor.config, name) for name in ENCODER}))
    tower.encoder.load_state_dict(model.encoder.state_dict(), strict=True)
    return tower.eval(), EcgFeatureExtractor(**predictor.contract.to_dict())  # type: ignore[no-untyped-call]


AutoConfig.register(EcgTowerConfig.model_type, EcgTowerConfig)
AutoModel.register(EcgTowerConfig, EcgTower)
AutoFeatureExtractor.register(EcgTowerConfig, EcgFeatureExtractor)
