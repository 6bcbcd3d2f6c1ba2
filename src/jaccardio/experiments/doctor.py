"""What is wrong with an installation, a store, or a run? Each check says what it looked at, whether it is well, and what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jaccardio.checksums import Manifest
from jaccardio.cohort.quality_counts import quality_counts, quality_line
from jaccardio.cohort.split import check_disjoint, load_split
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, JaccardioError
from jaccardio.files import no_such_folder
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.models.folder import WEIGHTS, Pretrained, load_pretrained
from jaccardio.text.create import create_text_encoder
from jaccardio.training.checkpoint import load_checkpoint
from jaccardio.training.run_folder import RunFolder, environment, looks_like_a_run


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    what: str
    ok: bool
    found: str


def examine(path: Path | None) -> list[Check]:
    """Checks the installation (no path), a store, a run or a model folder.

    Raises
    ------
    DataError
        The path is none of these.
    """
    if path is None:
        return list(_installation())
    if not path.exists():
        raise no_such_folder(path)
    if any(path.glob("records*.parquet")):
        return list(_store(path))
    if looks_like_a_run(path):
        return list(_run(path))
    if (path / WEIGHTS).exists():
        return [_check("model folder", lambda: _model(load_pretrained(path)))]
    if (path / "metrics.json").exists():
        return [_check("evaluation", lambda: _evaluation(path))]
    raise DataError(f"{path}: neither a store, nor a run, nor a model folder, nor an evaluation.")


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


def _model(pretrained: Pretrained) -> str:
    return f"{len(pretrained.vocabulary)} findings, {pretrained.contract.sampling_rate:g} Hz; every file matches its SHA-256"


def _evaluation(path: Path) -> str:
    from jaccardio.report.evaluation_report import FORMAT  # imports matplotlib, which no other check needs

    manifest = Manifest.read(path, FORMAT, "Evaluate again.")
    manifest.verify()
    return f"{', '.join(manifest.files)} as they were written"
