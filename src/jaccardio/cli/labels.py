"""Commands that make labels of what hospitals have: link (echocardiograms), map-labels (texts)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jaccardio.cli.options import ChangedStore, Json, VocabularyName
from jaccardio.cli.output import result
from jaccardio.errors import UsageError

if TYPE_CHECKING:
    from jaccardio.cohort.link import Linked

GAPS = ((0, 0), (1, 7), (8, 30), (31, 90), (91, 10**6))
"""Days between ECG and echocardiogram that are counted together."""


def link(
    store: ChangedStore,
    echo: Annotated[
        Path, typer.Argument(metavar="ECHO", help="Table of echocardiograms (.csv, .tsv, .xlsx): patient_id, date and values.")
    ],
    id_table: Annotated[Path, typer.Option(metavar="FILE", help="Table of ids that `ingest --id-table` wrote: whose ECG, of which day.")],
    days: Annotated[int, typer.Option(min=0, metavar="N", help="Largest number of days between ECG and echocardiogram.")] = 30,
    before: Annotated[bool, typer.Option("--before", help="Only echocardiograms on the day of the ECG or before it.")] = False,
    after: Annotated[bool, typer.Option("--after", help="Only echocardiograms on the day of the ECG or after it.")] = False,
    lvef: Annotated[str | None, typer.Option(metavar="COLUMN", help="Left ventricular ejection fraction, per cent: low_ef.")] = None,
    lvef_low: Annotated[float | None, typer.Option(metavar="X", help="low_ef is present at X and below.")] = None,
    lvh: Annotated[str | None, typer.Option(metavar="COLUMN", help="E.g. mass index or wall thickness: lvh.")] = None,
    lvh_above: Annotated[float | None, typer.Option(metavar="X", help="lvh is present above X, in the unit of the column.")] = None,
    lae: Annotated[str | None, typer.Option(metavar="COLUMN", help="E.g. left atrial volume index or diameter: lae.")] = None,
    lae_above: Annotated[float | None, typer.Option(metavar="X", help="lae is present above X, in the unit of the column.")] = None,
    json: Json = False,
) -> None:
    """Labels a store with findings from echocardiography.

    Each ECG takes low_ef, lvh and lae from the same patient's nearest echocardiogram within the window; without one they are unknown. Give
    a column without a threshold where it says 1, 0 or nothing itself. Dates and patient ids stay outside the store.
    """
    from jaccardio.cohort.echo_table import Criterion
    from jaccardio.cohort.link import WHEN, When
    from jaccardio.cohort.link import link as run
    from jaccardio.cohort.remote import changed

    if before and after:
        raise UsageError("give --before or --after, or neither for echocardiograms on both sides of the ECG.")
    when: When = "before" if before else "after" if after else "either"
    options = (
        ("low_ef", "lvef", lvef, "--lvef-low", lvef_low),
        ("lvh", "lvh", lvh, "--lvh-above", lvh_above),
        ("lae", "lae", lae, "--lae-above", lae_above),
    )
    criteria = []
    for finding, option, column, threshold_option, threshold in options:
        if column is not None:
            criteria.append(Criterion(finding, column, threshold, ejection_fraction=finding == "low_ef"))
        elif threshold is not None:
            raise UsageError(f"{threshold_option} needs the column that it is a threshold of: --{option} COLUMN.")
    with changed(store) as folder:
        report = run(folder, echo, criteria, id_table, days=days, when=when)
    lines = [
        f"{store}: {report.records} ECGs of {report.patients} patients linked with {report.echoes} echocardiograms of "
        f"{report.echo_patients} patients, the nearest at most {days} days away, {WHEN[when]}"
    ]
    if report.left_out:
        lines.append(f"rows of {echo.name} left out, which name no patient or no day: {report.left_out}")
    if report.strangers:
        lines.append(f"patients of {echo.name} without an ECG in the store: {report.strangers}")
    for code, linked in report.findings.items():
        lines += _finding_lines(code, linked)
    document = {"store": str(store), "days": days, "when": when} | {
        "records": report.records,
        "patients": report.patients,
        "echocardiograms": report.echoes,
        "echo_patients": report.echo_patients,
        "left_out": report.left_out,
        "strangers": report.strangers,
        "findings": {code: vars(linked) for code, linked in report.findings.items()},
    }
    result(document, lines, json)


def map_labels(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="Table with a text for each ECG (.csv, .tsv, .xlsx).")],
    vocabulary: VocabularyName = "paper26",
    column: Annotated[
        str, typer.Option(metavar="NAME", help="Column with the texts; may be left out where it is the only other one.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Manifest to make, beside the table: its paths are relative to it.")
    ] = None,
    silence_is_absence: Annotated[
        bool, typer.Option("--silence-is-absence", help="A finding that a text wholly recognised does not name is absent, not unknown.")
    ] = False,
    json: Json = False,
) -> None:
    """Reads texts on ECGs into findings.

    English, German and Japanese. What a text names is present, what it denies absent, what it doubts unknown, and so is what it does not
    speak of. Phrases in which nothing was recognised are shown where at least five patients have them.
    """
    from jaccardio.cohort.map_labels import SHOWN_FROM
    from jaccardio.cohort.map_labels import map_labels as run

    report = run(table, vocabulary, column=column, out=out, silence_is_absence=silence_is_absence)
    lines = [
        f"{table.name}, column {report.column}: {report.stated} of {report.rows} rows have a text; "
        f"something was recognised in every phrase of {report.whole}"
    ]
    named = {code: counts for code, counts in report.findings.items() if counts["present"] + counts["absent"]}
    lines += [f"{code}: {_states(counts)}" for code, counts in named.items()]
    silent = [code for code in report.findings if code not in named]
    if silent:
        lines.append(f"findings that no text names: {', '.join(silent)}")
    if report.unread:
        lines.append("phrases in which nothing was recognised (patients, or rows where the table names none):")
        lines += [f"  {count:6}  {phrase}" for phrase, count in report.unread.items()]
    if report.rare:
        lines.append(f"rows with other such phrases, of fewer than {SHOWN_FROM}, not shown: {report.rare}")
    if out is not None:
        lines.append(f"written to {out}: check it, then jaccardio ingest {out} STORE --corpus manifest --vocabulary {vocabulary}")
    result({"table": str(table), "out": None if out is None else str(out)} | vars(report), lines, json)


def _finding_lines(code: str, linked: "Linked") -> list[str]:
    why = {
        "the patient has no echocardiogram": linked.without_echo,
        "none in the window states the value": linked.outside,
        "equally near ones disagree": linked.disagree,
        "day or patient of the ECG not known": linked.without_day,
    }
    counts = {(first, last): sum(number for gap, number in linked.gaps.items() if first <= gap <= last) for first, last in GAPS}
    gaps = [
        f"{first if first == last else f'{first}-{last}' if last < GAPS[-1][1] else f'over {first - 1}'}: {n}"
        for (first, last), n in counts.items()
        if n
    ]
    lines = [f"{code} ({linked.rule}): {_states(linked.states)}; before: {_states(linked.before)}"]
    lines.append("  unknown because " + (", ".join(f"{reason}: {n}" for reason, n in why.items() if n) or "of nothing"))
    if gaps:
        lines.append(f"  days between ECG and echocardiogram: {', '.join(gaps)}")
    if linked.ties:
        lines.append(
            f"  ECGs with several echocardiograms equally near: {linked.ties}, of which {linked.disagree} disagree and count as unknown"
        )
    return lines


def _states(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in counts.items())
