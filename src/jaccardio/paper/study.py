"""`Study`: what a recipe asks for. It trains what is missing, keeps scores, and turns rankings into tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.evaluation.bootstrap import PatientBootstrap
from jaccardio.evaluation.metrics import DECISION_METRICS, FINDING_METRICS, RANKING_METRICS
from jaccardio.evaluation.ranking import compared_replicates, differences_of, finding_rows, rank
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Claim, Difference, Table
from jaccardio.evaluation.thresholds import POLICIES
from jaccardio.experiments.evaluate_run import Crop
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.run_cache import RunCache
from jaccardio.experiments.score_cache import scored_runs
from jaccardio.experiments.sentences import sentence_scores
from jaccardio.paper.printed import PaperColumn, paper_columns
from jaccardio.paper.runs import PaperRun, runs_of
from jaccardio.paper.scales import Scale
from jaccardio.training.run_folder import RunFolder

PER_FINDING = (*RANKING_METRICS, *(name for name in FINDING_METRICS if name != "jaccard"))


@dataclass(frozen=True, eq=False)
class Study:
    """One cohort, perhaps external hospitals, at one scale.

    Attributes
    ----------
    home
        The test part of the cohort that the runs are trained on.
    external
        External hospitals by name; none where the cohort stands alone.
    cache
        Folder of scores.
    seeds
        Of each run; None is the scale's.
    """

    scale: Scale
    store: Store
    split: Split
    home: HeldOut
    external: Mapping[str, HeldOut]
    runs: RunCache
    cache: Path
    seeds: int | None
    device: str

    def train(self, names: Sequence[str]) -> dict[str, list[RunFolder]]:
        """The finished runs of each name, one for each seed; a run that failed is missing and named in the run cache's failures."""
        wanted = [(name, seed) for name in names for seed in range(self._seeds(name))]
        done = self.runs.side_by_side(lambda pair: self.runs.train(pair[0], self._run(pair[0]).configure(self.scale, pair[1])), wanted)
        trained: dict[str, list[RunFolder]] = {name: [] for name in names}
        for (name, _), run in zip(wanted, done, strict=True):
            if run is not None:
                trained[name].append(run)
        return trained

    def scored(self, table: Table, name: str, held_out: HeldOut, title: str = "", crop: Crop | None = None) -> Scored | None:
        """A run's seeds on a part, the oracle among their thresholds; None where every seed failed, which is written into the table."""
        runs = self._trained(table, name)
        if not runs:
            return None
        found = scored_runs(title or self.title(name), "", runs, held_out, self.cache, self.device, crop)
        return replace(found.with_oracle(held_out.part), seconds=())

    def sentence_scores(self, table: Table, name: str, held_out: HeldOut, sentences: Sequence[str]) -> list[NDArray[np.float64]]:
        """Scores of a part's ECGs and sentences, (n, m) for each seed of a run; none where every seed failed, as in `scored`."""
        return [sentence_scores(run, held_out, sentences, self.cache, self.device) for run in self._trained(table, name)]

    def title(self, name: str) -> str:
        """What tables call a run at this scale."""
        return self._run(name).title(self.scale)

    def compare(
        self,
        table: Table,
        names: Sequence[str],
        *,
        paper: Mapping[str, str] = MappingProxyType({}),
        reference: str,
        claims: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Ranks runs and the control "always normal" on the test part and adds rows, differences and claims to a table.

        Parameters
        ----------
        names
            Keys of `runs_of` the scale.
        paper
            Run -> key of the paper's column.
        reference
            The run that the others are measured against.
        claims
            Run -> what the paper claims of its micro-F1 against the reference's.
        """
        self.train(names)  # all at once, so that they can run side by side
        self.rank(
            table,
            self.home,
            [*(self.scored(table, name, self.home) for name in names), self.control(self.home)],
            paper={self.title(name): paper_columns()[key] for name, key in paper.items()},
            reference=self.title(reference),
            claims={self.title(name): claim for name, claim in claims.items()},
        )

    def rank(
        self,
        table: Table,
        held_out: HeldOut,
        models: Sequence[Scored | None],
        *,
        paper: Mapping[str, PaperColumn] = MappingProxyType({}),
        reference: str,
        claims: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Ranks models on a part and adds what was found to a table; here names are those of tables.

        None is a model without a run. One whose rows stand in the table already adds none.
        """
        entered = [one for one in models if one is not None]
        order, there = [one.name for one in entered], {row.model for row in table.rows}
        if reference not in order:
            table.limitations.append(f"the comparison with {reference}, which has no run")
        if not order:
            return
        against = reference if reference in order else order[0]
        found = rank(held_out.part, entered, reference=against, replicates=self.scale.replicates).table
        rows = [row for row in found.rows if row.model not in there]
        rows.sort(key=lambda row: order.index(row.model))
        table.rows += rows
        table.notes |= {name: note for name, note in found.notes.items() if name not in there}
        table.scored.append(f"{self.hospital(held_out)}: {found.scored[0]}")
        table.warnings += [f"{self.hospital(held_out)}, {len(held_out.part.codes)} findings: {warning}" for warning in found.warnings]
        for code, reason in found.left_out.items():  # hospitals differ in what they leave out
            here = reason if held_out.name == "test" else f"{self.hospital(held_out)}: {reason}"
            before = table.left_out.setdefault(code, here)
            table.left_out[code] = before if here in before else f"{before}; {here}"
        beside_printed(table, paper)
        if against == reference:
            for difference in found.differences:
                _add(table, difference, claims.get(difference.model, ""))

    def pair(self, table: Table, name: str, reference: str, claim: str = "") -> None:
        """Adds the difference of two runs on the test part to a table, and what becomes of a claim that it is positive."""
        found = [self.scored(table, one, self.home) for one in (reference, name)]
        self.rank(table, self.home, found, reference=self.title(reference), claims={self.title(name): claim})

    def moved(self, table: Table, name: str, place: str, claim: str) -> None:
        """Adds a run's metrics at home and at an external hospital over the findings judged at both, their difference, and a claim.

        Each hospital is resampled by itself, for their patients differ. Judged are findings with enough positives and a negative.
        """
        home, external = self.home.part, self.external[place].part
        out = {*home.left_out(), *external.left_out()}
        codes = [code for code in external.codes if code in home.codes and code not in out]
        if not codes:
            table.limitations.append(f"metrics over findings judged both at home and at {place}: there is none")
            return
        found = {}
        for seed, (where, whole) in enumerate((("home hospital", self.home), (place, self.external[place]))):
            held_out, title = whole.of_findings(codes), f"{self.title(name)}, {where}, the findings judged there and at {place}"
            if (one := self.scored(table, name, held_out, title)) is None:
                return
            self.rank(table, held_out, [one], reference=title)
            found[title] = compared_replicates(held_out.part, one, replicates=self.scale.replicates, seed=seed)
        (model, ours), (reference, theirs) = found.items()
        for difference in differences_of(model, ours, reference, theirs):
            _add(table, difference, claim)

    def findings(
        self,
        table: Table,
        one: Scored,
        held_out: HeldOut,
        paper: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
        metrics: Sequence[str] = PER_FINDING,
    ) -> None:
        """Adds a row for each finding and metric of a model on a part, and one for the number of its positives.

        `paper` has what was printed, by finding and metric.
        """
        for row in finding_rows(held_out.part, one, metrics, replicates=self.scale.replicates):
            table.rows.append(replace(row, printed=paper.get(row.finding or "", {}).get(row.metric)))
        table.scored.append(self.described(held_out))

    def places(self) -> list[tuple[str, str, HeldOut]]:
        """The test part and every external hospital: name, ``home`` or ``external``, and the ECGs."""
        return [("home hospital", "home", self.home), *((name, "external", held_out) for name, held_out in self.external.items())]

    def control(self, held_out: HeldOut, place: str = "") -> Scored:
        """The control "always normal" on a part, the oracle among its thresholds."""
        name = f"always-normal, {place}" if place else "always-normal"
        return replace(held_out.always_normal().with_oracle(held_out.part), name=name, seconds=())

    def bootstrap(self, held_out: HeldOut) -> PatientBootstrap:
        """Resamples of a part's patients."""
        return PatientBootstrap(held_out.part.patients, self.scale.replicates)

    def without_external(self, table: Table) -> None:
        """Says in a table that there is no external hospital, where there is none."""
        if not self.external:
            table.limitations.append("metrics of an external hospital: name its store with --external")

    def hospital(self, held_out: HeldOut) -> str:
        """Where a part's ECGs come from."""
        return f"test part, {held_out.store.title}" if held_out.name == "test" else held_out.store.title

    def described(self, held_out: HeldOut) -> str:
        """Which ECGs were judged, in one line."""
        patients = len(set(held_out.part.patients.tolist()))
        return f"{self.hospital(held_out)}: {len(held_out.part):,} ECGs of {patients:,} patients"

    def _run(self, name: str) -> PaperRun:
        return runs_of(self.scale)[name]

    def _seeds(self, name: str) -> int:
        return self.seeds or (1 if self._run(name).aside else self.scale.seeds)

    def _trained(self, table: Table, name: str) -> list[RunFolder]:
        """The runs of a name; seeds that failed are written into the table."""
        runs, wanted = self.train([name])[name], self._seeds(name)
        if len(runs) < wanted:
            reasons = {reason for run, reason in self.runs.failures.items() if run.rpartition("-")[0] == name}
            why = "; ".join(sorted(reasons)) or "not trained"
            table.limitations.append(f"{self.title(name)}, {wanted - len(runs)} of {wanted} seeds: {why}")
        return runs


def beside_printed(table: Table, columns: Mapping[str, PaperColumn]) -> None:
    """Puts what the paper printed beside the rows of models (by title), and its columns below.

    The paper prints one Jaccard index and does not say which: it stands beside all three. Its thresholds are not stated either: what it
    printed stands beside every policy but the oracle.
    """
    for place, row in enumerate(table.rows):
        if row.model in columns and row.policy in POLICIES and row.metric in DECISION_METRICS:
            column = columns[row.model]
            printed = getattr(column, "jaccard" if row.metric.startswith("jaccard") else row.metric, None)
            implied = {"hamming_loss": column.hamming_on_common_base, "jaccard_micro": column.jaccard_micro}.get(row.metric)
            table.rows[place] = replace(row, printed=printed, implied=implied)
    table.printed += [column.to_dict() for column in columns.values() if column.to_dict() not in table.printed]


def _add(table: Table, difference: Difference, claim: str) -> None:
    """Adds a difference to a table; a claim rests on those in micro-F1, at every threshold."""
    table.differences.append(difference)
    if claim and difference.metric == "micro_f1":
        table.claims.append(Claim(claim, difference))
