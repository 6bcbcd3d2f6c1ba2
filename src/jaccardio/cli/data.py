"""Commands that make and shape data: synth, ingest, split, relabel, inspect."""

import math
from collections import Counter
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jaccardio.cli.options import FREE_CORES, ChangedStore, Checks, Json, On, Processes, SamplingRate, Seed, VocabularyName
from jaccardio.cli.output import progress_bar, result, resumable
from jaccardio.errors import UsageError
from jaccardio.on_ray import PROCESSES

if TYPE_CHECKING:
    from jaccardio.cohort.ingest import IngestReport
    from jaccardio.cohort.lead_tally import LeadTally

SHOWN = 10


def synth(
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="New folder; one folder in it for each hospital.")],
    records: Annotated[int, typer.Option(min=1, help="ECGs of the first hospital; each further one gets a third of that.")] = 3000,
    sites: Annotated[int, typer.Option(min=1, help="Number of hospitals.")] = 2,
    seed: Seed = 0,
    fs: SamplingRate = 500.0,
    echo: Annotated[
        bool,
        typer.Option("--echo", help="Write what echocardiography decides into a table echo.csv, for `link`, and not into the manifest."),
    ] = False,
    jobs: Processes = FREE_CORES,
    json: Json = False,
) -> None:
    """Simulates hospitals: WFDB files and a manifest.csv.

    The ECGs have 12 leads; the manifest of each hospital states their findings.
    """
    from jaccardio.simulation.disk import simulate_hospitals

    with progress_bar("simulating") as progress:
        hospitals = simulate_hospitals(out, records, sites, seed, fs, jobs=jobs, echo=echo, progress=progress)
    lines = [f"{site.records} simulated ECGs of {site.patients} simulated patients: {site.manifest}" for site in hospitals]
    lines += [f"their echocardiograms: {site.echo}" for site in hospitals if site.echo]
    written = [
        {"manifest": str(site.manifest), "records": site.records, "patients": site.patients}
        | ({"echo": str(site.echo)} if site.echo else {})
        for site in hospitals
    ]
    result({"out": str(out), "simulated": True, "sites": written}, lines, json)


def ingest(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Folder, zip or URL of the corpus, or a manifest (.csv, .tsv, .xlsx).")],
    store: Annotated[str, typer.Argument(metavar="STORE", help="New folder or URL for the store, or a store that takes what it lacks.")],
    corpus: Annotated[
        str, typer.Option(metavar="NAME", help="manifest, folder, challenge, ptbxl, ptbxl-plus, mimic, code15, echonext, sph or chapman.")
    ],
    vocabulary: VocabularyName = "paper26",
    fs: SamplingRate = 500.0,
    patient_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with the secret for pseudonyms; made when absent. Default: STORE.patient-key.")
    ] = None,
    id_table: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV file to make outside the store: from its ids back to paths, patients and days; `link` reads it. Keep it secret.",
        ),
    ] = None,
    site: Annotated[
        str, typer.Option(metavar="NAME", help="Hospital of all records that name no other; two hospitals may number patients alike.")
    ] = "",
    drop: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Column of the manifest to leave out; may be given several times.")
    ] = None,
    allow_outside: Annotated[
        bool, typer.Option("--allow-outside", help="Also read recordings outside of the manifest's folder, and links to files outside it.")
    ] = False,
    check: Checks = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read tables and headers only, say what would be stored, and write nothing.")
    ] = False,
    jobs: Processes = FREE_CORES,
    on: On = PROCESSES,
    json: Json = False,
) -> None:
    """Reads a folder of ECGs, or a public database, into a store.

    A store has one sampling rate and one vocabulary. Files that cannot be read are listed and stop nothing. A folder or zip may mix all
    formats; docs/formats.md lists them. Into a store of the same corpus, rate and vocabulary goes what it does not have yet; what it has is
    not read again.

    A manifest has the columns path and patient_id (may be empty); optional fold, site, date, age, sex; and the findings, either one column
    each with 1, 0 or nothing (yes, no, ja, nein, 陽性, 陰性 and more are known) or one column findings, separated by ";". docs/your-data.md
    lists the words.
    """
    from jaccardio.cohort.corpora.corpus import SourceOptions
    from jaccardio.cohort.ingest import ingest as run
    from jaccardio.cohort.quality_counts import quality_counts
    from jaccardio.cohort.remote import is_url, mirrored, published
    from jaccardio.cohort.store import Store
    from jaccardio.recording.checks.table import configured

    if is_url(source) and on == "ray":
        raise UsageError("--on ray reads files that every machine sees: mount the storage, or copy it to a disk that they share.")
    way = "The same command starts again from the first file; no half of a store is left."
    with resumable(way), mirrored(source) as read, published(store) as written, progress_bar("ingesting") as progress:
        report = run(
            read,
            written,
            corpus=corpus,
            vocabulary=vocabulary,
            sampling_rate=fs,
            key_file=patient_key or (Path(f"{Path(store).name}.patient-key") if is_url(store) else None),
            id_table=id_table,
            options=SourceOptions(site.strip(), tuple(drop or ()), allow_outside),
            checks=configured(check or ()),
            dry_run=dry_run,
            jobs=jobs,
            on=on,
            progress=progress,
        )
        quality = {} if dry_run else quality_counts(Store.open(written))
    reasons = dict(Counter(rejection.kind for rejection in report.rejected).most_common())
    document = {
        "store": str(store),
        "patient_key": None if report.key_file is None else str(report.key_file),
        "id_table": None if report.id_table is None else str(report.id_table),
        "dry_run": dry_run,
        "stored": report.stored,
        "skipped": report.skipped,
        "patients": report.patients,
        "rejected": [{"record": rejection.record, "reason": rejection.reason} for rejection in report.rejected],
        "formats": report.formats,
        "reasons": reasons,
        "notes": list(report.notes),
        "unmapped": report.unmapped,
        "contradicted": report.contradicted,
        "findings": report.findings,
        "leads": {str(leads): count for leads, count in sorted(report.leads.by_leads.items(), reverse=True)},
        "unknown_signals": dict(report.leads.unknown.most_common()),
        "halved": report.leads.halved,
        "quality": quality,
    }
    result(document, _ingest_lines(report, store, dry_run, reasons, quality), json)
    if report.rejected or report.leads.halved:
        raise typer.Exit(1)


def _ingest_lines(
    report: "IngestReport", store: str, dry_run: bool, reasons: dict[str, int], quality: dict[str, dict[str, int]]
) -> list[str]:
    """What was stored, what was refused and why, and what of the findings is lost or unknown."""
    from jaccardio.cohort.quality_counts import quality_line

    done = f"would be stored in {store} (dry run: signals were not read, nothing was written)" if dry_run else f"stored in {store}"
    lines = [f"{report.stored} ECGs of {report.patients} patients {done}, {len(report.rejected)} rejected"]
    if report.skipped:
        lines.append(f"{report.skipped} ECGs were in the store before and were not read again")
    if len(report.formats) > 1:
        lines.append("formats read: " + ", ".join(f"{name} {count}" for name, count in report.formats.items()))
    if len(reasons) < len(report.rejected):
        lines += [f"  {count} x {kind}" for kind, count in reasons.items()]
    lines += [f"  rejected {rejection.record}: {rejection.reason}" for rejection in report.rejected]
    if not dry_run:
        lines += _lead_lines(report.leads)
        lines.append(f"checks of quality (ECGs): {quality_line(quality)}")
    lines += report.notes
    if report.id_table is not None and not dry_run:
        lines.append(f"the way back from ids to files is in {report.id_table}: keep it secret, and outside the store")
    if dry_run:
        known = {code: states for code, states in report.findings.items() if states["present"] + states["absent"]}
        lines += [f"{code}: " + ", ".join(f"{n} {state}" for state, n in states.items()) for code, states in known.items()]
    elif report.key_file is not None:
        lines.append(f"ids are pseudonyms under the key in {report.key_file}: keep it secret, and use it again for the same ids")
    lines += _losses(report.unmapped, report.contradicted)
    unknown = [code for code, count in report.findings.items() if count["present"] + count["absent"] == 0]
    if unknown:
        lines.append("findings that this corpus cannot know: " + ", ".join(unknown))
    return lines


def relabel(store: ChangedStore, vocabulary: VocabularyName, json: Json = False) -> None:
    """Labels a store with another vocabulary.

    It works from the stored codes; signals are not read again.
    """
    from jaccardio.cohort.relabel import relabel as run
    from jaccardio.cohort.remote import changed

    with changed(store) as folder:
        report = run(folder, vocabulary)
    lines = [f"{store}: {report.records} ECGs now labelled with {report.vocabulary}", *_losses(report.unmapped, report.contradicted)]
    if report.unlinked:
        lines.append(f"no longer from echocardiography, but from codes: {', '.join(report.unlinked)}; run `jaccardio link` again")
    document = {
        "store": str(store),
        "vocabulary": report.vocabulary,
        "unmapped": report.unmapped,
        "contradicted": report.contradicted,
        "findings": report.findings,
        "unlinked": list(report.unlinked),
    }
    result(document, lines, json)


def split(
    store: ChangedStore,
    validation_fold: Annotated[int | None, typer.Option(metavar="FOLD", help="Fold of the validation part.")] = None,
    test_fold: Annotated[int | None, typer.Option(metavar="FOLD", help="Fold of the test part.")] = None,
    fractions: Annotated[str | None, typer.Option(metavar="SHARES", help="Shares of train, validation and test, e.g. 0.7,0.1,0.2.")] = None,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Splits a store by patients into training, validation and test.

    Identical waveforms are never in two parts. Without options the folds of the store are used, else fractions of 0.7, 0.1 and 0.2.
    """
    from jaccardio.cohort import split as splits
    from jaccardio.cohort.remote import changed
    from jaccardio.cohort.store import Store

    if (validation_fold is None) != (test_fold is None):
        raise UsageError("give both --validation-fold and --test-fold, or neither.")
    if fractions is not None and validation_fold is not None:
        raise UsageError("folds and --fractions exclude each other.")
    with changed(store) as folder:
        opened = Store.open(folder)
        if validation_fold is not None and test_fold is not None:
            made = splits.split_by_folds(opened, validation_fold, test_fold)
        elif fractions is not None:
            made = splits.split_by_fractions(opened, _fractions(fractions), seed)
        else:
            made = splits.default_split(opened, seed)
        splits.check_disjoint(opened, made)
        splits.save_split(opened, made)
    table = splits.audit(opened, made)
    sizes = {part: len(ids) for part, ids in made.parts.items()}
    lines = [", ".join(f"{part} {size} ECGs" for part, size in sizes.items())]
    lines.append(f"{'prevalence':<18}" + "".join(f"{part:>16}" for part in sizes))
    for finding, row in table.iterrows():
        lines.append(f"{finding:<18}" + "".join(_prevalence(row[f"{part}_prevalence"], row[f"{part}_positive"]) for part in sizes))
    lines.append(f"written to {store}/split.json, fingerprint {made.fingerprint[:12]}")
    audited = loads(table.reset_index().to_json(orient="records"))  # NaN becomes null
    document = {"store": str(store), "method": made.method, "fingerprint": made.fingerprint, "parts": sizes, "audit": audited}
    result(document, lines, json)


def _fractions(text: str) -> tuple[float, float, float]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != 3:
        raise UsageError(f"--fractions {text!r}: write three shares that add up to 1, for example 0.7,0.1,0.2.")
    return values


def _prevalence(share: float, positives: float) -> str:
    known = not math.isnan(share)
    return f"{f'{share:.3f} ({positives:.0f})' if known else 'unknown':>16}"


def _lead_lines(leads: "LeadTally") -> list[str]:
    """Number of leads, where it is not twelve throughout, and what was left out."""
    lines = []
    if set(leads.by_leads) - {12}:
        lines.append(
            "leads recorded: " + ", ".join(f"{number} in {count} ECGs" for number, count in sorted(leads.by_leads.items(), reverse=True))
        )
    if leads.with_unknown:
        names = ", ".join(f"{name} {count}" for name, count in leads.unknown.most_common(SHOWN))
        more = f" and {len(leads.unknown) - SHOWN} more" if len(leads.unknown) > SHOWN else ""
        lines.append(f"{leads.with_unknown} ECGs hold signals that are no standard lead: left out (names: {names}{more})")
    if leads.halved:
        lines.append(
            f"{leads.halved} of these lack half of the standard leads or more. If the signals left out are leads, name them "
            "I, II, III, aVR, aVL, aVF, V1-V6 in the headers and ingest again"
        )
    return lines


def _losses(unmapped: dict[str, int], contradicted: dict[str, int]) -> list[str]:
    lines = []
    if unmapped:
        lines.append("codes that the vocabulary does not speak of (ECGs): " + _counts(unmapped))
    if contradicted:
        lines.append("stated beside another finding, which contradicts it, so unknown there (ECGs): " + _counts(contradicted))
    return lines


def _counts(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{code} ({count})" for code, count in ordered[:SHOWN])
    return shown + (f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else "")
