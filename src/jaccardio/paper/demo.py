"""The demo: the paper's experiment end to end, on two simulated hospitals or on PTB-XL.

Command: ``make demo``, or ``make demo DATA=path/to/ptb-xl``. About four minutes on 2 cores.
Trains standard SigLIP, the paper's loss and the statement target with equal budgets, evaluates each at both hospitals, and writes one
page: a conclusion from the metrics, an ECG, the reports of all runs, and a table with the paper's Tables 1 and 6 below ours.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from jaccardio.checksums import read_sealed, seal
from jaccardio.errors import JaccardioError, UsageError
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.table import Row, Table
from jaccardio.experiments.evaluate_run import RunEvaluation, evaluate_run
from jaccardio.files import write_json
from jaccardio.paper.hospitals import ingested, simulated_hospitals
from jaccardio.paper.printed import paper_columns
from jaccardio.paper.reproduce import open_study
from jaccardio.paper.runs import DEMO
from jaccardio.paper.scales import SCALES
from jaccardio.paper.study import Study
from jaccardio.progress import Say, Watch, unwatched
from jaccardio.report.markdown import estimate_text
from jaccardio.report.results import PAGE, write_study
from jaccardio.report.study_plots import draw_ranking

PAPER_COLUMNS = ("standard", "modified", "final", "external")


@dataclass(frozen=True)
class DemoReport:
    """The page, and (preset, hospital, macro-AUROC) of each evaluation; NaN where undefined."""

    page: Path
    auroc: tuple[tuple[str, str, float], ...]


def run_demo(out: Path, data: Path | None, records: int, say: Say, watch: Watch = unwatched) -> DemoReport:
    """Runs the whole demo into `out`. What an earlier demo of the same arguments left there is taken; that of others is removed first.

    Parameters
    ----------
    data
        PTB-XL in its native layout; None simulates two hospitals. With PTB-XL the external hospital is still a simulated one.
    records
        Simulated ECGs of the home hospital; the external one has a third of that.
    """
    marker = out / ".jaccardio-demo"
    arguments = seal({"data": None if data is None else str(data.resolve()), "records": records})
    if marker.exists() and read_sealed(marker, f"Remove {out}, or choose another --out.") != arguments:
        shutil.rmtree(out)
    if out.exists() and not marker.exists() and any(out.iterdir()):
        raise UsageError(f"{out}: the folder is not empty and was not made by the demo. Choose another --out.")
    out.mkdir(parents=True, exist_ok=True)
    write_json(marker, arguments)
    study = _study(out, data, records, say, watch)
    evaluated: dict[tuple[str, str], RunEvaluation] = {}
    auroc: dict[tuple[str, str], Estimate] = {}
    table = Table("Standard SigLIP, the paper's loss, and the statement target")
    for preset in DEMO:
        say(f"training {preset}")
        trained = study.train([preset])[preset]
        if not trained:
            raise JaccardioError("; ".join(study.runs.failures.values()))
        for place, held_out in (("home", study.home), *(("external hospital", one) for one in study.external.values())):
            report = out / "reports" / f"{preset}-{place.split()[0]}"
            progress = watch(f"scoring {preset}, {place}")
            done = evaluated[preset, place] = evaluate_run(
                trained[0], held_out.store, held_out.name, report, replicates=study.scale.replicates, progress=progress
            )
            found = auroc[preset, place] = done.evaluation.metrics["macro_auroc"]
            say(f"  {place}: macro-AUROC {f'{found.value:.3f}' if found.defined else 'undefined'} on {done.records} ECGs")
            for warning in done.evaluation.metrics["warnings"]:
                say(f"  warning: {place}: {warning}")
                table.warnings.append(f"{preset}, {place}: {warning}")
            table.rows += _rows(f"{preset}, {place}", done.evaluation.metrics)
            table.links[f"Report of {preset}, {place}"] = f"{report.relative_to(out)}/report.html"
    home = "simulated hospital A, not patients"
    if data:
        folds = study.split.method
        home = f"PTB-XL; fold {folds['validation_fold']} for validation, fold {folds['test_fold']} for test, all others for training"
    facts = {
        "Home": home,
        "External hospital": "simulated hospital B, not patients",
        "Budget": "equal for all three: encoder, epochs, batch, crops, threshold search",
        "Not equal": "truth-small also sees ECGs without some leads, and has another form of the model",
    }
    table.scored = list(dict.fromkeys(_scored(place, done.evaluation.metrics) for (_, place), done in evaluated.items()))
    table.printed = [paper_columns()[key].to_dict() for key in PAPER_COLUMNS]
    table.remarks = conclusion(auroc, simulated=data is None)
    best = max(DEMO, key=lambda preset: np.nan_to_num(auroc[preset, "home"].value))
    for example in evaluated[best, "home"].examples[:1]:
        said = "; ".join(
            f"{code} {score:.2f} against {threshold:.2f}, {'present' if predicted else 'absent'} (label: {label})"
            for code, score, threshold, predicted, label in example.findings
        )
        table.plots[f"A test ECG ({example.caption}), {best}: {said or 'nothing'}. {example.contradiction}".strip()] = example.png
    table.plots["Macro AUROC and AUPRC of each model at each hospital"] = draw_ranking(table, "")
    write_study(out, {"demo": table}, title=table.title, facts=facts)
    return DemoReport(out / PAGE, tuple((*key, estimate.value) for key, estimate in auroc.items()))


def _study(out: Path, data: Path | None, records: int, say: Say, watch: Watch) -> Study:
    """Scale ``demo`` with so many ECGs; with PTB-XL at home its presets keep their own length, and the external hospital is simulated."""
    scale = replace(SCALES["demo"], hospitals=(records, 500.0))
    if data is None:
        return open_study(scale, out, None, (), say=say, watch=watch)
    home = ingested(data, out / "store", "ptbxl", scale.sampling_rate, say, watch)
    folder = simulated_hospitals(out, records, 500.0, say, watch)
    other = ingested(folder / "site-b", out / "store-b", "manifest", scale.sampling_rate, say, watch)
    full = replace(scale, hospitals=None, schedules={**scale.schedules, "own": ()})
    return open_study(full, out, home.path, [other.path], say=say, watch=watch)


def _rows(model: str, metrics: Mapping[str, Any]) -> list[Row]:
    rows = [Row(model, name, metrics[name]) for name in ("macro_auroc", "macro_auprc")]
    return rows + [
        Row(model, name, estimate, policy) for policy, found in metrics["thresholds"].items() for name, estimate in found.items()
    ]


def _scored(place: str, metrics: Mapping[str, Any]) -> str:
    counts = f"{metrics['n_records']:,} ECGs of {metrics['n_patients']:,} patients, {metrics['n_known']:,} known labels"
    return f"{place}: {counts}, {len(metrics['findings_in_macro'])} findings in macro metrics"


def conclusion(auroc: Mapping[tuple[str, str], Estimate], simulated: bool) -> list[str]:
    """What the macro-AUROC of each (preset, place) says in words."""
    caution = ["All ECGs are simulated: this shows that the software works and says nothing about patients."] if simulated else []
    home = {preset: estimate for (preset, place), estimate in auroc.items() if place == "home" and estimate.defined}
    if not home:
        return ["No macro-AUROC is defined: there are too few ECGs of each finding.", *caution]
    first, *others = sorted(home, key=lambda preset: -home[preset].value)
    sentences = [f"At home {first} ranks findings best: macro-AUROC {estimate_text(home[first], 3)}."]
    if others:
        listed = " and ".join(f"{preset} {estimate_text(home[preset], 3)}" for preset in others)
        apart = all(home[preset].high < home[first].low for preset in others)
        judged = "Its interval lies above theirs." if apart else "Intervals overlap: without a paired test the order may be chance."
        sentences.append(f"The others: {listed}. {judged}")
    external = auroc[first, "external hospital"]
    if external.defined:
        change = external.value - home[first].value
        than = "less" if change < 0 else "more"
        sentences.append(f"At the external hospital {first} has {estimate_text(external, 3)}, {abs(change):.3f} {than} than at home.")
    return [*sentences, *caution]
