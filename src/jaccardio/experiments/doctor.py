"""What is wrong with an installation or a folder of ours? Each check says what it looked at, whether it is well, and what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from jaccardio.checksums import FORMATS, MANIFEST, Manifest, is_sealed
from jaccardio.cohort.quality_counts import quality_counts, quality_line
from jaccardio.cohort.split import check_disjoint, load_split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, JaccardioError
from jaccardio.files import no_such_folder, read_json
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.folder import WEIGHTS, Pretrained, load_pretrained
from jaccardio.text.create import create_text_encoder
from jaccardio.training.checkpoint import load_checkpoint
from jaccardio.training.run_folder import MEMBERS, RunFolder, environment, looks_like_a_run

STUDY = ("results.json", "runs", "scores", MEMBERS)
"""A folder with one of these is a study, finished or not: what it is made of lies in it."""


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    what: str
    ok: bool
    found: str


def examine(path: Path | None) -> list[Check]:
    """Checks the installation (no path) or a folder: a store, a run, a model, an evaluation, a study, or another one with a manifest.

    Raises
    ------
    DataError
        The path is none of these, or a study without anything that can be checked.
    """
    if path is None:
        return list(_installation())
    if not path.exists():
        raise no_such_folder(path)
    checks = list(_folder(path))
    if not checks and any((path / name).exists() for name in STUDY):
        if (path / "results.json").exists():
            checks.append(_check("results", lambda: _results(path)))
        checks += _within(path, path, depth=3)
    if checks:
        return checks
    raise DataError(
        f"{path}: neither a store, nor a run, nor a model folder, nor an evaluation, and no other folder that can be checked: one with a "
        f"{MANIFEST} of jaccardio, or a study that holds such folders."
    )


def _folder(path: Path) -> Iterator[Check]:
    """The checks of a folder by what it is; none where it has no manifest."""
    if any(path.glob("records*.parquet")):
        yield from _store(path)
    elif looks_like_a_run(path):
        yield from _run(path)
    elif (path / WEIGHTS).exists():
        yield _check("model folder", lambda: _model(load_pretrained(path)))
    elif (path / "metrics.json").exists():
        yield _check("evaluation", lambda: _evaluation(path))
    elif (path / MANIFEST).exists():
        yield _check("files", lambda: _listed(path))


def _within(path: Path, top: Path, depth: int) -> Iterator[Check]:
    """The checks of the folders in and below a folder, each named by its place below `top`."""
    for folder in sorted(path.glob("*/")):
        checks = list(_folder(folder))
        yield from (replace(check, what=f"{folder.relative_to(top)}: {check.what}") for check in checks)
        if not checks and depth > 1:
            yield from _within(folder, top, depth - 1)


def _check(what: str, look: Callable[[], str]) -> Check:
    try:
        return Check(what, True, look())
    except JaccardioError as error:
        return Check(what, False, str(error))


def _installation() -> Iterator[Check]:
    facts = environment()
    versions = ", ".join(f"{name} {version}" for name, version in facts["packages"].items())
    yield Check("packages", True, f"Python {facts['python']}, {versions}")
    yield Check("device", True, facts["cuda"] or f"CPU, {facts['threads']} threads")
    vocabulary = Vocabulary.load("paper26")
    yield _check(
        "language model", lambda: f"minilm, {create_text_encoder('minilm', vocabulary).dimension} numbers a sentence, weights verified"
    )


def _store(path: Path) -> Iterator[Check]:
    def files() -> str:
        store = Store.open(path)
        store.verify()
        return (
            f"{len(store)} ECGs at {store.contract.sampling_rate:g} Hz, vocabulary {store.vocabulary.name}; every file matches its SHA-256"
        )

    def split() -> str:
        store = Store.open(path)
        made = load_split(store)
        if made is None:
            return "none yet; `jaccardio split` or the first training makes one"
        check_disjoint(store, made)
        sizes = ", ".join(f"{part} {len(ids)}" for part, ids in made.parts.items())
        return f"{sizes}; no patient and no waveform on two sides"

    yield _check("store", files)
    yield _check("split", split)
    yield _check("quality", lambda: f"{quality_line(quality_counts(Store.open(path)))} (ECGs; docs/quality.md)")


def _run(path: Path) -> Iterator[Check]:
    def checkpoints() -> str:
        loaded = load_checkpoint(run.checkpoints, run.manifest.sha256)
        if loaded is None:
            return "none yet"
        _, facts, damaged = loaded
        if damaged:
            raise DataError(" ".join(damaged) + f" Training resumes from step {facts['step']}.")
        return f"newest at step {facts['step']}"

    run = RunFolder(path)
    yield _check("run", lambda: f"{RunFolder.open(path).environment['system']}; manifest whole")
    yield _check("configuration", lambda: f"preset {run.title}")
    yield _check("split", lambda: ", ".join(f"{part} {len(ids)}" for part, ids in run.split.parts.items()))
    yield _check("checkpoints", checkpoints)
    yield _check("looks at a test part", lambda: str(len(run.test_uses())))
    if run.complete:
        yield _check("model", lambda: _model(run.pretrained()))
    else:
        yield Check("model", False, "training has not ended; continue it with `jaccardio train --resume`")
    yield from _within(path / MEMBERS, path, depth=1)


def _model(pretrained: Pretrained) -> str:
    return f"{len(pretrained.vocabulary)} findings, {pretrained.contract.sampling_rate:g} Hz; every file matches its SHA-256"


def _evaluation(path: Path) -> str:
    from jaccardio.report.evaluation_report import FORMAT  # imports matplotlib, which no other check needs

    manifest = Manifest.read(path, FORMAT, "Evaluate again.")
    manifest.verify()
    return f"{', '.join(manifest.files)} as they were written"


def _listed(path: Path) -> str:
    document = read_json(path / MANIFEST)
    form = document.get("format") if isinstance(document, dict) else None
    if not (isinstance(form, str) and form.startswith(FORMATS)):
        raise DataError(f"{path / MANIFEST}: damaged, or of another program.")
    manifest = Manifest.read(path, form, "Remove the folder, and make it again.")
    manifest.verify()
    return f"{form}, {len(manifest.files)} files as they were written"


def _results(path: Path) -> str:
    from jaccardio.report.results import plots_are_whole  # imports templates, which no other check needs

    document = read_json(path / "results.json")
    tables = document.get("tables") if isinstance(document, dict) else None
    if not isinstance(tables, dict):
        raise DataError(f"{path / 'results.json'}: damaged, or of another program.")
    sealed = {name: table for name, table in tables.items() if "sha256" in table}
    if wrong := [name for name, table in tables.items() if not plots_are_whole(path, table) or (name in sealed and not is_sealed(table))]:
        raise DataError(f"{path / 'results.json'}: {', '.join(wrong)} or its plots are not as they were written. Make them again.")
    return f"plots of {len(tables)} tables as they were written, and {len(sealed)} tables with a seal"
