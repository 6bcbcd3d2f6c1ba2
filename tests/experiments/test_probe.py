"""Probes of a tiny run: the frozen features and nothing else, subsets of the run's own training part, controls beside it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaccardio.cohort.split import training_subset
from jaccardio.cohort.store import Store
from jaccardio.errors import UsageError
from jaccardio.evaluation.auroc import auroc
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.part import MINIMUM_POSITIVES
from jaccardio.evaluation.probes import fit_probes, probe_scores
from jaccardio.evaluation.table import Table
from jaccardio.experiments.probe import RANDOM, SUPERVISED, TRAINED, FewShotProtocol, run_probe, supervised_form
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from jaccardio.training.config import load_preset
from jaccardio.training.run_folder import RunFolder
from tests.conftest import Hospitals

PROTOCOL = FewShotProtocol(fractions=(1.0, 0.3), subsets=2, supervised=True, replicates=20, device="cpu")


def _silent(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def probed(trained: Path, hospitals: Hospitals, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunFolder, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("probe")
    shutil.copytree(trained, folder / "run")
    run = RunFolder.open(folder / "run")
    return folder / "out", run, run_probe(run, Store.open(hospitals.home), folder / "out", PROTOCOL, _silent)


def test_the_metrics_are_those_of_probes_on_the_embeddings(probed: tuple[Path, RunFolder, dict[str, Any]], hospitals: Hospitals) -> None:
    _, run, document = probed
    store = Store.open(hospitals.home)
    predictor = Predictor.from_pretrained(run.path, "cpu")
    features = predictor.embed(windows_for(predictor, store, np.arange(len(store))))
    codes = predictor.vocabulary.codes
    labels = store.labels[:, [store.vocabulary.index(code) for code in codes]]
    validation, test = (store.rows_of(run.split.parts[part]) for part in ("validation", "test"))
    macro = [column for column in range(len(codes)) if (labels[test, column] == 1).sum() >= MINIMUM_POSITIVES]
    assert macro
    for fraction, seeds in ((0.3, 2), (1.0, 1)):
        figures = []
        for seed in range(seeds):
            rows = store.rows_of(training_subset(store, run.split, fraction, seed).parts["train"])
            scores = probe_scores(fit_probes(features[rows], labels[rows], features[validation], labels[validation]), features[test])
            figures.append(np.mean([auroc(labels[test, column], scores[:, column]) for column in macro]))
        row = _row(document, TRAINED, fraction)
        assert row.per_seed == pytest.approx(figures, abs=1e-6)
        assert row.value == pytest.approx(np.mean(figures), abs=1e-6)
        assert row.low <= row.value <= row.high


def test_every_encoder_stands_at_every_share(probed: tuple[Path, RunFolder, dict[str, Any]]) -> None:
    out, run, document = probed
    assert json.loads((out / "results.json").read_text()) == document
    assert list(document["tables"]) == ["share-0.3", "share-1"]
    for table in document["tables"].values():
        assert {row["model"] for row in table["rows"]} == {TRAINED, RANDOM, SUPERVISED}
        assert {one["reference"] for one in table["differences"]} == {TRAINED}
    random, trained = _row(document, RANDOM, 1.0), _row(document, TRAINED, 1.0)
    assert random.value != trained.value
    assert _row(document, RANDOM, 0.3).sd > 0
    assert np.isnan(random.sd)  # the whole part is there only once
    assert (out / "share-0.3-1.png").stat().st_size > 1000
    page = (out / "results.html").read_text()
    assert "Simulated ECGs" in page
    assert "30 % of the training labels" in page
    assert len((run.path / "test_uses.jsonl").read_text().splitlines()) == 1


def test_supervised_controls_train_on_the_subsets_alone_and_are_taken_again(
    probed: tuple[Path, RunFolder, dict[str, Any]], hospitals: Hospitals
) -> None:
    out, run, document = probed
    store = Store.open(hospitals.home)
    files = sorted((out / "runs").glob("*/*/training.json"))
    assert [file.parent.parent.name for file in files] == ["0.3-0", "0.3-1", "1-0"]
    for file in files:
        control = RunFolder.open(file.parent)
        fraction, seed = file.parent.parent.name.split("-")
        assert control.split == training_subset(store, run.split, float(fraction), int(seed))
        assert control.config.model.kind == "classifier"
        assert json.loads(file.read_text())["steps"] == json.loads(run.summary_file.read_text())["steps"]
    before = [file.stat().st_mtime_ns for file in files]
    again = run_probe(run, store, out, PROTOCOL, _silent)
    assert [file.stat().st_mtime_ns for file in files] == before
    assert [_row(again, TRAINED, share) for share in (0.3, 1.0)] == [_row(document, TRAINED, share) for share in (0.3, 1.0)]


def test_the_supervised_form_keeps_the_encoder_and_validates_as_often(trained: Path) -> None:
    config = RunFolder.open(trained).config
    form = supervised_form(config, steps=70, fraction=0.1)
    assert (form.training.steps, form.training.epochs, form.training.validate_every) == (70, None, 10)
    assert form.model == config.model.model_copy(update={"kind": "classifier"})
    assert (form.data, form.training.learning_rate) == (config.data, config.training.learning_rate)


def test_the_supervised_form_is_the_network_alone_and_is_told_all_labels_of_its_share() -> None:
    config = load_preset("jaccardio-small", ("data.labelled=0.1", 'data.hidden_findings=["af"]'))
    assert config.model.evidence
    form = supervised_form(config, steps=70, fraction=0.1)
    assert not form.model.evidence
    assert (form.data.labelled, form.data.hidden_findings) == (1.0, ())


@pytest.mark.parametrize("fractions", [(), (0.0,), (1.5,), (0.1, 0.1)])
def test_shares_out_of_range_are_refused_before_anything_is_done(
    trained: Path, hospitals: Hospitals, tmp_path: Path, fractions: tuple[float, ...]
) -> None:
    run = RunFolder.open(trained)
    with pytest.raises(UsageError, match="--fractions"):
        run_probe(run, Store.open(hospitals.home), tmp_path, FewShotProtocol(fractions), _silent)
    assert not (run.path / "test_uses.jsonl").exists()


def test_another_store_is_refused(trained: Path, hospitals: Hospitals, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not hold"):
        run_probe(RunFolder.open(trained), Store.open(hospitals.away), tmp_path, PROTOCOL, _silent)


def _row(document: dict[str, Any], name: str, fraction: float) -> Estimate:
    return Table.from_dict(document["tables"][f"share-{fraction:g}"]).estimate(name, "macro_auroc")
