"""`Objective`: one cell of the grid statements x target x loss. Every contrastive method here is such a cell.

=================  ==========  =========  ================
method             statements  target     loss
=================  ==========  =========  ================
SigLIP             captions    identity   sigmoid
paper              captions    jaccard    signed_sigmoid
Jaccard, soft      captions    jaccard    sigmoid
UniCL              captions    exact      softmax
CLIP               captions    identity   softmax
truth              findings    truth      sigmoid
=================  ==========  =========  ================
"""

from collections.abc import Collection
from dataclasses import dataclass

from torch import Tensor

from jaccardio.contrast.losses import LOSSES
from jaccardio.contrast.statements import Statements, captions, finding_bank
from jaccardio.contrast.targets import TARGETS
from jaccardio.errors import UsageError

STATEMENTS: tuple[str, ...] = ("captions", "findings")
"""What can stand on the right: the batch's own sentences, or one prompt per finding."""


@dataclass(frozen=True)
class Objective:
    """Which statements stand against the ECGs, what a pair should score, and how that is enforced.

    Attributes
    ----------
    statements
        ``captions`` or ``findings``.
    target
        A name of `TARGETS`.
    loss
        A name of `LOSSES`.

    Raises
    ------
    UsageError
        An unknown name, or identity targets on a bank of findings, which has no sentence of each ECG's own.
    """

    statements: str
    target: str
    loss: str

    def __post_init__(self) -> None:
        _check("statements", self.statements, STATEMENTS)
        _check("target", self.target, TARGETS)
        _check("loss", self.loss, LOSSES)
        if (self.statements, self.target) == ("findings", "identity"):
            raise UsageError("target identity pairs each ECG with its own sentence; it needs statements = captions, not findings.")

    def statements_for(self, labels: Tensor) -> Statements:
        """The columns that stand against a batch with these labels (n, k): its n captions or the bank of k prompts."""
        return captions(labels) if self.statements == "captions" else finding_bank(labels.shape[1], labels.device)

    def targets(self, labels: Tensor, statements: Statements) -> tuple[Tensor, Tensor]:
        """Target and weight, each (n, m) float32, of ECG labels (n, k) against statements; columns that are not valid have weight 0."""
        target, weight = TARGETS[self.target](labels, statements.findings)
        return target, weight * statements.valid

    def __call__(self, logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """The loss of logits (n, m), a scalar of float32 at least."""
        return LOSSES[self.loss](logits, target, weight)


def pair_statistics(target: Tensor, weight: Tensor) -> dict[str, float]:
    """What the loss sees, for the training log.

    Returns
    -------
    ``mean_target``, ``share_positive`` (target > 0) and ``share_one`` (target 1) over the pairs that count, and
    ``share_unknown``, the pairs of weight 0 among all. The means are 0 where no pair counts.
    """
    counted = weight.sum().clamp(min=1)
    return {
        "mean_target": float((weight * target).sum() / counted),
        "share_positive": float((weight * (target > 0)).sum() / counted),
        "share_one": float((weight * (target == 1)).sum() / counted),
        "share_unknown": float((weight == 0).float().mean()),
    }


def _check(field: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise UsageError(f"unknown {field} {name!r} of an objective; available: {', '.join(known)}.")
