"""The authors' earlier paper: symmetric InfoNCE, judged by which statement comes first."""

from jaccardio.evaluation.retrieval import retrieve_statements
from jaccardio.evaluation.table import Row, Table
from jaccardio.experiments.sentences import statements_of
from jaccardio.paper.study import Study


def sister(study: Study) -> Table:
    """Symmetric InfoNCE at temperature 0.07, by which of all statements comes first.

    Paper: Takahashi et al. 2025, "Application of Contrastive Learning on ECG Data: Evaluating Performance in Japanese and Classification
    with Around 100 Labels"; its data and its 98 labels are not public, and its numbers are not compared with.
    Command: jaccardio reproduce sister --scale small --store STORE --out DIR
    Cost: 1 run at small beside those of table1, table3's last column and jaccardio-small, 5 minutes on one core.
    Expect: exact top-1 well below superset top-5: most ECGs with several findings have near neighbours among the statements.
    """
    table = Table("Which of all statements comes first")
    names = ("sister", "standard", "final", "ours")
    study.compare(table, names, reference="sister")
    statements, sentences = statements_of(study.home)
    for name in names:
        if seeds := study.sentence_scores(table, name, study.home, sentences):
            found = retrieve_statements(study.home.part.labels, statements, seeds, study.bootstrap(study.home))
            for meaning in ("exact", "superset"):
                for cut in (1, 5):
                    metric = found[meaning][f"accuracy_at_{cut}"]
                    table.rows.append(Row(study.title(name), f"top-{cut} {meaning}", metric))
    table.scored.append(f"against all {len(statements):,} distinct statements of the test part")
    table.remarks.append(
        "Exact: the ECG's own statement is among the best k. Superset: one of the best k names every finding that the ECG shows, and "
        "perhaps more. An unknown label makes a statement neither right nor wrong where it decides; an ECG without a right or without a "
        "wrong statement is left out. The temperature starts at 0.07 and is learned."
    )
    return table
