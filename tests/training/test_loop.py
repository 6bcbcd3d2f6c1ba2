"""The loop on a simulated hospital, tiny: it learns, resumes to the bit, and refuses what it must."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from jaccardio.cohort.augment import AUGMENTATIONS
from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.contrast.ranks import ALONE, Ranks
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.reference import Reference
from jaccardio.evaluation.thresholds import POLICIES, Thresholds, fit_thresholds
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.findings.withheld import withheld_answers
from jaccardio.measurement.statements import measured_statements, truths
from jaccardio.models.folder import load_pretrained
from jaccardio.models.scoring import finding_scores
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from jaccardio.threads import fix_threads
from jaccardio.training.config import DataConfig, TrainConfig, load_preset
from jaccardio.training.loop import resume, train
from jaccardio.training.session import Session
from tests.conftest import TINY, Hospitals


def _config(preset: str, *settings: str) -> TrainConfig:
    return load_preset(preset, (*TINY, *settings))


@pytest.mark.parametrize("preset", ["paper-small", "siglip-small", "jaccard-small", "truth-small", "classifier-small", "jaccardio-small"])
def test_every_preset_lowers_its_loss_and_leaves_a_complete_run(store: Store, split: Split, tmp_path: Path, preset: str) -> None:
    summary = train(store, split, _config(preset), tmp_path / "run", device="cpu")
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses[-1] < losses[0]
    assert {"mean_target", "share_positive", "learning_rate", "gradient_norm", "ecgs_per_second"} <= set(lines[0])
    assert summary == json.loads((tmp_path / "run" / "training.json").read_text())
    assert (tmp_path / "run" / "model" / "model.safetensors").is_file()
    assert not [path for path in (tmp_path / "run").rglob("*") if path.suffix in (".pt", ".pth", ".pkl", ".bin")]


@pytest.mark.parametrize("preset", ["paper", "siglip"])
def test_the_papers_presets_train_listing_1_without_clipping(store: Store, split: Split, tmp_path: Path, preset: str) -> None:
    settings = ("data.sampling_rate=100.0", "training.learning_rate=0.01", "training.warmup=0.1")
    summary = train(store, split, _config(preset, *settings), tmp_path / "run", device="cpu")
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    first = next(line for line in lines if "loss" in line)
    assert first["logit_bias"] == pytest.approx(-10, abs=0.1)
    assert first["gradient_norm"] > 1
    assert summary["selected_by"] == "last"
    projection = load_pretrained(tmp_path / "run" / "model").model.text_projection
    assert torch.equal(projection.mean, torch.zeros_like(projection.mean))


def test_a_gradient_is_not_clipped_at_zero_or_far_above_it(store: Store, split: Split, tmp_path: Path) -> None:
    weights = []
    for clip in (0.0, 1e6, 1e9, 1e-3):
        config = _config("siglip-small", "training.epochs=1", f"training.gradient_clip={clip}")
        train(store, split, config, tmp_path / str(clip), device="cpu")
        weights.append(load_file(tmp_path / str(clip) / "model" / "model.safetensors"))
    same = [all(torch.equal(value, other[name]) for name, value in weights[0].items()) for other in weights[1:]]
    assert same == [True, True, False]


@pytest.mark.parametrize(
    ("statements", "settings"),
    [
        ("findings+negations", ("objective.loss=asymmetric",)),
        ("captions+subsets+false_captions", ("objective.target=dice", "objective.views=0.5")),
        ("findings+captions", ("objective.target=label_aware", "objective.loss=softmax", "objective.prototypes=0.1")),
    ],
)
def test_every_bank_and_regulariser_trains(store: Store, split: Split, tmp_path: Path, statements: str, settings: tuple[str, ...]) -> None:
    config = _config("truth-small", f"objective.statements={statements}", "training.epochs=4", *settings)
    train(store, split, config, tmp_path / "run", device="cpu")
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses[-1] < losses[0]
    assert ("view_contrast" in lines[0]) == (config.objective.views > 0)
    assert ("prototype_contrast" in lines[0]) == (config.objective.prototypes > 0)


@pytest.mark.parametrize("preset", ["truth-small", "classifier-small"])
def test_measured_statements_are_learned_beside_the_findings(store: Store, split: Split, tmp_path: Path, preset: str) -> None:
    settings = ("objective.statements=findings+measurements", "model.whitening=0.5", "training.epochs=12", "training.learning_rate=0.01")
    config = _config(preset, *settings)
    train(store, split, config, tmp_path / "run", device="cpu")
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    losses = [line["measured"] for line in lines if "measured" in line]
    assert losses[-1] < losses[0]
    predictor = Predictor.from_pretrained(tmp_path / "run", "cpu")
    unknown = [code for code in measured_statements() if code not in predictor.statements]
    assert unknown == ["spike"], "no ECG of the store, at 100 Hz, tells of pacing spikes: nothing is learned of them"
    degrees = predictor.statement_degrees(windows_for(predictor, store, store.rows_of(split.parts["test"])))
    means = np.array([degrees[code].mean() for code in predictor.statements])
    told = np.nanmean(truths(store.measurements, predictor.statements), axis=0)
    assert np.corrcoef(means, told)[0, 1] > 0.9  # each output is that of its own statement


def test_unlabelled_ecgs_teach_measured_statements_and_do_not_dilute_the_labels(store: Store, split: Split) -> None:
    settings = ("data.labelled=0.1", "objective.statements=findings+measurements")
    session = Session(store, split, _config("truth-small", *settings), torch.device("cpu"))
    labels = session.material.training_labels
    unlabelled = (labels < 0).all(axis=1)
    assert 0.8 < unlabelled.mean() < 0.95
    assert not np.isnan(session.material.truths[unlabelled]).all()
    logits = torch.randn(8, labels.shape[1], generator=torch.Generator().manual_seed(0)).requires_grad_()
    rows = np.concatenate([np.flatnonzero(~unlabelled)[:2], np.flatnonzero(unlabelled)[:6]])
    target, weight = session.loss.targets(labels[rows], torch.arange(labels.shape[1]))
    assert session.objective(logits, target, weight) == session.objective(logits[:2], target[:2], weight[:2])
    none = session.objective(logits[2:], target[2:], weight[2:])
    none.backward()
    assert none == 0


def test_without_measured_statements_unlabelled_ecgs_are_left_out(store: Store, split: Split) -> None:
    material = Session(store, split, _config("truth-small", "data.labelled=0.1"), torch.device("cpu")).material
    assert len(material.training_rows) < 0.2 * len(split.parts["train"])
    assert (material.training_labels >= 0).any(axis=1).all()


def test_parents_train_where_the_vocabulary_has_levels(store: Store, split: Split, tmp_path: Path) -> None:
    vocabulary = Vocabulary.load("ptbxl71")
    drawn = np.random.default_rng(0).choice(np.array([-1, 0, 1], dtype=np.int8), (len(store), len(vocabulary)), p=[0.1, 0.8, 0.1])
    levelled = Store(store.path, store.manifest, store.contract, vocabulary, store.records, drawn)
    config = _config("truth-small", "objective.statements=findings+parents", "training.epochs=4")
    session = Session(levelled, split, config, torch.device("cpu"))
    assert [size for _, size, _ in session.pool.spans] == [71, 11]
    train(levelled, split, config, tmp_path / "run", device="cpu")
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses[-1] < losses[0]


def test_parents_are_refused_where_the_vocabulary_has_no_levels(store: Store, split: Split, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ptbxl71"):
        train(store, split, _config("truth-small", "objective.statements=parents"), tmp_path / "run", device="cpu")
    assert not (tmp_path / "run").exists()


def test_the_bias_starts_at_the_prevalence_of_findings_wherever_prompts_are_among_the_statements(store: Store, split: Split) -> None:
    alone, joined = (
        Session(store, split, _config("truth-small", f"objective.statements={statements}"), torch.device("cpu")).model
        for statements in ("findings", "findings+negations")
    )
    assert torch.equal(alone.finding_logits(torch.zeros(1, 12, 200)), joined.finding_logits(torch.zeros(1, 12, 200)))


def test_the_truth_objective_learns_more_than_chance(store: Store, split: Split, tmp_path: Path) -> None:
    summary = train(store, split, _config("truth-small", "training.epochs=20"), tmp_path / "run", device="cpu")
    assert summary["validation_macro_auroc"] > 0.6


def test_records_with_rare_findings_are_repeated(store: Store, split: Split) -> None:
    plain, repeating = (
        Session(store, split, _config("truth-small", f"data.sampling={sampling}"), torch.device("cpu")).batches
        for sampling in ("plain", "repeat-rare")
    )
    assert plain.steps_per_epoch == repeating.steps_per_epoch
    epochs = [np.concatenate([batches.records(step) for step in range(batches.steps_per_epoch)]) for batches in (plain, repeating)]
    assert len(set(epochs[0].tolist())) == len(epochs[0])
    assert len(set(epochs[1].tolist())) < len(epochs[1])


def test_names_stand_in_a_random_order_where_the_configuration_asks_for_it(store: Store, split: Split) -> None:
    canonical, shuffled = (
        len(Session(store, split, _config("siglip-small", f"data.caption_order={order}"), torch.device("cpu")).text.vectors)
        for order in ("canonical", "random")
    )
    assert shuffled > canonical


def test_augmentations_are_settings_that_reach_the_batches(store: Store, split: Split) -> None:
    for setting, make in AUGMENTATIONS.items():
        assert DataConfig.model_validate({setting: 0.5}).augmentations == (make(0.5),)
    assert DataConfig().augmentations == ()
    settings = ([f"data.lead_masking={share}"] for share in (0.0, 1.0))
    sessions = (Session(store, split, _config("truth-small", *one), torch.device("cpu")) for one in settings)
    whole, masked = (next(session.feed.prefetched(0, 1))[2] for session in sessions)
    assert whole.any(dim=2).all()
    assert (~masked.any(dim=2)).any(dim=1).all()


@dataclass(frozen=True)
class _Second(Ranks):
    """Of two processes the second, to which the first sends nothing but zeros."""

    rank: int = 1
    size: int = 2

    def gathered(self, own: Tensor, n: int) -> Tensor:
        return torch.cat([own.new_zeros((n - len(own), *own.shape[1:])), own])


def test_processes_share_the_validation_part(store: Store, split: Split) -> None:
    session = Session(store, split, _config("truth-small"), torch.device("cpu"))
    whole, shared = (session._validation_scores(session.model, ranks) for ranks in (ALONE, _Second()))
    half = len(whole) // 2
    assert whole[:half].all()
    assert not shared[:half].any()
    np.testing.assert_allclose(shared[half:], whole[half:], rtol=0, atol=1e-6)


def test_a_killed_run_resumes_to_the_same_weights(hospitals: Hospitals, store: Store, split: Split, tmp_path: Path) -> None:
    drawn = ("objective.statements=captions+subsets", "objective.target=jaccard", "objective.views=0.5", "data.caption_order=random")
    settings = ("training.epochs=8", "training.ema=0.9", *drawn)
    straight = train(store, split, _config("siglip-small", *settings), tmp_path / "straight", device="cpu")
    script = (
        "import sys; from pathlib import Path; from jaccardio.threads import fix_threads; fix_threads(1);"
        "from jaccardio.cohort.store import Store; from jaccardio.cohort.split import load_split;"
        "from jaccardio.training.config import load_preset; from jaccardio.training.loop import train;"
        "store = Store.open(Path(sys.argv[1]));"
        "train(store, load_split(store), load_preset('siglip-small', sys.argv[3:]), Path(sys.argv[2]), device='cpu')"
    )
    arguments = [sys.executable, "-c", script, str(hospitals.home), str(tmp_path / "killed"), *TINY, *settings]
    process = subprocess.Popen(arguments)
    checkpoints = tmp_path / "killed" / "checkpoints"
    deadline = time.monotonic() + 60
    while not list(checkpoints.glob("step-*.json")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "training.json").exists(), "the run ended before it could be killed"
    fix_threads(1)
    resumed = resume(store, tmp_path / "killed", device="cpu")
    assert resumed["validation_macro_auroc"] == straight["validation_macro_auroc"]
    ours, theirs = (load_file(tmp_path / name / "model" / "model.safetensors") for name in ("straight", "killed"))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    steps = [
        [line["step"] for line in map(json.loads, (tmp_path / name / "log.jsonl").read_text().splitlines())]
        for name in ("straight", "killed")
    ]
    assert steps[0] == steps[1]


def test_a_complete_run_is_left_alone_and_an_existing_folder_refused(store: Store, split: Split, trained: Path) -> None:
    before = (trained / "training.json").stat().st_mtime_ns
    assert resume(store, trained)["preset"] == "truth-small"
    assert (trained / "training.json").stat().st_mtime_ns == before
    with pytest.raises(UsageError, match="--resume"):
        train(store, split, _config("truth-small"), trained)


def test_resume_refuses_another_store(hospitals: Hospitals, trained: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained, tmp_path / "run"))
    (run / "training.json").unlink()
    with pytest.raises(DataError, match="another store"):
        resume(Store.open(hospitals.away), run)


def test_another_rate_is_refused_with_the_way_out(store: Store, split: Split, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--fs 500"):
        train(store, split, _config("siglip-small", "data.sampling_rate=500.0"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_leaking_split_is_refused(store: Store, split: Split, tmp_path: Path) -> None:
    patients = store.records["patient_key"].to_numpy()
    several = next(key for key in patients if (patients == key).sum() > 1)
    one, other = store.ids[patients == several][:2]
    rest = [str(name) for name in store.ids if name not in (one, other)]
    leaking = Split(split.method, {"train": (*rest[:100], str(one)), "validation": (*rest[100:], str(other)), "test": ()})
    with pytest.raises(DataError, match="patient"):
        train(store, leaking, _config("truth-small"), tmp_path / "run")


def test_thresholds_are_fitted_on_the_validation_part_alone(store: Store, split: Split, trained: Path) -> None:
    saved = load_pretrained(trained / "model")
    columns = [store.vocabulary.index(code) for code in saved.vocabulary.codes]
    fitted = {}
    for part, ids in split.parts.items():
        rows = store.rows_of(ids)
        scores = finding_scores(saved.model, [store.windows(rows)], torch.device("cpu"))
        fitted[part] = fit_thresholds(store.labels[np.ix_(rows, columns)], scores)
    for policy in POLICIES:
        assert saved.thresholds[policy] == pytest.approx(fitted["validation"][policy].tolist(), abs=1e-5)
    for other in ("train", "test"):
        assert abs(fitted[other]["global"][0] - fitted["validation"]["global"][0]) > 1e-3


def test_the_reference_is_of_the_validation_part_and_holds_no_ecg(store: Store, split: Split, trained: Path) -> None:
    saved = load_pretrained(trained / "model")
    rows = np.sort(store.rows_of(split.parts["validation"]))
    scores = finding_scores(saved.model, [store.windows(rows)], torch.device("cpu"))
    lacking = withheld_answers(saved.vocabulary, saved.partial_leads, store.lead_masks[rows])
    called = np.ma.masked_array(Thresholds.from_dict(saved.thresholds).decide(scores), lacking).mean(axis=0)
    reference = Reference.from_dict(saved.reference or {})
    np.testing.assert_allclose(reference.present["global"], called.filled(np.nan), atol=1 / len(rows))
    flags = [{flag.partition(":")[0] for flag in store.records["flags"].iloc[row]} for row in rows]
    assert reference.flags == {name: sum(name in one for one in flags) / len(rows) for name in set().union(*flags)}
    said = (trained / "model" / "reference.json").read_text()
    assert not any(str(store.ids[row]) in said or store.records["patient_key"].iloc[row] in said for row in rows)


def test_unknown_labels_change_neither_loss_nor_gradient(store: Store, split: Split) -> None:
    """The loss is that of the pairs with a known label, and so is the gradient; hiding one more changes both."""
    session = Session(store, split, _config("truth-small"), torch.device("cpu"))
    labels, columns = session.material.training_labels[:32], session.pool.against(torch.arange(32))
    known = torch.from_numpy(labels >= 0)
    assert not known.all()
    start = 3 * torch.randn(known.shape, generator=torch.Generator().manual_seed(0))

    def loss_and_gradient(labels: NDArray[np.int8]) -> tuple[float, torch.Tensor]:
        logits = start.clone().requires_grad_()
        loss = session.objective(logits, *session.loss.targets(labels, columns))
        loss.backward()
        assert logits.grad is not None
        return loss.item(), logits.grad

    loss, gradient = loss_and_gradient(labels)
    truth = torch.from_numpy(labels).float()
    expected = binary_cross_entropy_with_logits(start[known], truth[known], reduction="sum") / len(labels)
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    torch.testing.assert_close(gradient, (start.sigmoid() - truth) * known / len(labels))
    hidden = labels.copy()
    row, column = np.argwhere(labels >= 0)[0]
    hidden[row, column] = -1
    less, without = loss_and_gradient(hidden)
    assert less < loss
    assert without[row, column] == 0
    gradient[row, column] = 0
    assert torch.equal(without, gradient)


def test_positive_weight_weights_true_pairs_only(store: Store, split: Split) -> None:
    session = Session(store, split, _config("classifier-small", "objective.positive_weight=true"), torch.device("cpu"))
    target, weight = session.loss.targets(session.material.training_labels[:32], session.pool.against(torch.arange(32)))
    expected = session.material.positive_weight().expand_as(weight)
    assert torch.equal(weight[target == 1], expected[target == 1])
    assert set(weight[target == 0].tolist()) <= {0.0, 1.0}


def test_a_finding_unknown_for_every_training_record_leaves_the_bank(store: Store, split: Split, trained: Path) -> None:
    rows = store.rows_of(split.parts["train"])
    hidden = Store(store.path, store.manifest, store.contract, store.vocabulary, store.records, store.labels.copy())
    column = store.vocabulary.index("af")
    hidden.labels[rows, column] = -1
    session = Session(hidden, split, _config("truth-small"), torch.device("cpu"))
    assert "af" in session.material.left_out
    assert session.batches.batch(0).labels.shape[1] == len(session.material.vocabulary)
    assert "af" not in session.material.vocabulary.codes


def test_labels_stay_with_their_records_whatever_the_order_of_the_split(store: Store, split: Split) -> None:
    backwards = Split(split.method, {part: ids[::-1] for part, ids in split.parts.items()})
    session = Session(store, backwards, _config("truth-small"), torch.device("cpu"))
    batch, columns = session.batches.batch(0), [store.vocabulary.index(code) for code in session.material.vocabulary.codes]
    rows = session.material.training_rows[batch.records]
    assert np.array_equal(batch.labels, store.labels[np.ix_(rows, columns)])
    assert set(store.ids[rows].tolist()) <= set(split.parts["train"])


def test_a_frozen_encoder_keeps_its_weights_and_still_learns_around_them(store: Store, split: Split, tmp_path: Path) -> None:
    start = Session(store, split, _config("truth-small"), torch.device("cpu")).model.state_dict()
    train(store, split, _config("truth-small", "training.frozen_encoder=true", "training.epochs=2"), tmp_path / "run", device="cpu")
    ended = load_file(tmp_path / "run" / "model" / "model.safetensors")
    weights = {
        name for name in ended if name.startswith("encoder.") and not name.endswith(("running_mean", "running_var", "num_batches_tracked"))
    }
    assert weights
    assert all(torch.equal(ended[name], start[name]) for name in weights)
    assert not torch.equal(ended["ecg_head.weight"], start["ecg_head.weight"])
    statistics = [name for name in ended if name.endswith("running_mean")]
    assert all(not torch.equal(ended[name], start[name]) for name in statistics)


def test_a_run_with_a_frozen_encoder_resumes(store: Store, split: Split, tmp_path: Path) -> None:
    config = _config("truth-small", "training.frozen_encoder=true", "training.epochs=2")
    summary = train(store, split, config, tmp_path / "run", device="cpu")
    (tmp_path / "run" / "training.json").unlink()  # as if killed after the last checkpoint
    assert resume(store, tmp_path / "run", device="cpu")["validation_macro_auroc"] == summary["validation_macro_auroc"]


def test_validation_comes_every_so_many_epochs_and_after_the_last(store: Store, split: Split, tmp_path: Path) -> None:
    train(store, split, _config("truth-small", "training.epochs=5", "training.validate_every=2"), tmp_path / "run", device="cpu")
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines if "validation_macro_auroc" in line] == [2, 4, 5]


def test_weight_decay_shrinks_matrices_and_leaves_norms_and_biases(store: Store, split: Split) -> None:
    session = Session(store, split, _config("truth-small", "training.weight_decay=0.5", "training.learning_rate=0.1"), torch.device("cpu"))
    before = {name: value.clone() for name, value in session.model.named_parameters()}
    for value in session.model.parameters():
        value.grad = torch.zeros_like(value)
    session.optimiser.step()  # without gradient decay alone moves a parameter: by 1 - 0.1 * 0.5
    for name, value in session.model.named_parameters():
        shrunk = 0.95 if value.ndim > 1 else 1.0
        assert torch.allclose(value, shrunk * before[name]), name
    assert {value.ndim > 1 for value in before.values()} == {True, False}
