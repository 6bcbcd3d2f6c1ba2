"""`link`: findings that come from echocardiography: each ECG gets those of the same patient's nearest echocardiogram within a window.

A store holds no dates and no patient ids, and needs none for this: days and patients stand in the table of ids that ingest writes outside
the store (`jaccardio.cohort.id_table`), so the echocardiograms keep the hospital's own ids and dates, and only labels enter the store.
Dates shifted by the secret key would have done the same, but every store would then hold the intervals between a patient's visits.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from jaccardio.cohort.echo_table import Criterion, Echo, EchoTable
from jaccardio.cohort.id_table import IdTable
from jaccardio.cohort.relabel import LINKED, count_findings, labelled_again, replace_labels
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.findings.labels import UNKNOWN

When = Literal["before", "after", "either"]
WHEN = {"before": "on the day of the ECG or before it", "after": "on the day of the ECG or after it", "either": "before or after the ECG"}


@dataclass(frozen=True)
class Linked:
    """What became of one finding, in numbers of ECGs.

    Attributes
    ----------
    rule
        E.g. ``lvef <= 40``.
    states
        ``present``, ``absent``, ``unknown``: now.
    before
        The same before: from the codes, or from an earlier link.
    without_day, without_echo, outside, disagree
        Why it is unknown: day or patient of the ECG is not known; the patient has no echocardiogram; none within the window states the
        value; several are equally near and disagree.
    ties
        ECGs with several echocardiograms equally near, those that disagree among them.
    gaps
        ECGs by days between ECG and echocardiogram.
    """

    rule: str
    states: dict[str, int]
    before: dict[str, int]
    without_day: int
    without_echo: int
    outside: int
    disagree: int
    ties: int
    gaps: dict[int, int]


@dataclass(frozen=True)
class LinkReport:
    """What linking did.

    Attributes
    ----------
    records, patients
        Of the store: ECGs, and patients whose id is known.
    echoes, echo_patients
        Of the table.
    left_out
        Rows of the table that name no patient or no day.
    strangers
        Patients of the table who have no ECG in the store.
    findings
        By code, in the order of the criteria.
    """

    records: int
    patients: int
    echoes: int
    echo_patients: int
    left_out: int
    strangers: int
    findings: dict[str, Linked]


def link(store: Path, table: Path, criteria: Sequence[Criterion], id_table: Path, *, days: int = 30, when: When = "either") -> LinkReport:
    """Gives a store the echocardiographic findings of a table; signals, codes and split stay as they are.

    What the codes said of these findings counts no more: without an echocardiogram in the window they are unknown. Other findings that came
    from an earlier link are kept. Of several echocardiograms that are equally near and disagree nothing is believed. The rule of each
    finding becomes its note in the store's vocabulary.

    Parameters
    ----------
    table
        As `EchoTable.read` takes it.
    id_table
        That ingest wrote with this store.
    days
        Largest distance between ECG and echocardiogram; 0 is the same day.
    when
        On which side of the ECG the echocardiogram may lie.

    Raises
    ------
    UsageError
        No criterion, two for one finding, or a finding that the store's vocabulary does not have; no such file.
    DataError
        The store is damaged; a table is refused, or knows nobody of the store.
    """
    if not criteria:
        raise UsageError("no finding to link: name a column of the table, for example --lvef lvef --lvef-low 40.")
    if days < 0:
        raise UsageError(f"{days} days: the window cannot be negative.")
    opened, ids, echoes = Store.open(store), IdTable.load(id_table), EchoTable.read(table, criteria)
    columns = [opened.vocabulary.index(criterion.finding) for criterion in criteria]
    if len(set(columns)) < len(columns):
        raise UsageError("two criteria decide one finding; give one.")
    ids.paths_of(opened.ids)
    known = _by_day(opened.ids.tolist(), ids, echoes)
    found = [[_nearest(day, theirs, place, days, when) for day, theirs in known] for place in range(len(criteria))]
    earlier = [column for code in opened.manifest.get(LINKED, {}) if (column := opened.vocabulary.index(code)) not in columns]
    elsewhere = {column: opened.labels[:, column].tolist() for column in earlier}
    elsewhere |= {column: [ecg.state for ecg in ecgs] for column, ecgs in zip(columns, found, strict=True)}
    noted = {
        column: f"From echocardiography: {criterion.rule}, the nearest one at most {days} days away, {WHEN[when]}."
        for column, criterion in zip(columns, criteria, strict=True)
    }
    findings = (replace(finding, note=noted.get(column, finding.note)) for column, finding in enumerate(opened.vocabulary.findings))
    vocabulary = replace(opened.vocabulary, findings=tuple(findings))
    labelled = labelled_again(opened, vocabulary, elsewhere)
    replace_labels(
        opened, labelled, vocabulary, {vocabulary.codes[column]: vocabulary.findings[column].note for column in sorted(elsewhere)}
    )
    before, after = (count_findings(labels, vocabulary) for labels in (opened.labels, labelled.labels))
    patients = {ids.patients[name] for name in opened.ids.tolist() if name in ids.patients}
    whose = patients if echoes.sited else {("", patient) for _, patient in patients}
    report = {
        vocabulary.codes[column]: _linked(criterion.rule, ecgs, before[vocabulary.codes[column]], after[vocabulary.codes[column]])
        for column, criterion, ecgs in zip(columns, criteria, found, strict=True)
    }
    strangers = len(echoes.by_patient.keys() - whose)
    return LinkReport(len(opened), len(patients), len(echoes), len(echoes.by_patient), echoes.left_out, strangers, report)


@dataclass(frozen=True)
class _Found:
    """State of one finding in one ECG, why it is unknown, the distance in days, and how many echocardiograms are so near."""

    state: int
    reason: str = ""
    gap: int = 0
    tied: int = 0


def _by_day(names: Sequence[str], ids: IdTable, echoes: EchoTable) -> list[tuple[date | None, Sequence[Echo]]]:
    """Day of each ECG of the store, None where day or patient is not known, and its patient's echocardiograms."""
    if not any(name in ids.days for name in names):
        raise DataError(
            "the table of ids knows the day of no ECG. Write whole dates (2019-05-02) into the manifest's column date and ingest again "
            "with --id-table; tables of earlier versions hold no dates."
        )
    sites = {ids.patients[name][0] for name in names if name in ids.patients}
    if len(sites) > 1 and not echoes.sited:
        raise DataError(
            f"{echoes.name}: the column site is missing: the store holds {len(sites)} sites, which may number patients alike. Write the "
            "site of each patient as the manifest does."
        )
    ecgs = []
    for name in names:
        site, patient = ids.patients.get(name, ("", ""))
        whose = (site if echoes.sited else "", patient)
        ecgs.append((ids.days.get(name) if patient else None, echoes.by_patient.get(whose, ())))
    if not any(theirs for _, theirs in ecgs):
        raise DataError(
            f"{echoes.name}: none of its {len(echoes.by_patient)} patients has an ECG in the store. Are ids and sites written as in the "
            "manifest (leading zeros count)?"
        )
    return ecgs


def _nearest(day: date | None, echoes: Sequence[Echo], place: int, days: int, when: When) -> _Found:
    if day is None:
        return _Found(UNKNOWN, "without_day")
    if not echoes:
        return _Found(UNKNOWN, "without_echo")
    apart = [((echo.day - day).days, echo.states[place]) for echo in echoes if echo.states[place] != UNKNOWN]
    apart = [(gap, state) for gap, state in apart if abs(gap) <= days and (when != "before" or gap <= 0) and (when != "after" or gap >= 0)]
    if not apart:
        return _Found(UNKNOWN, "outside")
    gap = min(abs(gap) for gap, _ in apart)
    states = [state for distance, state in apart if abs(distance) == gap]
    return _Found(states[0], "", gap, len(states)) if len(set(states)) == 1 else _Found(UNKNOWN, "disagree", gap, len(states))


def _linked(rule: str, ecgs: Sequence[_Found], before: dict[str, int], after: dict[str, int]) -> Linked:
    reasons = Counter(ecg.reason for ecg in ecgs)
    gaps = Counter(ecg.gap for ecg in ecgs if not ecg.reason)
    return Linked(
        rule=rule,
        states=after,
        before=before,
        without_day=reasons["without_day"],
        without_echo=reasons["without_echo"],
        outside=reasons["outside"],
        disagree=reasons["disagree"],
        ties=sum(ecg.tied > 1 for ecg in ecgs),
        gaps=dict(sorted(gaps.items())),
    )
