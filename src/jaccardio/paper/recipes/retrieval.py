"""Beyond the paper: search both ways between ECGs and sentences that name several findings."""

from jaccardio.evaluation.retrieval import CUTS, retrieve_ecgs, retrieve_statements
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Row, Table
from jaccardio.evaluation.thresholds import Thresholds
from jaccardio.experiments.sentences import statements_of
from jaccardio.paper.runs import LANGUAGES, text_run
from jaccardio.paper.study import Study


def retrieval(study: Study, table: Table) -> None:
    """Retrieval both ways: from a statement to ECGs, and from an ECG to statements."""
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


def sister(study: Study, table: Table) -> None:
    """Which of all statements comes first (the authors' earlier paper)."""
    for name in ("sister", "standard", "final", "ours"):
        _first_statements(study, table, name, "en", study.title(name))


def japanese98(study: Study, table: Table) -> None:
    """Models trained in Japanese and in English, each asked in both languages: which statement comes first, and each finding's prompt."""
    vocabulary = study.home.vocabulary
    if lacking := [language for language in LANGUAGES.values() if language not in vocabulary.templates]:
        table.limitations.append(f"languages: vocabulary {vocabulary.name} has no names in {', '.join(lacking)}")
        return
    runs = {text_run(trained, place): own for place in range(len(study.scale.texts)) for trained, own in LANGUAGES.items()}
    study.compare(table, list(runs), reference="english")
    for name, own in runs.items():
        asked = {
            language: f"{study.title(name)}, asked in {spoken.capitalize()}"
            for spoken, language in sorted(LANGUAGES.items(), key=lambda one: one[1] != own)
        }
        found = [
            Scored(title, seeds, [Thresholds({})] * len(seeds))
            for language, title in asked.items()
            if (seeds := study.sentence_scores(table, name, study.home, vocabulary.prompts(language)))
        ]
        study.rank(table, study.home, found, reference=asked[own])
        for language, title in asked.items():
            _first_statements(study, table, name, language, title)


def _first_statements(study: Study, table: Table, name: str, language: str, title: str) -> None:
    """Adds rows on how often a right statement is the first, or among the first five."""
    statements, sentences = statements_of(study.home, language)
    if seeds := study.sentence_scores(table, name, study.home, sentences):
        found = retrieve_statements(study.home.part.labels, statements, seeds, study.bootstrap(study.home))
        for meaning in ("exact", "superset"):
            for cut in (1, 5):
                table.rows.append(Row(title, f"top-{cut} {meaning}", found[meaning][f"accuracy_at_{cut}"]))
    table.scored.append(f"against all {len(statements):,} distinct statements of the test part")
