"""`Study`: what a recipe asks for. It trains what is missing, keeps scores, and turns contests into tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.contest import Contestant, compared_samples, rank
from jaccardio.evaluation.differences import two_sided_p
from jaccardio.evaluation.metrics import MINIMUM_POSITIVES, left_out_of_macro
from jaccardio.evaluation.per_finding import PER_FINDING_FIGURES, per_finding
from jaccardio.evaluation.samples import estimate, number
from jaccardio.evaluation.thresholds import DEFAULT_POLICY
from jaccardio.evaluation.without_normal import without_normal
from jaccardio.experiments.contestants import HeldOut, always_normal, contestant
from jaccardio.experiments.evaluate_run import Window
from jaccardio.experiments.run_cache import RunCache
from jaccardio.experiments.sentences import sentence_scores
from jaccardio.findings.contradictions import NORMAL_CODES
from jaccardio.findings.labels import PRESENT
from jaccardio.paper.printed import PaperColumn, PaperFinding, paper_columns
from jaccardio.paper.runs import RUNS
from jaccardio.paper.scales import Scale
from jaccardio.paper.tables import DIFFERENCES, Table, contest_differences, contest_rows, figure_row, paired_seeds
from jaccardio.training.run_folder import RunFolder


@dataclass(frozen=True, eq=False)
class Study:
    """One cohort, perhaps other hospitals, at one scale.

    Attributes
    ----------
    home
        The test part of the cohort that the runs are trained on.
    away
        Other hospitals by name; none where the cohort stands alone.
    kept
        Folder of scores.
    seeds
        Of each run; None is the scale's.
    """

    scale: Scale
    store: Store
    split: Split
    home: HeldOut
    away: Mapping[str, HeldOut]
    runs: RunCache
    kept: Path
    seeds: int | None
    device: str

    def train(self, names: Sequence[str]) -> dict[str, list[RunFolder]]:
        """The finished runs of each name, one for each seed; a run that failed is missing and named in the run cache's failures."""
        wanted = [(name, seed) for name in names for seed in range(self._seeds(name))]
        done = self.runs.side_by_side(lambda pair: self.runs.train(pair[0], RUNS[pair[0]].configure(self.scale, pair[1])), wanted)
        trained: dict[str, list[RunFolder]] = {name: [] for name in names}
        for (name, _), run in zip(wanted, done, strict=True):
            if run is not None:
                trained[name].append(run)
        return trained

    def entered(self, table: Table, name: str, part: HeldOut, title: str = "", window: Window | None = None) -> Contestant | None:
        """A run's seeds on a part, the oracle among their thresholds; None where every seed failed, which is written into the table."""
        runs = self._trained(table, name)
        if not runs:
            return None
        return _with_oracle(contestant(title or self.title(name), "", runs, part, self.kept, self.device, window), part)

    def sentence_scores(self, table: Table, name: str, part: HeldOut, sentences: Sequence[str]) -> list[NDArray[np.float64]]:
        """Scores of a part's ECGs and sentences, (n, m) for each seed of a run; none where every seed failed, as in `entered`."""
        return [sentence_scores(run, part, sentences, self.kept, self.device) for run in self._trained(table, name)]

    def title(self, name: str) -> str:
        """What tables call a run at this scale."""
        return RUNS[name].title(self.scale)

    def compare(
        self,
        table: Table,
        names: Sequence[str],
        *,
        paper: Mapping[str, str],
        reference: str,
        claims: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Ranks runs and the control "always normal" on the test part and adds rows, differences and claims to a table.

        Parameters
        ----------
        names
            Keys of `RUNS`.
        paper
            Run -> key of the paper's column.
        reference
            The run that the others are measured against.
        claims
            Run -> what the paper claims of its micro-F1 against the reference's.
        """
        self.train(names)  # all at once, so that they can run side by side
        found = [self.entered(table, name, self.home) for name in names]
        self.contest(
            table,
            self.home,
            [*(one for one in found if one is not None), self.control(self.home)],
            paper={self.title(name): paper_columns()[key] for name, key in paper.items()},
            reference=self.title(reference),
            claims={self.title(name): claim for name, claim in claims.items()},
        )

    def contest(
        self,
        table: Table,
        part: HeldOut,
        contestants: Sequence[Contestant],
        *,
        paper: Mapping[str, PaperColumn],
        reference: str,
        claims: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Ranks contestants on a part and adds what was found to a table; here names are those of tables.

        A contestant whose rows stand in the table already adds none.
        """
        for column in dict.fromkeys(paper.values()):
            if column.to_dict() not in table.paper:
                table.paper.append(column.to_dict())
        order, there = [one.name for one in contestants], {row["run"] for row in table.rows}
        if reference not in order:
            table.could_not.append(f"the comparison with {reference}, which has no run")
        if not order:
            return
        against = reference if reference in order else order[0]
        contest = rank(part.labels, part.patients, part.vocabulary.codes, contestants, reference=against, replicates=self.scale.replicates)
        for row in sorted(contest.document["rows"], key=lambda row: order.index(row["name"])):
            table.rows += [] if row["name"] in there else contest_rows(row, paper.get(row["name"]))
        table.rows += [row for one in contestants if one.name not in there for row in self._without_normal(one, part)]
        table.scored.append(self.described(part, contest.document))
        if against != reference:
            return
        for row in contest_differences(contest.document):
            _add_difference(table, row, claims.get(row["run"], ""))

    def pair(self, table: Table, name: str, reference: str, claim: str = "") -> None:
        """Adds the difference of two runs on the test part to a table, and what becomes of a claim that it is positive."""
        found = [self.entered(table, one, self.home) for one in (name, reference)]
        claims = {self.title(name): claim} if claim else {}
        entered = [one for one in found if one is not None]
        self.contest(table, self.home, entered, paper={}, reference=self.title(reference), claims=claims)

    def moved(self, table: Table, name: str, place: str, claim: str) -> None:
        """Adds a run's figures at the own and at another hospital over the findings judged at both, their difference, and a claim.

        Each hospital is resampled by itself, for their patients differ. Judged are findings with enough positives and a negative.
        """
        codes = judged_at_both(self.home, self.away[place])
        if not codes:
            table.could_not.append(f"figures over findings judged both at home and at {place}: there is none")
            return
        samples: dict[str, dict[str, NDArray[np.float64]]] = {}
        for seed, (where, whole) in enumerate((("own hospital", self.home), (place, self.away[place]))):
            part, title = whole.of_findings(codes), f"{self.title(name)}, {where}, the findings judged there and at {place}"
            if (one := self.entered(table, name, part, title)) is None:
                return
            self.contest(table, part, [one], paper={}, reference=title)
            samples[title] = compared_samples(part.labels, part.patients, codes, one, replicates=self.scale.replicates, seed=seed)
        (run, ours), (reference, theirs) = samples.items()
        for figure, (metric, threshold) in DIFFERENCES.items():
            p = number(two_sided_p((ours[figure] - theirs[figure])[1:]))
            row = {"run": run, "reference": reference, "metric": metric, "threshold": threshold, "p": p}
            _add_difference(table, row | estimate(ours[figure] - theirs[figure]), claim)

    def findings(
        self, table: Table, one: Contestant, part: HeldOut, paper: Mapping[str, PaperFinding], figures: Sequence[str] = PER_FINDING_FIGURES
    ) -> None:
        """Adds a row for each finding and figure of a contestant on a part, and one for the number of its positives."""
        found = per_finding(part.labels, part.patients, part.vocabulary.codes, one, replicates=self.scale.replicates)
        for code, labels in zip(part.vocabulary.codes, part.labels.T, strict=True):
            count = {"value": int((labels == PRESENT).sum())}
            table.rows.append(figure_row(one.name, "positives", None, count, finding=code))
            for metric in figures:
                threshold = None if metric in ("auroc", "auprc") else DEFAULT_POLICY
                known = getattr(paper.get(code), metric, None)
                printed, implied = (None, known) if metric == "predicted_rate" else (known, None)
                table.rows.append(figure_row(one.name, metric, threshold, found[code][metric], printed, implied, finding=code))
        table.scored.append(self.described(part))

    def places(self) -> list[tuple[str, str, HeldOut]]:
        """The test part and every other hospital: name, ``own`` or ``other``, and the ECGs."""
        return [("own hospital", "own", self.home), *((name, "other", part) for name, part in self.away.items())]

    def control(self, part: HeldOut, place: str = "") -> Contestant:
        """The control "always normal" on a part, the oracle among its thresholds."""
        return _with_oracle(replace(always_normal(part), name=f"always-normal, {place}" if place else "always-normal"), part)

    def bootstrap(self, part: HeldOut) -> PatientBootstrap:
        """Resamples of a part's patients."""
        return PatientBootstrap(part.patients, self.scale.replicates)

    def without_others(self, table: Table) -> None:
        """Says in a table that there is no other hospital, where there is none."""
        if not self.away:
            table.could_not.append("figures of another hospital: name its store with --external")

    def described(self, part: HeldOut, document: Mapping[str, Any] | None = None) -> str:
        """Which ECGs were scored, in one line; from a contest's document also how many findings macro figures hold."""
        where = f"test part, {databases(part.store)}" if part.part == "test" else databases(part.store)
        macro = f", {len(document['findings_in_macro'])} of {len(part.vocabulary)} findings in macro figures" if document else ""
        return f"{where}: {len(part.ids):,} ECGs of {len(set(part.patients.tolist())):,} patients{macro}"

    def _without_normal(self, one: Contestant, part: HeldOut) -> list[dict[str, Any]]:
        """What a contestant's micro-F1 owes to the finding "normal"; no rows where the part does not know it."""
        normal = [column for column, code in enumerate(part.vocabulary.codes) if code in NORMAL_CODES]
        if not normal:
            return []
        found = without_normal(part.labels, normal, one, self.bootstrap(part))
        return [figure_row(one.name, metric, policy, figure) for policy, both in found.items() for metric, figure in both.items()]

    def _seeds(self, name: str) -> int:
        return self.seeds or (1 if RUNS[name].aside else self.scale.seeds)

    def _trained(self, table: Table, name: str) -> list[RunFolder]:
        """The runs of a name; seeds that failed are written into the table."""
        runs, wanted = self.train([name])[name], self._seeds(name)
        if len(runs) < wanted:
            table.could_not.append(f"{self.title(name)}, {wanted - len(runs)} of {wanted} seeds: {self._failure(name)}")
        return runs

    def _failure(self, name: str) -> str:
        reasons = {reason for run, reason in self.runs.failures.items() if run.rpartition("-")[0] == name}
        return "; ".join(sorted(reasons)) or "not trained"


def judged_at_both(first: HeldOut, second: HeldOut) -> list[str]:
    """Findings that enter macro figures of both parts."""
    out = set[str]()
    for part in (first, second):
        out |= set(left_out_of_macro(part.labels, part.vocabulary.codes, MINIMUM_POSITIVES))
    return [code for code in second.vocabulary.codes if code in first.vocabulary.codes and code not in out]


def databases(store: Store) -> str:
    """Where a store's ECGs come from."""
    return f"{store.manifest['corpus']} ({', '.join(sorted(store.records['database'].unique()))})"


def _add_difference(table: Table, row: Mapping[str, Any], claim: str) -> None:
    """Adds a paired difference to a table, with the differences of its seeds; a claim rests on those in micro-F1, at every threshold."""
    of_seeds = {
        (found["run"], found["metric"], found["threshold"]): found["seeds"] for found in table.rows if "finding" not in found
    }  # the rows of both stand in the table by now
    run, reference = (of_seeds[row[side], row["metric"], row["threshold"]] for side in ("run", "reference"))
    table.differences.append({**row, "seeds": paired_seeds(run, reference)})
    if claim and row["metric"] == "micro_f1":
        table.claims.append({"claim": claim, **row})


def _with_oracle(one: Contestant, part: HeldOut) -> Contestant:
    thresholds = [fitted.with_oracle(part.labels, scores) for fitted, scores in zip(one.thresholds, one.scores, strict=True)]
    return Contestant(one.name, one.scores, thresholds, one.seconds, one.note)
