"""`Objective`: one cell of the grid statements x target x loss. Every contrastive method here is such a cell.

========================  ==================  ========================  ==============
method                    statements          target                    loss
========================  ==================  ========================  ==============
SigLIP                    captions            identity                  sigmoid
paper                     captions            jaccard                   signed_sigmoid
Jaccard, soft             captions            jaccard                   sigmoid
equal sets alone          captions            exact                     signed_sigmoid
CLIP                      captions            identity                  softmax
MERL                      captions            identity                  softmax
UniCL, SupCon ALL         captions            exact                     softmax
SupCon ANY                captions            shared                    softmax
KED                       captions            label_aware               softmax
Similarity-Dissimilarity  captions            similarity_dissimilarity  softmax
truth                     findings            truth                     sigmoid
BCE                       findings            truth                     sigmoid
ASL                       findings            truth                     asymmetric
========================  ==================  ========================  ==============

SupCon contrasts ECGs with ECGs; here the same targets stand between ECGs and sentences. MERL adds `view_contrast`, ProtoECGNet
`prototype_contrast` (see `regularisers`). BCE and truth are one cell: a classifier's outputs or the logits of the prompts.
Statements may join banks, as in ``findings+parents+negations``.
"""

from collections.abc import Collection
from dataclasses import dataclass

from torch import Tensor

from jaccardio.contrast.banks import BANKS, Cohort, Pool
from jaccardio.contrast.losses import LOSSES
from jaccardio.contrast.statements import Reading, Statements
from jaccardio.contrast.targets import TARGETS
from jaccardio.errors import UsageError


@dataclass(frozen=True)
class Objective:
    """Which statements stand against the ECGs, what a pair should score, and how that is enforced.

    Attributes
    ----------
    statements
        Names of `BANKS`, joined by ``+``.
    target
        A name of `TARGETS`.
    loss
        A name of `LOSSES`.

    Raises
    ------
    UsageError
        An unknown or repeated name; identity targets on anything but captions, which alone are each ECG's own sentences; or
        a target other than truth on groups or denials.
    """

    statements: str
    target: str
    loss: str

    def __post_init__(self) -> None:
        for bank in self.banks:
            _check("statements", bank, BANKS)
        _check("target", self.target, TARGETS)
        _check("loss", self.loss, LOSSES)
        if len(set(self.banks)) < len(self.banks):
            raise UsageError(f"statements {self.statements!r} name a bank twice; name each once.")
        if self.target == "identity" and self.statements != "captions":
            raise UsageError(
                f"target identity pairs each ECG with its own sentence; it needs statements = captions, not {self.statements}."
            )
        unreadable = [bank for bank in self.banks if BANKS[bank].reading != Reading.ALL]
        if unreadable and self.target != "truth":
            raise UsageError(
                f"target {self.target} compares sets of findings, which {' and '.join(unreadable)} are not; use target = truth."
            )

    @property
    def banks(self) -> tuple[str, ...]:
        """Names of the banks, in order."""
        return tuple(self.statements.split("+"))

    def pool(self, cohort: Cohort) -> Pool:
        """All statements that ECGs of a training cohort can be compared with."""
        return Pool.make(self.banks, cohort)

    def targets(self, labels: Tensor, statements: Statements) -> tuple[Tensor, Tensor]:
        """Target and weight, each (n, m) float32, of ECG labels (n, k) against statements; columns that are not valid have weight 0."""
        target, weight = TARGETS[self.target](labels, statements)
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
