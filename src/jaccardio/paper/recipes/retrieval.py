"""Beyond the paper: search both ways between ECGs and sentences that name several findings."""

from jaccardio.evaluation.part import MINIMUM_POSITIVES
from jaccardio.evaluation.retrieval import CUTS, retrieve_ecgs, retrieve_statements
from jaccardio.evaluation.table import Row, Table
from jaccardio.experiments.sentences import statements_of
from jaccardio.paper.study import Study


def retrieval(study: Study) -> Table:
    """Retrieval both ways: from a statement to ECGs, and from an ECG to statements.

    Paper: nothing of it; the models are those of Tables 1 and 3.
    Command: jaccardio reproduce retrieval --scale small --store STORE --out DIR
    Cost: the runs of table1, table3's last column and jaccardio-small; a minute or two of resampling.
    Expect: rare combinations of findings are hard for every model; an ECG that shows all that is asked for is seldom the first.
    """
    table = Table("Retrieval both ways between ECGs and statements")
    statements, sentences = statements_of(study.home)
    labels, bootstrap = study.home.part.labels, study.bootstrap(study.home)
    similar = {name: study.sentence_scores(table, name, study.home, sentences) for name in ("standard", "jaccard", "final", "ours")}
    found = {name: retrieve_ecgs(labels, statements, seeds, bootstrap) for name, seeds in similar.items() if seeds}
    back = {name: retrieve_statements(labels, statements, seeds, bootstrap) for name, seeds in similar.items() if seeds}
    for name, metrics in found.items():
        for metric in ("map", *(f"{metric}_at_{cut}" for metric in ("recall", "precision") for cut in CUTS)):
            table.rows.append(Row(f"statement to ECGs: {study.title(name)}", metric, metrics[metric]))
        table.scored.append(f"{metrics['queries']:,} statements looked for ECGs that show all their findings")
    for meaning in ("exact", "superset"):
        for name, meanings in back.items():
            for metric in ("map", *(f"recall_at_{cut}" for cut in CUTS)):
                table.rows.append(Row(f"ECG to statement, {meaning}: {study.title(name)}", metric, meanings[meaning][metric]))
            table.scored.append(f"{meanings[meaning]['queries']:,} ECGs looked for their statement ({meaning})")
    table.scored.insert(0, f"{study.described(study.home)}; {len(statements):,} distinct statements")
    table.remarks.append(
        f"A statement looks for ECGs where at least {MINIMUM_POSITIVES} are relevant. Exact: the statement names the findings of the ECG "
        "and no other. Superset: it names all of them, perhaps more. Where an unknown label decides, the pair is left out."
    )
    return table
