"""The demo: the paper's experiment end to end, on two simulated hospitals or on PTB-XL.

Command: ``make demo``, or ``make demo DATA=path/to/ptb-xl``. About four minutes on 2 cores.
Trains standard SigLIP, the paper's loss and the statement target with equal budgets, evaluates each at both hospitals, and sets
the figures beside the paper's Tables 1 and 6.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jaccardio.cohort.ingest import ingest
from jaccardio.cohort.split import Split, default_split
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.evaluation.comparison import write_comparison
from jaccardio.experiments.evaluate_run import evaluate_run
from jaccardio.simulation.disk import simulate_hospitals
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train
from jaccardio.training.run_folder import RunFolder

PRESETS = ("siglip-small", "paper-small", "truth-small")
SETTINGS = ("training.epochs=24",)
"""For simulated hospitals: a seventh of PTB-XL's training ECGs, so three times the epochs."""

REPLICATES = 1000


@dataclass(frozen=True)
class DemoReport:
    """The page, and (preset, hospital, macro-AUROC) of each evaluation."""

    page: Path
    figures: tuple[tuple[str, str, float | None], ...]


def run_demo(out: Path, data: Path | None, records: int, say: Callable[[str], None]) -> DemoReport:
    """Runs the whole demo into `out`, which is emptied first if an earlier demo made it.

    Parameters
    ----------
    data
        PTB-XL in its native layout; None simulates two hospitals. With PTB-XL the second hospital is still a simulated one.
    records
        Simulated ECGs of the first hospital; the second has a third of that.
    say
        Receives one line per stage.
    """
    marker = out / ".jaccardio-demo"
    if marker.exists():
        shutil.rmtree(out)
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out}: the folder is not empty and was not made by the demo. Choose another --out.")
    out.mkdir(parents=True, exist_ok=True)
    marker.touch()
    say("simulating two hospitals (simulated ECGs, not patients)")
    simulate_hospitals(out / "hospitals", records, 2, 0, 500.0, jobs=2)
    key = out / "patient.key"
    home = _store(out / "store", data, out / "hospitals" / "site-a", key, say)
    away = _store(out / "store-b", None, out / "hospitals" / "site-b", key, say)
    split = default_split(home)
    settings = () if data else SETTINGS
    columns, figures = [], []
    for preset in PRESETS:
        say(f"training {preset}")
        run = RunFolder(out / "runs" / preset)
        train(home, split, load_preset(preset, settings), run.path)
        for place, store, part in (("home", home, "test"), ("second hospital", away, "all")):
            report = out / "reports" / f"{preset}-{place.split()[0]}"
            done = evaluate_run(RunFolder.open(run.path), store, part, report, replicates=REPLICATES)
            value = done.evaluation.metrics["macro_auroc"]["value"]
            say(f"  {place}: macro-AUROC {_shown(value)} on {done.records} ECGs")
            columns.append((f"{preset}, {place}", done.evaluation.metrics))
            figures.append((preset, place, value))
    page = out / "report.html"
    facts = {
        "Home": _described(split) if data else "simulated hospital A, not patients",
        "Second hospital": "simulated hospital B, not patients",
        "Budget": "equal for all three: encoder, epochs, batch, augmentation, threshold search",
    }
    write_comparison(page, columns, title="Standard SigLIP, the paper's loss, and the statement target", facts=facts, paper=True)
    return DemoReport(page, tuple(figures))


def _described(split: Split) -> str:
    method = split.method
    return f"PTB-XL; fold {method['validation_fold']} for validation, fold {method['test_fold']} for test, all others for training"


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _store(path: Path, ptbxl: Path | None, site: Path, key: Path, say: Callable[[str], None]) -> Store:
    corpus, source = ("ptbxl", ptbxl) if ptbxl else ("manifest", site)
    report = ingest(source, path, corpus=corpus, vocabulary="paper26", sampling_rate=100.0, key_file=key, jobs=2)
    say(f"ingested {report.stored} ECGs into {path.name}, {len(report.rejected)} rejected")
    return Store.open(path)
