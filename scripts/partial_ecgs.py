"""What a model knows of ECGs without some of their leads or seconds: docs/results.md.

python scripts/partial_ecgs.py path/to/store validation|test RUN [RUN ...]

Runs differ in their seed; figures are means over them. Prints a Markdown table. Each look at a test part is written into the run.
"""

import sys
from collections.abc import Callable, Mapping
from operator import methodcaller
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.cohort.store import Store
from jaccardio.evaluation.auroc import auroc
from jaccardio.evaluation.part import MINIMUM_POSITIVES
from jaccardio.evaluation.retuning import micro_f1
from jaccardio.experiments.evaluate_run import rows_of_part
from jaccardio.findings.withheld import withheld_answers
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import shared_findings, windows_for
from jaccardio.recording.leads import LEADS
from jaccardio.recording.windows import Windows
from jaccardio.training.run_folder import RunFolder

LEAD_SETS: Mapping[str, tuple[str, ...]] = {
    "12 leads": LEADS,
    "8 leads: I, II, V1-V6 (the others follow)": LEADS,
    "6 limb leads": LEADS[:6],
    "3 leads: I, II, V2 (the other limb leads follow)": (*LEADS[:6], "V2"),
    "1 lead: II": ("II",),
    "1 lead: I": ("I",),
    "6 chest leads": LEADS[6:],
}
SECONDS = (7.5, 5.0, 3.0, 2.5)

View = Callable[[Windows], Windows]


def main(store_path: Path, part: str, run_paths: list[Path]) -> None:
    """Scores every view of the part with every run and prints the table."""
    store = Store.open(store_path)
    runs = [RunFolder.open(path) for path in run_paths]
    rows = rows_of_part(runs[0], store, part)
    rate = store.contract.sampling_rate
    lost = {name: np.flatnonzero(~np.isin(LEADS, leads)) for name, leads in LEAD_SETS.items()}
    views: dict[str, tuple[View, tuple[str, ...]]] = {
        **{name: (methodcaller("without_leads", lost[name]), leads) for name, leads in LEAD_SETS.items()},
        **{f"first {seconds:g} s": (methodcaller("cut", 0, round(seconds * rate)), LEADS) for seconds in SECONDS},
    }
    same = "complete ECGs, the same"
    answered = ("findings answered", "macro-AUROC, answered", same, "micro-F1 at one threshold", same)
    columns = ("what is recorded", "macro-AUROC, all findings", *answered)
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    figures: dict[str, list[NDArray[np.float64]]] = {name: [] for name in views}
    for run in runs:
        predictor = Predictor.from_pretrained(run.path, "cpu")
        _, ours, theirs = shared_findings(predictor, store)
        labels, threshold = store.labels[np.ix_(rows, theirs)], predictor.thresholds["global"][ours]
        if part == "test":
            run.record_test_use(store, part, len(rows))
        judged = ((labels == 1).sum(axis=0) >= MINIMUM_POSITIVES) & ((labels == 0).sum(axis=0) > 0)

        def scores(view: View, predictor: Predictor = predictor, ours: NDArray[np.int64] = ours) -> NDArray[np.float64]:
            return predictor.scores(view(batch) for batch in windows_for(predictor, store, rows))[:, ours]

        complete = scores(lambda batch: batch)
        for name, (view, leads) in views.items():
            found = scores(view)
            answered = judged & ~withheld_answers(predictor.vocabulary, predictor.partial_leads, np.isin(LEADS, leads)[None])[0, ours]
            figures[name].append(
                np.array(
                    [
                        _macro_auroc(labels, found, judged),
                        answered.sum(),
                        _macro_auroc(labels, found, answered),
                        _macro_auroc(labels, complete, answered),
                        micro_f1(labels[:, answered], (found >= threshold)[:, answered]),
                        micro_f1(labels[:, answered], (complete >= threshold)[:, answered]),
                    ]
                )
            )
    for name, values in figures.items():
        a, b, c, d, e, f = np.mean(values, axis=0)
        print(f"| {name} | {a:.4f} | {b:.0f} of {judged.sum()} | {c:.4f} | {d:.4f} | {e:.3f} | {f:.3f} |")


def _macro_auroc(labels: NDArray[np.int8], scores: NDArray[np.float64], findings: NDArray[np.bool_]) -> float:
    return float(np.mean([auroc(labels[:, column], scores[:, column]) for column in np.flatnonzero(findings)]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [Path(path) for path in sys.argv[3:]])
