"""The m statements on the right of the logit matrix: which findings each sentence speaks of, and how it is to be read.

Labels and statements share one coding, int8: 1 present, 0 absent, -1 unknown. Unknown is never read as absent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import torch
from torch import Tensor


class Reading(IntEnum):
    """What a statement says of the findings that it lists.

    ``ALL``: the ECG shows each of them. ``ANY``: it shows one of them or more, as "myocardial infarction" does of its sites.
    ``NONE``: it shows none of them, a denial.
    """

    ALL = 0
    ANY = 1
    NONE = 2


@dataclass(frozen=True)
class Statements:
    """The columns of a logit matrix.

    Attributes
    ----------
    findings
        (m, k) int8. 1: the statement lists the finding; 0: the finding is known not to belong to its set; -1: nothing is known
        about it.
    valid
        (m,) bool. False where no sentence can be written; such a column has weight 0 in every pair.
    reading
        (m,) int8 with the values of `Reading`.
    """

    findings: Tensor
    valid: Tensor
    reading: Tensor

    def __post_init__(self) -> None:
        if self.findings.ndim != 2 or self.findings.dtype != torch.int8:
            raise ValueError(f"findings must be int8 of shape (m, k), got {self.findings.dtype} {tuple(self.findings.shape)}")
        if self.valid.shape != self.findings.shape[:1] or self.valid.dtype != torch.bool:
            raise ValueError(f"valid must be bool of shape (m,), got {self.valid.dtype} {tuple(self.valid.shape)}")
        if self.reading.shape != self.findings.shape[:1] or self.reading.dtype != torch.int8:
            raise ValueError(f"reading must be int8 of shape (m,), got {self.reading.dtype} {tuple(self.reading.shape)}")

    @classmethod
    def read_as(cls, reading: Reading, findings: Tensor, valid: Tensor | None = None) -> "Statements":
        """Statements of one reading; without `valid`, each of them can be written."""
        rows = findings.shape[:1]
        valid = torch.ones(rows, dtype=torch.bool, device=findings.device) if valid is None else valid
        return cls(findings, valid, torch.full(rows, reading, dtype=torch.int8, device=findings.device))

    @classmethod
    def joined(cls, parts: Sequence["Statements"]) -> "Statements":
        """The columns of all parts, one part after the other."""
        return cls(*(torch.cat([getattr(part, name) for part in parts]) for name in ("findings", "valid", "reading")))

    def __len__(self) -> int:
        return len(self.findings)

    def at(self, columns: Tensor) -> "Statements":
        """The statements at these places, (m',) int64, in this order."""
        return Statements(self.findings[columns], self.valid[columns], self.reading[columns])

    def to(self, device: torch.device) -> "Statements":
        """Statements of the CPU on a device, without waiting for what a GPU still computes."""
        return Statements(*(part.to(device, non_blocking=True) for part in (self.findings, self.valid, self.reading)))
