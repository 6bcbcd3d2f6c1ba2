"""`Objective`: one cell of the grid statements x target x loss. Every method of `methods.METHODS` is such a cell.

Statements may join banks, as in ``findings+parents+negations``; ``measurements`` among them adds the measured statements, whose degree of
truth does not come from the labels but from each ECG.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from jaccardio.contrast.banks import BANKS, Pool, TrainingLabels
from jaccardio.contrast.losses import LOSSES, OPTIONS
from jaccardio.contrast.statements import Reading, Statements
from jaccardio.contrast.targets import ALL_ROWS, TARGETS
from jaccardio.errors import UsageError

MEASURED = "measurements"
"""Name, among the statements, of those that are measured."""


@dataclass(frozen=True)
class Objective:
    """Which statements the ECGs are compared with, what a pair should score, and which loss compares score and target.

    Attributes
    ----------
    statements
        Names of `BANKS`, and perhaps `MEASURED`, joined by ``+``.
    target
        A name of `TARGETS`.
    loss
        A name of `LOSSES`.
    loss_options
        Options of the loss that are not its defaults, by name.

    Raises
    ------
    UsageError
        An unknown or repeated name; identity targets on anything but captions, which alone are each ECG's own sentences;
        a target other than truth on groups or denials; measured statements alone; or an option that the loss lacks or that lies outside
        its range.
    """

    statements: str
    target: str
    loss: str
    loss_options: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for bank in self.banks:
            _check("statements", bank, (*BANKS, MEASURED))
        if not self.banks:
            raise UsageError(f"statements {MEASURED} stand beside others; use findings+{MEASURED}.")
        _check("target", self.target, TARGETS)
        _check("loss", self.loss, LOSSES)
        if len(set(self.banks)) < len(self.banks):
            raise UsageError(f"statements {self.statements!r} name a bank twice; name each once.")
        if self.target == "identity" and self.banks != ("captions",):
            raise UsageError(
                f"target identity pairs each ECG with its own sentence; it needs statements = captions, not {self.statements}."
            )
        unreadable = [bank for bank in self.banks if BANKS[bank].reading != Reading.ALL]
        if unreadable and self.target != "truth":
            raise UsageError(
                f"target {self.target} compares sets of findings, which {' and '.join(unreadable)} are not; use target = truth."
            )
        ranges = OPTIONS.get(self.loss, {})
        for option, value in self.loss_options.items():
            if option not in ranges:
                raise UsageError(f"loss {self.loss} has no option {option!r}; it has {', '.join(ranges) or 'none'}.")
            low, high = ranges[option]
            if not low <= value <= high:
                raise UsageError(f"option {option} of loss {self.loss} is {value:g}; it must lie between {low:g} and {high:g}.")

    @property
    def banks(self) -> tuple[str, ...]:
        """Names of the banks, in order."""
        return tuple(name for name in self.statements.split("+") if name != MEASURED)

    @property
    def measured(self) -> bool:
        """Whether measured statements are among the statements."""
        return MEASURED in self.statements.split("+")

    def pool(self, training: TrainingLabels) -> Pool:
        """All statements that training ECGs can be compared with."""
        return Pool.make(self.banks, training)

    def targets(self, labels: Tensor, statements: Statements, rows: slice = ALL_ROWS) -> tuple[Tensor, Tensor]:
        """Target and weight, each (n, m) float32, of ECG labels (n, k) against statements; columns that are not valid have weight 0.

        With `rows` only those of the n ECGs.
        """
        target, weight = TARGETS[self.target](labels, statements, rows)
        return target, weight.mul_(statements.valid)

    def __call__(self, logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """The loss of logits (n, m), a scalar of float32 at least; ECGs of which nothing is known do not dilute it."""
        known = weight.sum(dim=1) > 0
        if known.any() and not known.all():
            logits, target, weight = logits[known], target[known], weight[known]
        return LOSSES[self.loss](logits, target, weight, **self.loss_options)


def soft_truth_loss(logits: Tensor, truth: Tensor, columns: int) -> Tensor:
    """Cross-entropy of logits (n, s) against degrees of truth (n, s), NaN unknown; together the s weigh as much as `columns` others."""
    known = ~truth.isnan()
    return LOSSES["sigmoid"](logits, torch.where(known, truth, 0.0), known.float()) * (columns / truth.shape[1])


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
