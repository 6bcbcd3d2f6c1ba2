"""The m statements on the right of the logit matrix: which findings each sentence speaks of.

Labels and statements share one coding, int8: 1 present, 0 absent, -1 unknown. Unknown is never read as absent.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Statements:
    """The columns of a logit matrix.

    Attributes
    ----------
    findings
        (m, k) int8. 1: the statement states the finding; 0: it is known not to be there; -1: nothing is known about it.
    valid
        (m,) bool. False where no sentence can be written; such a column has weight 0 in every pair.
    """

    findings: Tensor
    valid: Tensor

    def __post_init__(self) -> None:
        if self.findings.ndim != 2 or self.findings.dtype != torch.int8:
            raise ValueError(f"findings must be int8 of shape (m, k), got {self.findings.dtype} {tuple(self.findings.shape)}")
        if self.valid.shape != self.findings.shape[:1] or self.valid.dtype != torch.bool:
            raise ValueError(f"valid must be bool of shape (m,), got {self.valid.dtype} {tuple(self.valid.shape)}")


def captions(labels: Tensor) -> Statements:
    """The batch's own sentences: row i says which findings ECG i shows (paper, section 2.2).

    A record with no present finding is captioned "no listed finding" only if all its findings are known; else nothing can be
    said about it and its column is not valid.

    Parameters
    ----------
    labels
        (n, k) int8.
    """
    shows_something = (labels == 1).any(dim=1)
    fully_known = (labels >= 0).all(dim=1)
    return Statements(labels, shows_something | fully_known)


def finding_bank(findings: int, device: torch.device | None = None) -> Statements:
    """One prompt per finding, each stating that finding alone: the statements of prediction and of the truth objective.

    Parameters
    ----------
    findings
        Number k of findings; the bank has k columns in vocabulary order.
    """
    stated = torch.eye(findings, dtype=torch.int8, device=device)
    return Statements(stated, torch.ones(findings, dtype=torch.bool, device=device))
