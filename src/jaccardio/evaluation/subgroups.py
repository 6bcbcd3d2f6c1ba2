"""Figures of parts of the ECGs (age bands, sexes, sites, devices, years), on the same resamples of patients as all other figures."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.bootstrap import PatientBootstrap, mean_of_defined
from jaccardio.evaluation.calibration import are_probabilities
from jaccardio.evaluation.reliability import Reliability
from jaccardio.evaluation.samples import Samples, estimate, number
from jaccardio.evaluation.thresholds import DEFAULT_POLICY, Thresholds
from jaccardio.findings.labels import PRESENT

MINIMUM_RECORDS = 50
UNKNOWN_GROUP = "unknown"


def evaluate_subgroups(
    labels: NDArray[np.int8],
    scores: NDArray[np.floating],
    codes: Sequence[str],
    thresholds: Thresholds,
    groups: Mapping[str, NDArray[np.str_]],
    bootstrap: PatientBootstrap,
    minimum_positives: int,
) -> dict[str, Any]:
    """``subgroups`` of ``metrics.json``.

    In each group macro figures are over the findings with enough positives and a negative there. Groups differ in which findings these
    are, and findings in how hard they are; so ``common`` repeats the macro figures over the findings that every named group of the
    attribute has. The row ``unknown`` is no group of its own kind: it does not narrow the common findings.

    Parameters
    ----------
    labels, scores
        (n, k); -1 unknown, masked. ECE is undefined where a score lies outside [0, 1].
    groups
        Attribute -> (n,) group of each record, ``unknown`` where it is not stated.
    minimum_positives
        In a group, findings with fewer are left out of its macro figures.
    """
    document: dict[str, Any] = {"minimum_records": MINIMUM_RECORDS, "minimum_positives": minimum_positives}
    attributes, not_compared, probabilities = {}, {}, are_probabilities(scores)
    for attribute, members in groups.items():
        names = sorted(set(members.tolist()), key=_order)
        if len(names) == 1:
            not_compared[attribute] = "not stated for any ECG" if names == [UNKNOWN_GROUP] else "the same for every ECG"
            continue
        rows = {name: np.flatnonzero(members == name) for name in names}
        large = {name: where for name, where in rows.items() if len(where) >= MINIMUM_RECORDS}
        parts = {
            name: _Part(labels[where], scores[where], thresholds, bootstrap.within(where), minimum_positives, probabilities)
            for name, where in large.items()
        }
        named = [part.evaluable for name, part in parts.items() if name != UNKNOWN_GROUP]
        common = np.logical_and.reduce(named) if named else np.zeros(len(codes), np.bool_)
        attributes[attribute] = {
            "groups": {name: part.document(codes, common) for name, part in parts.items()},
            "common_findings": [code for code, shared in zip(codes, common, strict=True) if shared],
            "left_out": {name: f"fewer than {MINIMUM_RECORDS} ECGs" for name in names if name not in large},
        }
    return document | {"attributes": attributes, "not_compared": not_compared}


class _Part:
    """The figures of one group; arguments as in `evaluate_subgroups`, of its records only."""

    def __init__(
        self,
        labels: NDArray[np.int8],
        scores: NDArray[np.floating],
        thresholds: Thresholds,
        bootstrap: PatientBootstrap,
        minimum_positives: int,
        probabilities: bool,
    ) -> None:
        known, positives = (labels >= 0).sum(axis=0), (labels == PRESENT).sum(axis=0)
        self.evaluable = (positives >= minimum_positives) & (positives < known)
        self._records, self._patients = len(labels), bootstrap.n_patients
        shown = Thresholds({policy: values for policy, values in thresholds.values.items() if policy == DEFAULT_POLICY})
        self._samples = Samples.of(labels, scores, shown, bootstrap, self.evaluable)
        self._reliability = Reliability.undefined(len(known), bootstrap)
        if probabilities:
            self._reliability = Reliability.of(labels, scores, bootstrap)

    def document(self, codes: Sequence[str], common: NDArray[np.bool_]) -> dict[str, Any]:
        """One row; figures over the `common` findings (k,) only where the group can evaluate them all."""
        return {
            "n_records": self._records,
            "n_patients": self._patients,
            "n_findings": int(self.evaluable.sum()),
            "findings_left_out": [code for code, evaluable in zip(codes, self.evaluable, strict=True) if not evaluable],
            **self._macro(self.evaluable),
            "micro_f1": estimate(self._samples.decided[DEFAULT_POLICY]["micro_f1"]),
            "common": self._macro(common) if (self.evaluable | ~common).all() else self._macro(np.zeros_like(common)),
        }

    def _macro(self, findings: NDArray[np.bool_]) -> dict[str, Any]:
        ranked = {f"macro_{name}": mean_of_defined(np.where(findings, table, np.nan)) for name, table in self._samples.ranked.items()}
        figures = ranked | {"macro_ece": self._reliability.macro(findings)["macro_ece"]}
        chance = {"macro_chance_ece": number(self._reliability.macro_chance_ece(findings))}
        return {name: estimate(samples) for name, samples in figures.items()} | chance


def _order(name: str) -> tuple[bool, bool, int, str]:
    """Numbers by value, then names; ``unknown`` last."""
    number = name.isdecimal()
    return name == UNKNOWN_GROUP, not number, int(name) if number else 0, name
