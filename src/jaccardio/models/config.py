"""`ModelConfig`: everything that settles a model's shape and start, as it stands in presets and in ``config.json``."""

from typing import Annotated, Literal

from pydantic import Field

from jaccardio.section import Section
from jaccardio.text.readout import Readout

ENCODER = ("encoder", "width", "squeeze_excitation", "stem_stride", "pooling")
"""The settings that `EcgEncoder` reads."""


class ModelConfig(Section):
    """Shape and start of a model.

    Attributes
    ----------
    kind
        ``text``: two towers, scores depend on findings through their sentences. ``classifier``: the supervised ResNet of the
        paper's section 5.7, one output per finding; it reads `encoder` to `pooling`, `initial_bias`, `language`, `evidence` and
        `score_parts` only, and its text encoder is ``table``.
    encoder, width
        Backbone of the ECG encoder by name, and what sizes it: the channels of the first stage (``resnet18``, ``resnet34``,
        ``resnet50``, ``xresnet1d50``, ``xresnet1d101``, ``convnext1d``), the filters of each kernel (``inception1d``), a quarter
        of the tokens' length (``vit1d``) or of the channels (``s4d``).
    squeeze_excitation
        Weight the backbone's channels by what the whole ECG holds; ``vit1d`` and ``s4d`` refuse it.
    stem_stride
        Samples from one output of a residual network's stem to the next: 4 as published, for 500 Hz. At 100 Hz that is coarse; 2 and 1
        see more and train more slowly. Encoders without such a stem refuse what is not 4.
    pooling
        From feature maps over time to one vector: ``mean``, ``mean-max`` (both side by side) or ``attention``.
    embedding
        Length of the common ECG and text vectors, to which a trained layer on either side leads. 0: the projected text vectors as they
        are, without a trained layer on the side of the text.
    normalise_ecg
        L2-normalise ECG vectors as the paper does; else they are divided by the root of their dimension, so that their length can carry
        how marked a finding is.
    initial_scale
        exp(t') of Listing 1 at the start.
    train_scale
        Whether it is trained.
    initial_bias
        ``mean-target``: the trainer starts the bias at the logit of the mean target (finding bank: of each finding's prevalence).
        A number: that value (SigLIP: -10).
    bias
        ``scalar``: one bias b. ``text``: b plus a linear function of the statement's projected text vector.
    text
        Text encoder by name, hub id, folder or file (`create_text_encoder`).
    readout
        How sentences become vectors in a language model.
    attributes
        Whether the attributes that a sentence's words mention (wave, leads, side, direction, degree, negation) stand beside its vector.
    lora_rank
        Rank of the low-rank matrices that tune the language model while the rest is trained (LoRA); 0 leaves it frozen.
    language
        Language of the sentences, one in which the vocabulary has names.
    score_parts
        An ECG is scored in each of these numbers of equal parts; its probabilities are the means over the parts, then over the numbers. In
        parts, a model trained on short crops sees the length it was trained on; in one piece (1) it sees rhythm.
    evidence
        Whether what the measurements of an ECG say is added to what the network sees (`jaccardio.models.evidence`).
    whitening
        ``none``: text vectors stay as the text encoder made them (Listing 1). 0: they are centred on the prompt bank. 1: they are whitened
        by the bank, its prompts stand at right angles. Between: its power (`TextProjection`).
    """

    kind: Literal["text", "classifier"] = "text"
    encoder: Literal["resnet18", "resnet34", "resnet50", "xresnet1d50", "xresnet1d101", "inception1d", "vit1d", "convnext1d", "s4d"] = (
        "resnet18"
    )
    width: int = Field(64, ge=1, le=4096)
    squeeze_excitation: bool = False
    stem_stride: Literal[1, 2, 4] = 4
    pooling: Literal["mean", "mean-max", "attention"] = "mean"
    embedding: int = Field(256, ge=0, le=65_536)
    normalise_ecg: bool = True
    initial_scale: float = Field(10.0, ge=1e-6, le=100)
    train_scale: bool = True
    initial_bias: Literal["mean-target"] | Annotated[float, Field(ge=-100, le=100)] = "mean-target"
    bias: Literal["scalar", "text"] = "scalar"
    text: str = Field("minilm", pattern=r"^[^\x00-\x1f\x7f]+$")
    readout: Readout = Readout()
    attributes: bool = False
    lora_rank: int = Field(0, ge=0, le=1024)
    language: str = "en"
    evidence: bool = False
    whitening: Annotated[float, Field(ge=0, le=1)] | Literal["none"] = 0.0
    score_parts: tuple[Annotated[int, Field(ge=1, le=1000)], ...] = Field((1,), min_length=1, strict=False)  # TOML and JSON have lists

    @property
    def text_encoder(self) -> str:
        """Name of the text encoder: to a classifier a finding is a symbol, whatever `text` says."""
        return "table" if self.kind == "classifier" else self.text
