"""Simulated hospitals as files: WFDB records in format 16 and one ``manifest.csv`` a site, beside it ``echo.csv`` if wanted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import UsageError
from jaccardio.files import write_csv
from jaccardio.processes import WorkerPool
from jaccardio.recording.leads import LEADS
from jaccardio.recording.recording import SIMULATED_COMMENT
from jaccardio.recording.writers.wfdb import samples_interleaved, wfdb_header
from jaccardio.simulation.ecg import simulate_ecg
from jaccardio.simulation.echo import COLUMNS, echo_rows, patient_id
from jaccardio.simulation.heart import Heart, normal_heart
from jaccardio.simulation.hospital import SimulatedEcg, draw_patients
from jaccardio.simulation.pathologies import PATHOLOGIES, show_latent
from jaccardio.simulation.sites import ECHO_FINDINGS, FINDINGS, Site, create_sites

RECORDS_PER_FOLDER = 1000
FURTHER_SITES_SHARE = 3
MOST_RECORDS = 10_000_000
LOWEST_RATE, HIGHEST_RATE = 100.0, 2000.0
_CHUNK = 64


@dataclass(frozen=True)
class SiteReport:
    """What was written for one site: its manifest, number of ECGs and of patients, and the table of echocardiograms if any."""

    manifest: Path
    records: int
    patients: int
    echo: Path | None


def simulate_hospitals(
    out: Path,
    records: int,
    sites: int,
    seed: int,
    sampling_rate: float,
    jobs: int = 1,
    echo: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[SiteReport, ...]:
    """Writes simulated hospitals: ``OUT/site-a/manifest.csv``, ``OUT/site-a/records/000/r00001.hea`` and so on.

    The same arguments write the same bytes, whatever `jobs` is. A site's manifest is written last: where it is, the site is whole.

    Parameters
    ----------
    out
        Folder; the sites' folders in it must not exist.
    records
        ECGs of the first site; each further site has a third as many.
    sites
        1 to 26.
    sampling_rate
        Hz, 100 to 2,000; each ECG lasts 10 s.
    jobs
        Processes.
    echo
        Whether what echocardiography decides stands in a table ``echo.csv`` of each site, not in its manifest. The ECGs are the same.
    progress
        Called with the ECGs written and the ECGs in all.

    Raises
    ------
    UsageError
        An argument is out of range, or a site's folder exists.
    """
    if not 1 <= records <= MOST_RECORDS:
        raise UsageError(f"records must be between 1 and {MOST_RECORDS:,}, got {records}.")
    if jobs < 1:
        raise UsageError(f"jobs must be at least 1, got {jobs}.")
    if seed < 0:
        raise UsageError(f"seed must not be negative, got {seed}.")
    if not LOWEST_RATE <= sampling_rate <= HIGHEST_RATE:
        raise UsageError(f"sampling_rate must be between {LOWEST_RATE:g} and {HIGHEST_RATE:g} Hz, got {sampling_rate:g}.")
    hospitals = create_sites(sites)
    for site in hospitals:
        if (out / site.name).exists():
            raise UsageError(f"{out / site.name} exists. Choose another folder or remove it.")
    counts = [records if index == 0 else max(1, records // FURTHER_SITES_SHARE) for index in range(sites)]
    total, done = sum(counts), 0
    reports = []
    for index, (site, count) in enumerate(zip(hospitals, counts, strict=True)):
        ecgs = draw_patients(site, count, np.random.default_rng([seed, index]))
        home = out / site.name
        tasks = [(home, site, [seed, index], sampling_rate, ecgs[start : start + _CHUNK]) for start in range(0, count, _CHUNK)]
        for folder in {_record_path(home, ecg.number).parent for ecg in ecgs}:
            folder.mkdir(parents=True)
        for written in _run(tasks, jobs):
            done += written
            if progress is not None:
                progress(done, total)
        if echo:
            write_csv(home / "echo.csv", [COLUMNS, *echo_rows(site, ecgs, [seed, index, 3])])
        _write_manifest(home, site, ecgs, [code for code in FINDINGS if not echo or code not in ECHO_FINDINGS])
        reports.append(SiteReport(home / "manifest.csv", count, ecgs[-1].patient, home / "echo.csv" if echo else None))
    return tuple(reports)


_Task = tuple[Path, Site, list[int], float, list[SimulatedEcg]]


def _run(tasks: Sequence[_Task], jobs: int) -> Iterator[int]:
    if jobs == 1:
        yield from map(_write_chunk, tasks)
        return
    with WorkerPool(min(jobs, len(tasks))) as pool:
        yield from pool.map(_write_chunk, tasks)


def _write_chunk(task: _Task) -> int:
    folder, site, seed, sampling_rate, ecgs = task
    for ecg in ecgs:
        own = np.random.default_rng([*seed, 1, ecg.number])
        heart = build_heart(ecg, np.random.default_rng([*seed, 2, ecg.patient]))
        write_record(_record_path(folder, ecg.number), simulate_ecg(heart, site.equipment, sampling_rate, own), sampling_rate, site)
    return len(ecgs)


def build_heart(ecg: SimulatedEcg, rng: np.random.Generator) -> Heart:
    """The heart of one ECG. With a generator seeded by the patient, all ECGs of a patient share its form."""
    heart = normal_heart(rng)
    show_latent(heart, ecg.latent)
    for code, change in PATHOLOGIES.items():
        if code in ecg.findings:
            change(heart, rng)
    return heart


def twelve_leads(signal: NDArray[np.float32], counts_per_millivolt: float) -> NDArray[np.int16]:
    """Stored integers of the twelve leads, (12, samples), from I, II, V1-V6 in millivolt.

    I and II are rounded first; III = II - I then holds exactly in the stored integers, and aVR, aVL, aVF within half a count.
    """
    counts = np.rint(signal * np.float32(counts_per_millivolt)).astype(np.int32)
    one, two = counts[0], counts[1]
    halves = np.rint(np.stack([-(one + two), 2 * one - two, 2 * two - one]) / 2).astype(np.int32)
    leads = np.concatenate([counts[:2], (two - one)[None], halves, counts[2:]])
    return np.asarray(np.clip(leads, -32_767, 32_767), dtype=np.int16)


def write_record(path: Path, signal: NDArray[np.float32], sampling_rate: float, site: Site) -> None:
    """One WFDB record: ``path.hea`` and ``path.dat``, format 16 (little-endian, samples of the leads interleaved)."""
    counts = twelve_leads(signal, site.equipment.counts_per_millivolt)
    gain = f"{site.equipment.counts_per_millivolt:g}"
    header = wfdb_header(path.name, LEADS, counts, sampling_rate, gain, (SIMULATED_COMMENT,))
    path.with_suffix(".dat").write_bytes(samples_interleaved(counts))
    path.with_suffix(".hea").write_text(header, encoding="ascii")


def _record_path(folder: Path, number: int) -> Path:
    return folder / "records" / f"{(number - 1) // RECORDS_PER_FOLDER:03d}" / f"r{number:05d}"


def _write_manifest(folder: Path, site: Site, ecgs: Sequence[SimulatedEcg], stated: Sequence[str]) -> None:
    rows: list[list[object]] = [["path", "patient_id", "site", "date", "age", "sex", *stated]]
    for ecg in ecgs:
        path = _record_path(folder, ecg.number).with_suffix(".hea").relative_to(folder).as_posix()
        cells = [label_cell(code, ecg, site) for code in stated]
        rows.append([path, patient_id(site, ecg.patient), f"simulated {site.name}", ecg.day.isoformat(), ecg.age, ecg.sex, *cells])
    write_csv(folder / "manifest.csv", rows)


def label_cell(code: str, ecg: SimulatedEcg, site: Site) -> str:
    """``1`` present, ``0`` absent, empty unknown.

    Unknown are an echocardiographic finding without echocardiogram, what is never annotated there, and whether an ECG without any
    finding of an unhealthy heart is normal: nothing in it says that it is not.
    """
    if code in site.unannotated or (code in ECHO_FINDINGS and not ecg.echo) or (code == "normal" and not ecg.findings):
        return ""
    return "1" if code in ecg.findings else "0"
