"""The demo: the paper's experiment end to end, on two simulated hospitals or on PTB-XL.

Command: ``make demo``, or ``make demo DATA=path/to/ptb-xl``. About four minutes on 2 cores.
Trains standard SigLIP, the paper's loss and the statement target with equal budgets, evaluates each at both hospitals, and sets
the figures beside the paper's Tables 1 and 6.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jaccardio.checksums import read_sealed, seal
from jaccardio.cohort.split import Split, default_split
from jaccardio.errors import JaccardioError, UsageError
from jaccardio.evaluation.comparison import write_comparison
from jaccardio.experiments.evaluate_run import evaluate_run
from jaccardio.experiments.hospitals import ingested, simulated_hospitals
from jaccardio.experiments.paper import paper_columns
from jaccardio.experiments.run_cache import RunCache
from jaccardio.files import write_json
from jaccardio.training.config import load_preset

PRESETS = ("siglip-small", "paper-small", "truth-small")
SETTINGS = ("training.epochs=24",)
"""For simulated hospitals: a seventh of PTB-XL's training ECGs, so three times the epochs."""

REPLICATES = 1000
PAPER_COLUMNS = ("standard", "modified", "final", "other-hospital")


@dataclass(frozen=True)
class DemoReport:
    """The page, and (preset, hospital, macro-AUROC) of each evaluation."""

    page: Path
    figures: tuple[tuple[str, str, float | None], ...]


def run_demo(out: Path, data: Path | None, records: int, say: Callable[[str], None]) -> DemoReport:
    """Runs the whole demo into `out`. What an earlier demo of the same arguments left there is taken; that of others is removed first.

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
    arguments = seal({"data": None if data is None else str(data.resolve()), "records": records})
    if marker.exists() and read_sealed(marker, f"Remove {out}, or choose another --out.") != arguments:
        shutil.rmtree(out)
    if out.exists() and not marker.exists() and any(out.iterdir()):
        raise UsageError(f"{out}: the folder is not empty and was not made by the demo. Choose another --out.")
    out.mkdir(parents=True, exist_ok=True)
    write_json(marker, arguments)
    hospitals = simulated_hospitals(out, records, 500.0, say)
    home = ingested(data or hospitals / "site-a", out / "store", "ptbxl" if data else "manifest", 100.0, say)
    away = ingested(hospitals / "site-b", out / "store-b", "manifest", 100.0, say)
    split = default_split(home)
    settings = () if data else SETTINGS
    runs = RunCache(out / "runs", home, split, jobs=1, device="auto", say=say)
    columns, figures = [], []
    for preset in PRESETS:
        say(f"training {preset}")
        run = runs.train(preset, load_preset(preset, settings))
        if run is None:
            raise JaccardioError("; ".join(runs.failures.values()))
        for place, store, part in (("home", home, "test"), ("second hospital", away, "all")):
            report = out / "reports" / f"{preset}-{place.split()[0]}"
            done = evaluate_run(run, store, part, report, replicates=REPLICATES)
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
    printed = [paper_columns()[key].to_dict() for key in PAPER_COLUMNS]
    write_comparison(page, columns, title="Standard SigLIP, the paper's loss, and the statement target", facts=facts, paper=printed)
    return DemoReport(page, tuple(figures))


def _described(split: Split) -> str:
    method = split.method
    return f"PTB-XL; fold {method['validation_fold']} for validation, fold {method['test_fold']} for test, all others for training"


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
