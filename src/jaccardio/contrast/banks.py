"""Banks: where the statements on the right of the logit matrix come from.

======================  ==========  =======  ===========================================================================
bank                    per         reading  statements
======================  ==========  =======  ===========================================================================
`findings`              vocabulary  ALL      each finding alone: the prompts of prediction
`parents`               vocabulary  ANY      each group of findings: "myocardial infarction" for its sites
`negations`             vocabulary  NONE     the denial of each finding
`captions`              record      ALL      everything the record shows
`subsets`               record      ALL      a part of what the record shows: true, and less than all
`false_captions`        record      ALL      the caption with one finding exchanged: false, and nearly true
======================  ==========  =======  ===========================================================================

Every batch is compared with all statements of the vocabulary, and with the statements of its own records. Each bank is a function of
`TrainingLabels`, computed once before training starts, so a resumed run compares its ECGs with the same statements.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from jaccardio.contrast.statements import Reading, Statements
from jaccardio.errors import UsageError


@dataclass(frozen=True)
class TrainingLabels:
    """What banks are made from.

    Attributes
    ----------
    labels
        (n, k) int8 of the training records.
    groups
        Columns of the findings of each group of the vocabulary, two or more a group.
    seed
        Of the random parts of captions (`subsets`).
    """

    labels: Tensor
    groups: tuple[tuple[int, ...], ...] = ()
    seed: int = 0


def findings(training: TrainingLabels) -> Statements:
    """One prompt per finding, each stating that finding alone: k statements in vocabulary order."""
    return Statements.read_as(Reading.ALL, torch.eye(training.labels.shape[1], dtype=torch.int8))


def parents(training: TrainingLabels) -> Statements:
    """One statement per group: the ECG shows one of its findings or more.

    Raises
    ------
    UsageError
        There is no group.
    """
    if not training.groups:
        raise UsageError(
            "statements parents speak of groups of findings, and this vocabulary has none of two known findings or more. "
            "Choose other statements, or a vocabulary with levels, as ptbxl71."
        )
    listed = torch.full((len(training.groups), training.labels.shape[1]), -1, dtype=torch.int8)
    for row, columns in enumerate(training.groups):
        listed[row, list(columns)] = 1
    return Statements.read_as(Reading.ANY, listed)


def negations(training: TrainingLabels) -> Statements:
    """One denial per finding, k statements in vocabulary order; of all other findings it says nothing."""
    alone = torch.eye(training.labels.shape[1], dtype=torch.int8)
    return Statements.read_as(Reading.NONE, 2 * alone - 1)


def captions(training: TrainingLabels) -> Statements:
    """Row i says which findings record i shows (paper, section 2.2): n statements.

    A record with no present finding is captioned "no listed finding" only if all its findings are known; else its statement is not
    valid.
    """
    labels = training.labels
    shows_something = (labels == 1).any(dim=1)
    fully_known = (labels >= 0).all(dim=1)
    return Statements.read_as(Reading.ALL, labels, shows_something | fully_known)


def subsets(training: TrainingLabels) -> Statements:
    """Row i states a random part of what record i shows, neither nothing nor all: n statements, drawn from the seed.

    The size is uniform between 1 and one less than all. Findings left out do not belong to the statement's set, unknown ones stay
    unknown. A record that shows fewer than two findings has no such part: its statement is not valid.
    """
    labels, generator = training.labels, torch.Generator().manual_seed(training.seed)
    present = labels == 1
    shown = present.sum(dim=1)
    size = 1 + (torch.rand(len(labels), generator=generator, dtype=torch.float64) * (shown - 1)).long()
    lots = torch.rand(labels.shape, generator=generator).masked_fill(~present, torch.inf)
    kept = present & (lots.argsort(dim=1).argsort(dim=1) < size[:, None])
    return _of_records(torch.where(present & ~kept, 0, labels), shown > 1)


def false_captions(training: TrainingLabels) -> Statements:
    """Row i is the caption of record i with one finding exchanged, so that it is false and nearly true: n statements.

    The finding put in is, of those known to be absent, the one that co-occurs most with the record's findings: it has the largest mean
    share, over the findings a of the record, of training records with a (and both known) that show it too. The finding taken out is
    the one that it co-occurs with least, the first among equals. Where no absent finding co-occurs with the record's, the statement
    is not valid.
    """
    labels = training.labels
    present, absent = labels == 1, labels == 0
    together = present.double().T @ present.double()
    share = together / (together + present.double().T @ absent.double()).clamp(min=1)  # (a, f): of records with a, those with f
    co_occurrence = (present.double() @ share / present.sum(dim=1).clamp(min=1)[:, None]).masked_fill(~absent, 0.0)
    strength, put_in = co_occurrence.max(dim=1)
    taken_out = share.T[put_in].masked_fill(~present, torch.inf).argmin(dim=1)
    exchanged = labels.scatter(1, taken_out[:, None], 0).scatter(1, put_in[:, None], 1)
    return _of_records(exchanged, strength > 0)


@dataclass(frozen=True)
class Bank:
    """A row of `BANKS`: what makes the statements, how they are read, and whether there is one for each record."""

    make: Callable[[TrainingLabels], Statements]
    reading: Reading
    per_record: bool


BANKS: Mapping[str, Bank] = {
    "findings": Bank(findings, Reading.ALL, per_record=False),
    "parents": Bank(parents, Reading.ANY, per_record=False),
    "negations": Bank(negations, Reading.NONE, per_record=False),
    "captions": Bank(captions, Reading.ALL, per_record=True),
    "subsets": Bank(subsets, Reading.ALL, per_record=True),
    "false_captions": Bank(false_captions, Reading.ALL, per_record=True),
}
"""Banks by the name that methods use."""


@dataclass(frozen=True)
class Pool:
    """All statements that a run may compare an ECG with, one bank after the other.

    Attributes
    ----------
    statements
        (m,) statements of all banks.
    spans
        For each bank: its first statement, how many it has, and whether they are those of the records.
    """

    statements: Statements
    spans: tuple[tuple[int, int, bool], ...]

    @classmethod
    def make(cls, names: tuple[str, ...], training: TrainingLabels) -> "Pool":
        """Makes the statements of the banks of these names."""
        parts = [BANKS[name].make(training) for name in names]
        first = [sum(map(len, parts[:place])) for place in range(len(parts))]
        per_record = [BANKS[name].per_record for name in names]
        return cls(Statements.joined(parts), tuple(zip(first, map(len, parts), per_record, strict=True)))

    def against(self, records: Tensor) -> Tensor:
        """Places in the pool, (m',) int64, of the statements for a batch of records (b,): banks in order, records in order."""
        return torch.cat([first + (records if per_record else torch.arange(size)) for first, size, per_record in self.spans])


def _of_records(listed: Tensor, valid: Tensor) -> Statements:
    """Statements of records; where none can be written nothing is known of any finding."""
    return Statements.read_as(Reading.ALL, torch.where(valid[:, None], listed, -1), valid)
