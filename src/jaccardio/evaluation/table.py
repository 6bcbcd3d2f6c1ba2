"""`Table`: what a study found, as rows of (model, metric, policy, finding, estimate): what documents, pages and Markdown are made of."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

from jaccardio.evaluation.differences import holm, seed_test
from jaccardio.evaluation.estimate import NAN, Estimate, json_number

LEVEL = 0.05
"""Below it a p counts."""

RANGES = "Ranges: 95 % intervals over bootstrap samples of patients, what other patients would change. ±: standard deviation over seeds."

PLAIN = ("notes", "ranges", "scored", "left_out", "warnings", "remarks", "limitations", "printed", "links")
"""Attributes of a `Table` that documents hold as they are."""


@dataclass(frozen=True)
class Row:
    """One metric of one model.

    Attributes
    ----------
    model
        As tables call it.
    metric
        A name of `jaccardio.evaluation.metrics`, or one that the study explains.
    policy
        Threshold policy of a decision metric; None where the metric needs no threshold.
    finding
        Code, where the metric is one finding's.
    printed, implied
        What a paper printed for it, and what follows from its printed numbers by arithmetic; None where there is none.
    """

    model: str
    metric: str
    estimate: Estimate
    policy: str | None = None
    finding: str | None = None
    printed: float | None = None
    implied: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form: the estimate's keys stand among the others."""
        key = {"model": self.model, "metric": self.metric, "policy": self.policy, "finding": self.finding}
        extra = {name: value for name, value in (("printed", self.printed), ("implied", self.implied)) if value is not None}
        return key | self.estimate.to_dict() | extra

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Row":
        """The inverse of `to_dict`."""
        key = {name: document[name] for name in ("model", "metric", "policy", "finding")}
        return cls(estimate=Estimate.from_dict(document), printed=document.get("printed"), implied=document.get("implied"), **key)


@dataclass(frozen=True)
class Difference:
    """One paired difference: `model` minus `reference`.

    Attributes
    ----------
    p, p_holm
        Two-sided p of "no difference" over patients, and Holm's correction of it; NaN where none was tested.
    """

    model: str
    reference: str
    metric: str
    estimate: Estimate
    policy: str | None = None
    finding: str | None = None
    p: float = NAN
    p_holm: float = NAN

    @property
    def key(self) -> tuple[str, str, str, str | None, str | None]:
        """What is compared."""
        return self.model, self.reference, self.metric, self.policy, self.finding

    @property
    def differs(self) -> bool:
        """Whether Holm's p is below 0.05."""
        return self.p_holm < LEVEL

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as `Row.to_dict`."""
        names = ("model", "reference", "metric", "policy", "finding")
        p = {"p": json_number(self.p), "p_holm": json_number(self.p_holm)}
        return dict(zip(names, self.key, strict=True)) | self.estimate.to_dict() | p

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Difference":
        """The inverse of `to_dict`."""
        key = {name: document[name] for name in ("model", "reference", "metric", "policy", "finding")}
        p, p_holm = (NAN if document[name] is None else float(document[name]) for name in ("p", "p_holm"))
        return cls(estimate=Estimate.from_dict(document), p=p, p_holm=p_holm, **key)


@dataclass(frozen=True)
class Claim:
    """A claim that a difference is positive, and what became of it.

    It is open unless both Holm's p over patients and the p of a paired t test over seeds are below 0.05. The first does not hold what
    training again would change in both models, the second not what other patients would.
    """

    claim: str
    difference: Difference

    @property
    def seed_test(self) -> tuple[float, float]:
        """Standard error and p over paired seeds; NaN of fewer than two."""
        return seed_test(self.difference.estimate.per_seed)

    @property
    def verdict(self) -> str:
        """``held``, ``contradicted`` or ``open``."""
        if not (self.difference.differs and self.seed_test[1] < LEVEL):
            return "open"
        return "held" if self.difference.estimate.value > 0 else "contradicted"

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        error, p = (json_number(value) for value in self.seed_test)
        return {"claim": self.claim, "verdict": self.verdict, "seed_error": error, "p_seeds": p, **self.difference.to_dict()}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Claim":
        """The inverse of `to_dict`; the verdict follows from the difference."""
        return cls(document["claim"], Difference.from_dict(document))


@dataclass
class Table:
    """What a study found.

    Attributes
    ----------
    title
        One line.
    rows, differences, claims
        In the order to show.
    notes
        Model -> what it is, in one line.
    ranges
        What the ranges and ± of its numbers say.
    scored
        On which ECGs.
    left_out
        Findings that do not enter macro metrics, each with the reason.
    warnings
        What these ECGs cannot bear.
    remarks
        What a reader must know of this table.
    limitations
        What of it could not be made, and why.
    printed
        Columns of a paper, as printed and recomputed.
    links
        Title -> address of a file beside the page.
    plots
        Caption -> PNG.
    """

    title: str
    rows: list[Row] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    ranges: str = RANGES
    scored: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    limitations: list[str] = field(default_factory=list)
    printed: list[dict[str, Any]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    plots: dict[str, bytes] = field(default_factory=dict)

    def settle(self) -> None:
        """Corrects the differences for their number; called once, when nothing is added any more.

        Holm's correction is over all tested comparisons of one metric at one policy, whatever they are measured against.
        """
        families: dict[tuple[str, str | None], list[int]] = {}
        for place, difference in enumerate(self.differences):
            families.setdefault((difference.metric, difference.policy), []).append(place)
        for places in families.values():
            for place, p in zip(places, holm([self.differences[place].p for place in places]), strict=True):
                self.differences[place] = replace(self.differences[place], p_holm=p)
        settled = {difference.key: difference for difference in self.differences}
        self.claims = [replace(claim, difference=settled[claim.difference.key]) for claim in self.claims]

    def estimate(self, model: str, metric: str, policy: str | None = None, finding: str | None = None) -> Estimate:
        """The estimate of one row.

        Raises
        ------
        KeyError
            There is no such row.
        """
        wanted = (model, metric, policy, finding)
        for row in self.rows:
            if (row.model, row.metric, row.policy, row.finding) == wanted:
                return row.estimate
        raise KeyError(wanted)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, without the plots."""
        listed = {name: [one.to_dict() for one in getattr(self, name)] for name in ("rows", "differences", "claims")}
        return {"title": self.title} | listed | {name: getattr(self, name) for name in PLAIN}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Table":
        """The inverse of `to_dict`; other keys are left alone."""
        return cls(
            rows=[Row.from_dict(row) for row in document["rows"]],
            differences=[Difference.from_dict(row) for row in document["differences"]],
            claims=[Claim.from_dict(row) for row in document["claims"]],
            title=document["title"],
            **{name: copy(document[name]) for name in PLAIN},
        )


def limitations_of(tables: Mapping[str, Table]) -> dict[str, list[str]]:
    """Limitation -> the names of the tables that have it."""
    names: dict[str, list[str]] = {}
    for name, table in tables.items():
        for sentence in table.limitations:
            names.setdefault(sentence, []).append(name)
    return names


def paired_seeds(model: Sequence[float], reference: Sequence[float]) -> tuple[float, ...]:
    """The difference of each pair of seeds; none where the two have not the same number of seeds or a value is undefined."""
    pairs = tuple(one - other for one, other in zip(model, reference, strict=True)) if len(model) == len(reference) else ()
    return pairs if all(pair == pair for pair in pairs) else ()
