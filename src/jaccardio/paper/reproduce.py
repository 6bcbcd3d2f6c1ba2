"""Every table of the paper by one command: each recipe's metrics in ``results.json`` and one report, as soon as it is done.

Command: ``jaccardio reproduce``. Runs and scores are kept, so that tables share them and an interrupted reproduction goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jaccardio.checksums import is_sealed, seal
from jaccardio.cohort.split import PARTS, check_disjoint, load_or_make_split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.table import Table
from jaccardio.experiments.held_out import HeldOut
from jaccardio.experiments.run_cache import RunCache
from jaccardio.files import read_json
from jaccardio.paper.hospitals import ingested, simulated_hospitals
from jaccardio.paper.limits import limits
from jaccardio.paper.recipes import RECIPES
from jaccardio.paper.scales import SCALES, Scale
from jaccardio.paper.study import Study
from jaccardio.progress import Say, Watch, unwatched
from jaccardio.report.results import PAGE, RESULTS, plots_are_whole, table_document, warnings_of, write_results
from jaccardio.training.leakage import check_apart

MADE_FROM = "made_from"
TITLE = "The paper's tables, reproduced"


@dataclass(frozen=True)
class Reproduction:
    """What `run_reproduce` wrote, run -> why it has no model, and what the ECGs cannot bear."""

    results: Path
    page: Path
    failures: dict[str, str]
    warnings: list[str]


def run_reproduce(
    names: Sequence[str],
    scale: str,
    out: Path,
    *,
    store: Path | None,
    external: Sequence[Path] = (),
    texts: Sequence[str] = (),
    seeds: int | None = None,
    jobs: int = 1,
    device: str = "auto",
    say: Say,
    watch: Watch = unwatched,
) -> Reproduction:
    """Makes some tables and merges each into the results of `out`, as `write_results` writes them.

    Parameters
    ----------
    names
        Names of `RECIPES`.
    scale
        A name of `SCALES`.
    store
        The cohort; scale smoke simulates its own and takes none.
    external
        Stores of external hospitals.
    texts
        Two text encoders or more for Table 2, the first also that of all other models, the second the one that the others are measured
        against; none are the scale's.
    seeds
        Of each run; None is the scale's.
    jobs
        Runs side by side.

    Raises
    ------
    UsageError
        An unknown scale, fewer than two text encoders, or one twice, a store that is missing or one too many or of another sampling rate;
        `out` holds another command's results or tables of another scale, store or split; or a plot of an earlier table is missing.
    DataError
        `out` holds tables that are not as they were written, or runs of another store or split, a part of the split is empty or not apart
        from the others, or an external hospital shares no finding, or shares ECGs or patients.
    """
    if scale not in SCALES:
        raise UsageError(f"unknown scale {scale!r}; available: {', '.join(SCALES)}.")
    if texts and (len(texts) < 2 or len(set(texts)) < len(texts)):
        raise UsageError(f"--texts: two different text encoders or more are compared; named: {', '.join(texts)}.")
    results = _results(out, scale)
    size = replace(SCALES[scale], texts=tuple(texts)) if texts else SCALES[scale]
    study = open_study(size, out, store, external, seeds=seeds, jobs=jobs, device=device, say=say, watch=watch)
    made_from = {
        "store": study.store.fingerprint,
        "split": study.split.fingerprint,
        "external": [part.store.fingerprint for part in study.external.values()],
        "texts": list(study.scale.texts),
        "seeds": study.seeds,
    }
    for name, found in results.items():
        if any(found[MADE_FROM][key] != made_from[key] for key in ("store", "split")):
            raise UsageError(f"{out}: its {name} is of another store or split. Take a new --out.")
    for name in names:
        say(f"{name}: {RECIPES[name].what}")
        table = RECIPES[name].make(study)
        table.limitations += limits(study)
        table.settle()
        for sentences in (table.scored, table.warnings, table.limitations):
            sentences[:] = dict.fromkeys(sentences)
        before, results[name] = results.get(name), seal({"scale": scale, MADE_FROM: made_from} | table_document(out, name, table))
        if name == names[-1] or before is None or before["sha256"] != results[name]["sha256"]:  # new, changed or last
            ordered = {key: results[key] for key in RECIPES if key in results}
            notes = {key: _earlier_call(table, made_from) for key, table in ordered.items()}
            title = RECIPES[next(iter(ordered))].title if len(ordered) == 1 else TITLE
            write_results(out, ordered, title=title, facts=_facts(study), notes=notes)
    return Reproduction(out / RESULTS, out / PAGE, study.runs.failures, warnings_of(results[name] for name in names))


def _results(out: Path, scale: str) -> dict[str, Any]:
    """The tables that stand in `out`."""
    if not (out / RESULTS).is_file():
        return {}
    document = read_json(out / RESULTS)
    results = document.get("tables") if isinstance(document, dict) else None
    expected = {"scale", MADE_FROM, *Table("").to_dict()}
    if not isinstance(results, dict) or not all(isinstance(table, dict) and expected <= table.keys() for table in results.values()):
        raise UsageError(
            f"{out / RESULTS}: not the tables of this version of `jaccardio reproduce`, perhaps another command's. Take a new --out, or "
            "move the file away: runs and scores are kept."
        )
    if damaged := [name for name, table in results.items() if not is_sealed(table) or not plots_are_whole(out, table)]:
        raise DataError(
            f"{out / RESULTS}: {', '.join(damaged)} or its plots are not as they were written. Move the file away: runs and scores are "
            "kept."
        )
    if others := {table["scale"] for table in results.values()} - {scale}:
        raise UsageError(f"{out}: its tables are of scale {', '.join(sorted(others))}. Reproduce scale {scale} into a new --out.")
    return results


def _earlier_call(table: dict[str, Any], made_from: dict[str, Any]) -> list[str]:
    """What the page says of a table of an earlier call with other options."""
    options = [f"--{key}" for key in ("external", "texts", "seeds") if table[MADE_FROM][key] != made_from[key]]
    return [f"made by an earlier call with another {' and '.join(options)} than the rest of this page"] if options else []


def open_study(
    scale: Scale,
    out: Path,
    store: Path | None,
    external: Sequence[Path],
    *,
    seeds: int | None = None,
    jobs: int = 1,
    device: str = "auto",
    say: Say,
    watch: Watch = unwatched,
) -> Study:
    """The study of a scale in `out`: its hospitals opened or made, its split checked; errors and parameters as in `run_reproduce`."""
    if scale.hospitals is not None:
        if store is not None or external:
            raise UsageError(f"scale {scale.name} simulates its own hospitals; leave --store and --external out, or take --scale small.")
        folder = simulated_hospitals(out, *scale.hospitals, say, watch)
        home, *others = (
            ingested(folder / site, out / name, "manifest", scale.sampling_rate, say, watch)
            for site, name in (("site-a", "store"), ("site-b", "store-b"))
        )
    elif store is None:
        raise UsageError(f"scale {scale.name} needs a cohort: --store STORE, ingested with --fs {scale.sampling_rate:g}.")
    else:
        home, *others = (Store.open(path) for path in (store, *external))
    if home.contract.sampling_rate != scale.sampling_rate:
        raise UsageError(
            f"{home.path}: the store holds {home.contract.sampling_rate:g} Hz; scale {scale.name} is made for {scale.sampling_rate:g} Hz. "
            f"Ingest with --fs {scale.sampling_rate:g}."
        )
    split = load_or_make_split(home, say)
    check_disjoint(home, split)
    for other in others:
        check_apart(home, split, other)
    held_out = HeldOut.of(home, split)
    hospitals_of = {_place(number, other): held_out.external(other) for number, other in enumerate(others, 2)}
    runs = RunCache(out / "runs", home, split, jobs=jobs, device=device, say=say, watch=watch)
    return Study(scale, home, split, held_out, hospitals_of, runs, out / "scores", seeds, device)


def _place(number: int, store: Store) -> str:
    """What an external hospital is called: by its database, or by its corpus where it holds several."""
    names = store.records["database"].unique()
    return f"hospital {number} ({names[0] if len(names) == 1 else store.manifest['corpus']})"


def _facts(study: Study) -> dict[str, str]:
    parts = ", ".join(f"{part} {len(study.split.parts[part]):,}" for part in PARTS)
    return {
        "Scale": study.scale.description,
        "Home hospital": f"{study.described(study.home)}; all parts: {parts}",
        **{name.capitalize(): study.described(part) for name, part in study.external.items()},
        "Text encoders": ", ".join(study.scale.texts),
        "Choices": "epoch and thresholds on the validation part of the home hospital only; the oracle is named as such",
        "Intervals": f"95 %, over {study.scale.replicates:,} bootstrap samples of patients; differences are paired; ±: over seeds",
    }
