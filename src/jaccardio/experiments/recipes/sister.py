"""The authors' earlier paper: symmetric InfoNCE, judged by which statement comes first."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jaccardio.evaluation.retrieval import distinct_statements, statement_figures
from jaccardio.experiments.contestants import HeldOut, kept_file, read_table, write_table
from jaccardio.experiments.study import Study
from jaccardio.experiments.tables import Table, figure_row
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_scores import signals_for
from jaccardio.training.run_folder import RunFolder

FIGURES = {f"top-{cut} {meaning}": (meaning, f"accuracy_at_{cut}") for meaning in ("exact", "superset") for cut in (1, 5)}
"""Name in the table -> meaning and figure of `statement_figures`."""


def sister(study: Study) -> Table:
    """Symmetric InfoNCE at temperature 0.07, by which of all statements comes first.

    Paper: Takahashi et al. 2025, "Application of Contrastive Learning on ECG Data: Evaluating Performance in Japanese and Classification
    with Around 100 Labels"; its data and its 98 labels are not public, and its figures are not compared with.
    Command: jaccardio reproduce sister --scale small --store STORE --out DIR
    Cost: 1 run at small beside those of table1, table3's last column and jaccardio-small, about 4 minutes on one core.
    Expect: exact top-1 well below superset top-5: most ECGs with several findings have near neighbours among the statements.
    """
    table = Table("Which of all statements comes first")
    names = ("sister", "standard", "final", "ours")
    study.compare(table, names, paper={}, reference="sister")
    for name in names:
        found = [_kept_accuracy(run, study.home, study.kept, study.device) for run in study.train([name])[name]]
        if found:
            for figure, values in study.means(study.home, list(FIGURES), found).items():
                table.rows.append(figure_row(study.title(name), figure, None, values))
    statements = distinct_statements(study.home.labels)
    table.scored.append(f"against all {len(statements):,} distinct statements of the test part")
    table.remarks.append(
        "Exact: the ECG's own statement is among the best k. Superset: one of the best k names every finding that the ECG shows, and "
        "perhaps more. An unknown label makes a statement neither right nor wrong where it decides; an ECG without a right or without a "
        "wrong statement is left out. The temperature starts at 0.07 and is learned."
    )
    return table


def _kept_accuracy(run: RunFolder, part: HeldOut, kept: Path, device: str) -> NDArray[np.float64]:
    """`FIGURES` of each ECG (n, 4) by a run on a part, computed once."""
    file = kept_file(kept, run, part, "-statements")
    if not file.is_file():
        predictor = Predictor.from_pretrained(run.path, device)
        rows = part.store.rows_of(part.ids.tolist())
        statements = distinct_statements(part.labels)
        sentences = [part.vocabulary.sentence(np.flatnonzero(statement).tolist()) for statement in statements]
        similarity = predictor.embed(signals_for(predictor, part.store, rows)) @ predictor.encode_text(sentences).T
        run.record_test_use(part.store, part.part, len(rows))
        found = statement_figures(part.labels, statements, similarity)
        write_table(file, part.ids, {name: found[meaning][figure] for name, (meaning, figure) in FIGURES.items()})
    return read_table(file, part.ids, list(FIGURES))
