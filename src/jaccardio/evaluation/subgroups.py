"""Metrics of parts of the ECGs (age bands, sexes, sites, devices, years), on the same resamples of patients as all other metrics."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.calibration import are_probabilities
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.reliability import Reliability
from jaccardio.evaluation.replicates import Replicates
from jaccardio.evaluation.thresholds import DEFAULT_POLICY, Thresholds

MINIMUM_RECORDS = 50
UNKNOWN_GROUP = "unknown"


def evaluate_subgroups(
    part: Part,
    scores: NDArray[np.floating],
    thresholds: Thresholds,
    groups: Mapping[str, NDArray[np.str_]],
    bootstrap: PatientBootstrap,
    minimum_positives: int,
) -> dict[str, Any]:
    """``subgroups`` of ``metrics.json``.

    In each group macro metrics are over the findings with enough positives and a negative there. Groups differ in which findings these
    are, and findings in how hard they are; so ``common`` repeats the macro metrics over the findings that every named group of the
    attribute has. The row ``unknown`` is no group of its own kind: it does not narrow the common findings.

    Parameters
    ----------
    scores
        (n, k). ECE is undefined where a score lies outside [0, 1].
    groups
        Attribute -> (n,) group of each record, ``unknown`` where it is not stated.
    minimum_positives
        In a group, findings with fewer are left out of its macro metrics.
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
        found = {
            name: _Subgroup(part.of_records(where), scores[where], thresholds, bootstrap.within(where), minimum_positives, probabilities)
            for name, where in large.items()
        }
        named = [group.evaluable for name, group in found.items() if name != UNKNOWN_GROUP]
        common = np.logical_and.reduce(named) if named else np.zeros(len(part.codes), np.bool_)
        attributes[attribute] = {
            "groups": {name: group.document(common) for name, group in found.items()},
            "common_findings": [code for code, shared in zip(part.codes, common, strict=True) if shared],
            "left_out": {name: f"fewer than {MINIMUM_RECORDS} ECGs" for name in names if name not in large},
        }
    return document | {"attributes": attributes, "not_compared": not_compared}


class _Subgroup:
    """The metrics of one group; arguments as in `evaluate_subgroups`, of its records only."""

    def __init__(
        self,
        part: Part,
        scores: NDArray[np.floating],
        thresholds: Thresholds,
        bootstrap: PatientBootstrap,
        minimum_positives: int,
        probabilities: bool,
    ) -> None:
        self.part, self.evaluable = part, part.evaluable(minimum_positives)
        shown = Thresholds({policy: values for policy, values in thresholds.values.items() if policy == DEFAULT_POLICY})
        self._replicates = Replicates.of(part, scores, shown, bootstrap, self.evaluable)
        self._reliability = Reliability.undefined(len(part.codes), bootstrap)
        if probabilities:
            self._reliability = Reliability.of(part.labels, scores, bootstrap)

    def document(self, common: NDArray[np.bool_]) -> dict[str, Any]:
        """One row; metrics over the `common` findings (k,) only where the group can evaluate them all."""
        return {
            "n_records": len(self.part),
            "n_patients": len(set(self.part.patients.tolist())),
            "n_findings": int(self.evaluable.sum()),
            "findings_left_out": [code for code, evaluable in zip(self.part.codes, self.evaluable, strict=True) if not evaluable],
            **self._macro(self.evaluable),
            "micro_f1": Estimate.of(self._replicates.decided[DEFAULT_POLICY]["micro_f1"]),
            "common": self._macro(common) if (self.evaluable | ~common).all() else self._macro(np.zeros_like(common)),
        }

    def _macro(self, findings: NDArray[np.bool_]) -> dict[str, Any]:
        estimates = {name: Estimate.of(replicates) for name, replicates in self._replicates.macro(findings).items()}
        reliability = self._reliability.estimates(findings)
        return estimates | {name: reliability[name] for name in ("macro_ece", "macro_chance_ece")}


def _order(name: str) -> tuple[bool, bool, int, str]:
    """Numbers by value, then names; ``unknown`` last."""
    number = name.isdecimal()
    return name == UNKNOWN_GROUP, not number, int(name) if number else 0, name
