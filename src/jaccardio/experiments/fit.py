"""`fit`: from arrays to a trained model in one call."""

import shutil
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from jaccardio.cohort.from_arrays import recordings_of, write_store
from jaccardio.cohort.quality_counts import quality_counts
from jaccardio.cohort.split import default_split, save_split
from jaccardio.errors import JaccardioError, UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.suspects import QUESTIONS, ask_about
from jaccardio.recording.leads import LEADS
from jaccardio.training.config import load_preset
from jaccardio.training.loop import train


def fit(
    signals: ArrayLike,
    labels: ArrayLike,
    sampling_rate: float,
    *,
    vocabulary: str | Path | Vocabulary,
    out: str | Path,
    leads: Sequence[str] = LEADS,
    unit: str = "mV",
    ids: Iterable[str | int] | None = None,
    patients: Iterable[str | float | None] | None = None,
    preset: str = "jaccardio-small",
    settings: Sequence[str] = (),
    device: str = "auto",
) -> Predictor:
    """Trains a model on arrays and returns it, ready to predict.

    ``out/store`` and ``out/run`` are what `jaccardio ingest` and `jaccardio train` would have written: every command works on them. The
    split is by patients, 70 / 10 / 20, and its test part is not looked at.

    Parameters
    ----------
    signals, sampling_rate, leads, unit, ids, patients
        As `jaccardio.cohort.from_arrays.recordings_of` takes them. Give `patients`, or ECGs of one patient may stand on two sides.
    labels
        As `jaccardio.cohort.from_arrays.write_store` takes them.
    vocabulary
        Or its name, or the path of its TOML file.
    out
        New folder.
    preset, settings
        As ``--preset`` and ``--set`` take them.

    Raises
    ------
    UsageError
        Shapes or values that do not fit, or `out` is taken.
    DataError
        No ECG could be read, or too few patients for a split.

    Warns
    -----
    UserWarning
        Some ECGs were refused; the message counts them and tells the first reason. All are in the store's manifest. Or rate, unit or
        order of the leads do not look as declared (`jaccardio.prediction.suspects`). Or the validation
        part is tiny or one-sided, with what is undefined for that. Or findings were not learned, because training had no label of them.
    """
    out = Path(out)
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out}: the folder exists and is not empty. Choose another.")
    config = load_preset(preset, settings)
    if not isinstance(vocabulary, Vocabulary):
        vocabulary = Vocabulary.load(vocabulary)
    recordings = recordings_of(signals, sampling_rate, leads=leads, unit=unit, ids=ids, patients=patients)
    store, refused = write_store(out / "store", recordings, labels, vocabulary=vocabulary, sampling_rate=config.data.sampling_rate)
    if refused:
        warnings.warn(f"{len(refused)} ECGs were refused, the first: {refused[0].record}: {refused[0].reason}", stacklevel=2)
    counts = quality_counts(store)
    no_beats = counts["rate_suspect"]["unknown"]  # nor are there where time runs four times as fast
    ask_about(
        {check: counts[check]["found"] + (no_beats if check == "rate_suspect" else 0) for check in QUESTIONS}, len(store), stacklevel=3
    )
    try:
        split = default_split(store)
        save_split(store, split)
        summary = train(store, split, config, out / "run", device=device)
    except JaccardioError:
        if not (out / "run").exists():
            shutil.rmtree(store.path)  # nothing was trained on it, and the next call would find the folder taken
        raise
    for caution in summary["warnings"]:
        warnings.warn(caution, stacklevel=2)
    predictor = Predictor.from_pretrained(out / "run", device)
    if unlearned := [code for code in vocabulary.codes if code not in predictor.vocabulary.codes]:
        reason = "training had no label of them, and the predictor's vocabulary and scores are without them"
        warnings.warn(f"{len(unlearned)} findings were not learned ({', '.join(unlearned)}): {reason}", stacklevel=2)
    return predictor
