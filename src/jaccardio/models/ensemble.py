"""`EcgEnsemble`: several trained models that answer as one."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from jaccardio.models.ecg_model import EcgModel


class EcgEnsemble(nn.Module):
    """Models of the same findings, statements and text encoder; their scores are averaged by `jaccardio.models.scoring`.

    ECG vectors and text vectors are those of the members side by side, so that an inner product is the sum of the members' own.

    Parameters
    ----------
    members
        At least one.

    Attributes
    ----------
    text_fingerprint
        Fingerprint of the text encoder that made their text vectors.
    adapter
        Nothing: models that tune their text encoder have no common one.
    """

    def __init__(self, members: Sequence[EcgModel]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.text_fingerprint = members[0].text_fingerprint
        self.adapter: Mapping[str, Tensor] = {}

    @property
    def prompt_vectors(self) -> Tensor:
        """(k, D) raw text vectors of the prompt bank."""
        return members_of(self)[0].prompt_vectors

    @property
    def statement_vectors(self) -> Tensor:
        """(s, D) likewise, of the measured statements."""
        return members_of(self)[0].statement_vectors

    def encode_ecg(self, signal: Tensor) -> Tensor:
        """ECGs (n, 12, samples) in millivolt to vectors (n, sum of d) float32."""
        return torch.cat([member.encode_ecg(signal) for member in members_of(self)], dim=1)

    def encode_text(self, vectors: Tensor) -> Tensor:
        """Raw text vectors (m, D) to vectors (m, sum of d) float32."""
        return torch.cat([member.encode_text(vectors) for member in members_of(self)], dim=1)


def has_evidence(model: EcgModel | EcgEnsemble) -> bool:
    """Whether it scores measured ECGs."""
    return any(member.evidence is not None for member in members_of(model))


def members_of(model: EcgModel | EcgEnsemble) -> Sequence[EcgModel]:
    """The members of an ensemble; a single model is its own."""
    return (model,) if isinstance(model, EcgModel) else [member for member in model.members if isinstance(member, EcgModel)]
