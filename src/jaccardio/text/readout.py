"""`Readout`: how the vector of a sentence is read from the states of a language model."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from jaccardio.errors import UsageError
from jaccardio.section import Section

AUTO: Literal["auto"] = "auto"


@dataclass(frozen=True)
class StatePooling:
    """A `Readout` settled for one language model.

    Attributes
    ----------
    kind
        ``mean`` of the tokens, ``last`` token or ``cls``, the first.
    layer
        After how many of the model's layers; its number of layers: the last, with the final norm.
    skip_first
        Whether the mean leaves the first token out.
    """

    kind: str
    layer: int
    skip_first: bool


class Readout(Section):
    """Settings that ``auto`` leaves to the kind of model.

    ======================  ==========  ========  ============  =========
    kind                    pooling     layer     skip_first    centred
    ======================  ==========  ========  ============  =========
    encoder (BERT, MiniLM)  mean        the last  false         false
    decoder (Gemma, Qwen)   mean        2/3       true          true
    ``use-multilingual``    its own     its own   its own       true
    ======================  ==========  ========  ============  =========

    Attributes
    ----------
    pooling
        ``mean`` of all tokens, ``last`` token, or ``cls``, the first; `cls` says nothing in a decoder, whose first token sees no other.
    layer
        After how many layers the states are read, 0 being the tokens' embeddings. Of a decoder's last layers the states turn towards
        the next word: ``auto`` leaves a third of its layers out.
    skip_first
        Leave the first token out of the mean. In a decoder's middle layers it is an attention sink, many times as long as all others.
    centred
        Move sentences of other languages onto the language of the model (`CentredEncoder`).
    """

    pooling: Literal["auto", "mean", "last", "cls"] = AUTO
    layer: Literal["auto"] | Annotated[int, Field(ge=0, le=1000)] = AUTO
    skip_first: Literal["auto"] | bool = AUTO
    centred: Literal["auto"] | bool = AUTO

    def settled(self, name: str, decoder: bool, layers: int) -> StatePooling:
        """The settings for a language model of so many layers.

        Raises
        ------
        UsageError
            It has fewer layers than `layer`, or settings exclude each other.
        """
        pooling = "mean" if self.pooling == AUTO else self.pooling
        layer = (layers - layers // 3 if decoder else layers) if self.layer == AUTO else self.layer
        skip_first = (decoder and pooling == "mean") if self.skip_first == AUTO else self.skip_first
        if layer > layers:
            raise UsageError(f"model.readout.layer={layer}: text encoder {name} has {layers} layers.")
        if pooling == "cls" and decoder:
            raise UsageError(f"model.readout.pooling=cls: the first token of {name}, a decoder, sees no other. Use mean or last.")
        if pooling != "mean" and skip_first:
            raise UsageError(f"model.readout.skip_first=true goes with pooling mean, not with {pooling}.")
        return StatePooling(pooling, layer, skip_first)

    def centres(self, otherwise: bool) -> bool:
        """Whether languages are centred; `otherwise` where that is left to the model."""
        return otherwise if self.centred == AUTO else self.centred

    def refuse_layers(self, name: str) -> None:
        """Refuses settings of layers and tokens for a text encoder that gives whole vectors.

        Raises
        ------
        UsageError
            One of them is not ``auto``.
        """
        if chosen := [key for key in ("pooling", "layer", "skip_first") if getattr(self, key) != AUTO]:
            raise UsageError(f"text encoder {name} gives whole vectors: leave {', '.join(f'model.readout.{key}' for key in chosen)} out.")
