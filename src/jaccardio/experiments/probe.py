"""Linear probe and few-shot learning on a run's frozen features, beside encoders that were never trained or trained on the same labels.

Command: ``jaccardio probe``. All ECGs are embedded once for each encoder; regressions are fitted on stratified subsets of the run's own
training part, tuned on its validation part, and scored on its test part.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from jaccardio.cohort.split import PARTS, Split, training_subset
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, UsageError
from jaccardio.evaluation.estimate import Estimate
from jaccardio.evaluation.part import Part
from jaccardio.evaluation.probes import fit_probes, load_scikit_learn, probe_scores
from jaccardio.evaluation.ranking import rank
from jaccardio.evaluation.scored import Scored
from jaccardio.evaluation.table import Row, Table
from jaccardio.evaluation.thresholds import POLICIES, Thresholds, fit_thresholds
from jaccardio.experiments.evaluate_run import rows_of_part, score_part
from jaccardio.experiments.held_out import part_of
from jaccardio.experiments.run_cache import RunCache
from jaccardio.experiments.score_cache import EVEN, NEVER, widened
from jaccardio.models.create import create_model
from jaccardio.models.folder import Pretrained
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from jaccardio.progress import Say, Watch, unwatched
from jaccardio.report.results import write_study
from jaccardio.report.study_plots import draw_learning_curve
from jaccardio.text.create import create_text_encoder
from jaccardio.training.config import TrainConfig, method_settings
from jaccardio.training.leakage import check_unseen
from jaccardio.training.material import Material
from jaccardio.training.run_folder import RunFolder

TRAINED, RANDOM, SUPERVISED = "trained encoder", "random encoder", "supervised from scratch"

REMARK = (
    "The trained encoder has seen all training labels before the probe sees some of them: at a small share its lead over an encoder "
    "trained from scratch is the worth of those labels, not of the method. The random encoder says what the form of the encoder gives "
    "away. Subsets are stratified by findings, patients whole. Validation labels are known besides."
)


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
    """What every probe of one command shares: rows by part, the test part, labels and the features of each encoder by store row, and who
    hears how far it has come."""

    store: Store
    rows: dict[str, NDArray[np.int64]]
    test: Part
    labels: NDArray[np.int8]
    features: dict[str, NDArray[np.float32]]
    say: Say
    watch: Watch


def run_probe(run: RunFolder, store: Store, out: Path, protocol: FewShotProtocol, say: Say, watch: Watch = unwatched) -> dict[str, Any]:
    """Probes a run's frozen features and writes what `write_study` writes to `out`.

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
    if not protocol.fractions or any(not 0 < fraction <= 1 for fraction in protocol.fractions):
        raise UsageError("--fractions: shares above 0 and at most 1 are needed, for example 0.01,0.1,1.")
    if len(set(protocol.fractions)) != len(protocol.fractions):
        raise UsageError("--fractions names a share twice.")
    rows = {part: rows_of_part(run, store, part) for part in PARTS}
    check_unseen(run, store, rows["test"].tolist())
    vocabulary = Material.gather(store, run.split).vocabulary
    labels = store.labels[:, [store.vocabulary.index(code) for code in vocabulary.codes]]
    test, features = part_of(store, rows["test"], vocabulary), _features(run, store, rows, protocol.device, watch)
    setting = _Setting(store, rows, test, labels, features, say, watch)
    test_uses = run.record_test_use(store, "test", len(rows["test"]))
    curve: list[tuple[float, Table]] = []
    tables: dict[str, Table] = {}
    for fraction in sorted(protocol.fractions):
        table, records = _few_shot(run, setting, fraction, protocol, out)
        tables[f"share-{fraction:g}"] = table
        curve.append((records, table))
    first = next(iter(tables.values()))
    first.remarks.insert(0, REMARK)
    first.plots[
        "Means over the subsets of a share; open dots: each subset. Whiskers: 95 % intervals over bootstrap samples of patients"
    ] = draw_learning_curve(curve, [*features, SUPERVISED] if protocol.supervised else list(features))
    facts = {
        "Model": f"preset {run.title}",
        "Data": f"{store.title}; the run's own split",
        "Probe": "one L2 logistic regression a finding on frozen features; C and standardisation chosen by validation log-loss",
        "Controls": "an untrained encoder of the same form"
        + ("; a classifier of the same form trained on each subset, as many steps as the run" if protocol.supervised else ""),
        "Looks at a test part": f"this is number {test_uses} of this run",
    }
    return write_study(out, tables, title=f"Linear probe of {run.config.title}", facts=facts)


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


def _few_shot(run: RunFolder, setting: _Setting, fraction: float, protocol: FewShotProtocol, out: Path) -> tuple[Table, float]:
    """The table of one share of the labels, and the mean number of ECGs of its subsets."""
    seeds = range(1 if fraction == 1 else protocol.subsets)
    splits = [training_subset(setting.store, run.split, fraction, seed) for seed in seeds]
    subsets = [np.sort(setting.store.rows_of(split.parts["train"])) for split in splits]
    sizes = [len(rows) for rows in subsets]
    setting.say(f"{100 * fraction:g} % of the training labels, subsets of ECGs: {', '.join(map(str, sizes))}")
    models = [_probed(name, setting, subsets) for name in setting.features]
    if protocol.supervised:
        folders = [out / "runs" / f"{fraction:g}-{seed}" for seed in seeds]
        models.append(_supervised(run, setting, splits, fraction, folders, protocol.device))
    title = f"{100 * fraction:g} % of the training labels"
    table = rank(setting.test, models, reference=TRAINED, title=title, replicates=protocol.replicates).table
    table.ranges = "Ranges: 95 % intervals over bootstrap samples of patients. ±: standard deviation over subsets."
    records = float(np.mean(sizes))
    table.rows.append(Row(TRAINED, "training_ecgs", Estimate(records, per_seed=tuple(map(float, sizes)))))
    if constant := _constant(setting, subsets):
        table.remarks.append(f"Scored constant for want of a positive or a negative, in so many of {len(subsets)} subsets: {constant}.")
    return table, records


def _constant(setting: _Setting, subsets: Sequence[NDArray[np.int64]]) -> str:
    """In how many subsets a finding could not be fitted."""
    one_sided = [~((setting.labels[rows] == 1).any(axis=0) & (setting.labels[rows] == 0).any(axis=0)) for rows in subsets]
    counts = zip(setting.test.codes, np.sum(one_sided, axis=0).tolist(), strict=True)
    return ", ".join(f"{code} {count}" for code, count in counts if count)


def _probed(name: str, setting: _Setting, subsets: Sequence[NDArray[np.int64]]) -> Scored:
    """The probes of one encoder on each subset; the note says how often validation chose each setting."""
    features, validation, test = setting.features[name], setting.rows["validation"], setting.rows["test"]
    scores, thresholds = [], []
    chosen: Counter[str] = Counter()
    for rows in subsets:
        probes = fit_probes(features[rows], setting.labels[rows], features[validation], setting.labels[validation])
        scores.append(probe_scores(probes, features[test]))
        thresholds.append(fit_thresholds(setting.labels[validation], probe_scores(probes, features[validation])))
        chosen.update(probe.setting for probe in probes)
    note = "chosen on validation: " + ", ".join(f"{what} ({count})" for what, count in sorted(chosen.items()))
    return Scored(name, scores, thresholds, note=note)


def supervised_form(config: TrainConfig, steps: int, fraction: float) -> TrainConfig:
    """The classifier of a run's form, to be trained for as many steps on a share of its ECGs, and validated as often.

    It knows all labels of that share and is the network alone, as the probes beside it: whatever the run was not told, or has in evidence.
    """
    document = config.model_dump(mode="json")
    settings = method_settings("classifier")
    document |= {"method": "classifier", "objective": settings["objective"]}
    document["model"] |= settings["model"] | {"evidence": False}
    document["data"] |= {"labelled": 1.0, "hidden_findings": ()}
    every = max(1, round(config.training.validate_every / fraction))
    document["training"] |= {
        "epochs": None,
        "steps": steps,
        "validate_every": every,
        "frozen_encoder": False,
        "init_from": None,
        "teacher": None,
    }
    return TrainConfig.model_validate(document | {"description": "supervised control of a probe"})


def _supervised(
    run: RunFolder, setting: _Setting, splits: Sequence[Split], fraction: float, folders: Sequence[Path], device: str
) -> Scored:
    config = supervised_form(run.config, int(run.summary["steps"]), fraction)
    codes = setting.test.codes
    scores, thresholds, seconds = [], [], []
    for split, folder in zip(splits, folders, strict=True):
        cache = RunCache(folder, setting.store, split, jobs=1, device=device, say=setting.say, watch=setting.watch)
        trained = cache.train("supervised", config)
        if trained is None:
            raise DataError(f"the supervised control could not be trained: {'; '.join(cache.failures.values())}")
        look = score_part(trained, setting.store, "test", device=device)
        known, [found], [fitted] = look.part.codes, look.scored.scores, look.scored.thresholds
        scores.append(widened(found, known, codes, EVEN))
        thresholds.append(Thresholds({policy: widened(fitted[policy], known, codes, NEVER) for policy in POLICIES}))
        seconds.append(float(trained.summary["seconds"]))
    return Scored(SUPERVISED, scores, thresholds, seconds=seconds)
