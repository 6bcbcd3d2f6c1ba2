"""Linear probe and few-shot learning on a run's frozen features, beside encoders that were never trained or trained on the same labels.

Command: ``jaccardio probe``. All ECGs are embedded once for each encoder; regressions are fitted on stratified subsets of the run's own
training part, tuned on its validation part, and scored on its test part.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from jaccardio.cohort.split import PARTS, Split, training_subset
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.contest import Contestant, rank
from jaccardio.evaluation.probes import fit_probes, load_scikit_learn, probe_scores
from jaccardio.evaluation.thresholds import POLICIES, Thresholds, fit_thresholds
from jaccardio.experiments.evaluate_run import rows_of_part, score_part
from jaccardio.experiments.run_cache import RunCache
from jaccardio.models.create import create_model
from jaccardio.models.folder import THRESHOLDS, Pretrained
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_scores import windows_for
from jaccardio.progress import Watch, unwatched
from jaccardio.report.probe_page import FewShot, write_probe
from jaccardio.text.create import create_text_encoder
from jaccardio.training.config import TrainConfig
from jaccardio.training.leakage import check_unseen
from jaccardio.training.material import Material
from jaccardio.training.run_folder import RunFolder

TRAINED, RANDOM, SUPERVISED = "trained encoder", "random encoder", "supervised from scratch"

Say = Callable[[str], None]


@dataclass(frozen=True)
class FewShotProtocol:
    """How much is done.

    Attributes
    ----------
    fractions
        Shares of the training ECGs whose labels are used.
    subsets
        Stratified subsets drawn for each share below 1; the whole part is there only once.
    supervised
        Also train a classifier of the run's form on each subset.
    """

    fractions: tuple[float, ...] = (0.01, 0.1, 1.0)
    subsets: int = 5
    supervised: bool = False
    replicates: int = 1000
    device: str = "auto"


@dataclass(frozen=True, eq=False)
class _Setting:
    """What every probe of one command shares: rows and labels by part, the findings, the features of each encoder by store row,
    and who is told how far it has come."""

    store: Store
    rows: dict[str, NDArray[np.int64]]
    columns: NDArray[np.int64]
    features: dict[str, NDArray[np.float32]]
    say: Say
    watch: Watch

    def labels(self, rows: NDArray[np.int64]) -> NDArray[np.int8]:
        return self.store.labels[np.ix_(rows, self.columns)]


def run_probe(run: RunFolder, store: Store, out: Path, protocol: FewShotProtocol, say: Say, watch: Watch = unwatched) -> dict[str, Any]:
    """Probes a run's frozen features and writes ``results.json``, ``learning_curve.png`` and ``probe.html`` to `out`.

    Features are the vectors that ``jaccardio embed`` writes. The random encoder has the run's form and untrained weights. A supervised
    control trains as many steps as the run did, whatever the size of its subset; its runs stand in ``out/runs`` and are taken again.

    Returns
    -------
    The document of ``results.json``.

    Raises
    ------
    UsageError
        A fraction out of range, or a store that does not hold the run's ECGs.
    DataError
        A part is empty, or its ECGs overlap with what the model has seen.
    MissingError
        scikit-learn is not installed.
    """
    load_scikit_learn()  # said before anything is embedded
    _check(protocol)
    rows = {part: rows_of_part(run, store, part) for part in PARTS}
    check_unseen(run, store, rows["test"].tolist())
    vocabulary = Material.gather(store, run.split).vocabulary
    columns = np.array([store.vocabulary.index(code) for code in vocabulary.codes])
    setting = _Setting(store, rows, columns, _features(run, store, rows, protocol.device, watch), say, watch)
    test_uses = run.record_test_use(store, "test", len(rows["test"]))
    steps = [_few_shot(run, setting, vocabulary.codes, fraction, protocol, out) for fraction in sorted(protocol.fractions)]
    facts = {
        "Model": f"preset {run.config.preset}, seed {run.config.training.seed}",
        "Data": f"corpus {store.manifest['corpus']}; {', '.join(sorted(store.records['database'].unique()))}; the run's own split",
        "Probe": "one L2 logistic regression a finding on frozen features; C and standardisation chosen by validation log-loss",
        "Controls": "an untrained encoder of the same form"
        + ("; a classifier of the same form trained on each subset, as many steps as the run" if protocol.supervised else ""),
        "Looks at a test part": f"this is number {test_uses} of this run",
    }
    return write_probe(out, steps, title=f"Linear probe of {run.config.preset}", facts=facts)


def _check(protocol: FewShotProtocol) -> None:
    if not protocol.fractions or any(not 0 < fraction <= 1 for fraction in protocol.fractions):
        raise UsageError("--fractions: shares above 0 and at most 1 are needed, for example 0.01,0.1,1.")
    if len(set(protocol.fractions)) != len(protocol.fractions):
        raise UsageError("--fractions names a share twice.")


def _features(
    run: RunFolder, store: Store, rows: dict[str, NDArray[np.int64]], device: str, watch: Watch
) -> dict[str, NDArray[np.float32]]:
    """Features by encoder, one row a store record; rows outside the split are NaN."""
    pretrained = run.pretrained()
    every = np.sort(np.concatenate(list(rows.values())))
    features = {}
    for name, one in ((TRAINED, pretrained), (RANDOM, _untrained(pretrained, run.config.training.seed))):
        predictor = Predictor(one, device)
        vectors = predictor.embed(windows_for(predictor, store, every, watch(f"embedding, {name}")))
        features[name] = np.full((len(store), vectors.shape[1]), np.nan, np.float32)
        features[name][every] = vectors
    return features


def _untrained(pretrained: Pretrained, seed: int) -> Pretrained:
    """The same form with weights as they are drawn; random sentence vectors, because no text enters an ECG's features."""
    encoder = create_text_encoder("random", pretrained.vocabulary)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return replace(pretrained, model=create_model(pretrained.config, vocabulary=pretrained.vocabulary, text_encoder=encoder))


def _few_shot(run: RunFolder, setting: _Setting, codes: Sequence[str], fraction: float, protocol: FewShotProtocol, out: Path) -> FewShot:
    seeds = range(1 if fraction == 1 else protocol.subsets)
    splits = [training_subset(setting.store, run.split, fraction, seed) for seed in seeds]
    subsets = [np.sort(setting.store.rows_of(split.parts["train"])) for split in splits]
    setting.say(f"{100 * fraction:g} % of the training labels, subsets of ECGs: {', '.join(str(len(rows)) for rows in subsets)}")
    contestants, chosen = [], {}
    for name in setting.features:
        contestant, chosen[name] = _probed(name, setting, subsets)
        contestants.append(contestant)
    if protocol.supervised:
        folders = [out / "runs" / f"{fraction:g}-{seed}" for seed in seeds]
        contestants.append(_supervised(run, setting, codes, splits, fraction, folders, protocol.device))
    test = setting.rows["test"]
    patients = setting.store.records["patient_key"].to_numpy()[test]
    contest = rank(setting.labels(test), patients, codes, contestants, reference=TRAINED, replicates=protocol.replicates)
    one_sided = [~((setting.labels(rows) == 1).any(axis=0) & (setting.labels(rows) == 0).any(axis=0)) for rows in subsets]
    constant = {code: int(count) for code, count in zip(codes, np.sum(one_sided, axis=0), strict=True) if count}
    return FewShot(fraction, tuple(len(rows) for rows in subsets), contest, constant, chosen)


def _probed(name: str, setting: _Setting, subsets: Sequence[NDArray[np.int64]]) -> tuple[Contestant, dict[str, int]]:
    """The probes of one encoder on each subset, and how often validation chose each setting."""
    features, validation, test = setting.features[name], setting.rows["validation"], setting.rows["test"]
    scores, thresholds, seconds = [], [], []
    chosen: dict[str, int] = {}
    for rows in subsets:
        began = time.monotonic()
        probes = fit_probes(features[rows], setting.labels(rows), features[validation], setting.labels(validation))
        seconds.append(time.monotonic() - began)
        scores.append(probe_scores(probes, features[test]))
        thresholds.append(fit_thresholds(setting.labels(validation), probe_scores(probes, features[validation])))
        for probe in probes:
            chosen[probe.setting] = chosen.get(probe.setting, 0) + 1
    return Contestant(name, scores, thresholds, seconds), dict(sorted(chosen.items()))


def supervised_form(config: TrainConfig, steps: int, fraction: float) -> TrainConfig:
    """The classifier of a run's form, to be trained for as many steps on a share of its ECGs, and validated as often."""
    document = config.model_dump(mode="json")
    document["model"]["kind"] = "classifier"
    document["objective"] = {}  # the defaults: one output a finding against its label
    every = max(1, round(config.training.validate_every / fraction))
    document["training"] |= {"epochs": None, "steps": steps, "validate_every": every, "frozen_encoder": False}
    return TrainConfig.model_validate(document | {"description": "supervised control of a probe"})


def _supervised(
    run: RunFolder,
    setting: _Setting,
    codes: Sequence[str],
    splits: Sequence[Split],
    fraction: float,
    folders: Sequence[Path],
    device: str,
) -> Contestant:
    config = supervised_form(run.config, int(run.summary["steps"]), fraction)
    scores, thresholds, seconds = [], [], []
    for split, folder in zip(splits, folders, strict=True):
        cache = RunCache(folder, setting.store, split, jobs=1, device=device, say=setting.say, watch=setting.watch)
        trained = cache.train("supervised", config)
        if trained is None:
            raise DataError(f"the supervised control could not be trained: {'; '.join(cache.failures.values())}")
        scored = score_part(trained, setting.store, "test", device=device)
        known = [codes.index(code) for code in scored.vocabulary.codes]
        # a finding that no ECG of the subset knows has no output: every ECG scores alike and nothing is called
        table, limits = np.full((len(scored.rows), len(codes)), 0.5), {policy: np.ones(len(codes)) for policy in POLICIES}
        table[:, known] = scored.scores
        fitted = Thresholds.from_dict(trained.model_manifest.json_of(THRESHOLDS))
        for policy in POLICIES:
            limits[policy][known] = fitted[policy]
        scores.append(table)
        thresholds.append(Thresholds(limits))
        seconds.append(float(trained.summary["seconds"]))
    return Contestant(SUPERVISED, scores, thresholds, seconds)
