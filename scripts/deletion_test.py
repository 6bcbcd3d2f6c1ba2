"""Deletion test of attributions: whether what they mark matters to the model more than other parts of the ECG: docs/explain.md.

python scripts/deletion_test.py path/to/store RUN [ECGs, 100]

Leads are cut into blocks of 0.2 s. Of each ECG of the validation part, drawn with seed 0 among those with a finding predicted present, the
blocks with the largest attribution are set to their lead's median, for each such finding; and in their place as many blocks drawn at random
(mean of 10 draws), and as many with the largest mean square voltage. What counts is how far the logit falls. Prints a Markdown table: means
over ECGs, paired differences with 95 % intervals over bootstrap samples of patients.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from jaccardio.cohort.store import Store
from jaccardio.evaluation.bootstrap import PatientBootstrap, percentile_interval
from jaccardio.experiments.evaluate_run import rows_of_part
from jaccardio.prediction.attribution import attribute, mean_logits, network_weights
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from jaccardio.recording.windows import Windows
from jaccardio.training.run_folder import RunFolder

BLOCK_SECONDS = 0.2
SHARES = (0.02, 0.05, 0.1, 0.2)
"""Of the blocks, masked."""
DRAWS = 10


def main(store_path: Path, run_path: Path, number: int) -> None:
    """Draws the ECGs, masks them and prints the table."""
    store, run = Store.open(store_path), RunFolder.open(run_path)
    predictor = Predictor.from_pretrained(run.path, "cpu")
    random = np.random.default_rng(0)
    kept, falls, findings = [], [], 0
    for row in random.permutation(rows_of_part(run, store, "validation")):
        (ecg,) = windows_for(predictor, store, np.array([row]))
        answered = [not reason for reason in predictor.withheld(ecg.lead_mask[0])]
        present = np.flatnonzero((predictor.scores([ecg])[0] >= predictor.thresholds["global"]) & answered)
        if len(present) and len(ecg.signal) == 1 and ecg.recorded[0] == ecg.signal.shape[2]:
            falls.append(np.mean([_falls(predictor, ecg, int(column), random) for column in present], axis=0))
            kept.append(row)
            findings += len(present)
        if len(kept) == number:
            break
    fall = np.array(falls)  # (ECGs, shares, ways)
    patients = store.records["patient_key"].to_numpy(dtype=str)[kept]
    print(f"{len(kept)} ECGs of {len(set(patients))} patients, {findings} findings predicted present; {run.title}.\n")
    print("| blocks masked | logit falls by: most attribution | random | most voltage | attribution minus random | minus voltage |")
    print("|---" * 6 + "|")
    for share, of_share in zip(SHARES, fall.transpose(1, 0, 2), strict=True):
        means = " | ".join(f"{mean:.2f}" for mean in of_share.mean(axis=0))
        differences = " | ".join(_with_interval(of_share[:, 0] - of_share[:, way], patients) for way in (1, 2))
        print(f"| {share:.0%} | {means} | {differences} |")


def _falls(predictor: Predictor, ecg: Windows, column: int, random: np.random.Generator) -> NDArray[np.float64]:
    """(shares, ways) how far the logit of a finding falls."""
    signal = ecg.signal[0]
    length = round(BLOCK_SECONDS * predictor.contract.sampling_rate)
    blocks = signal[:, : signal.shape[1] // length * length].reshape(12, -1, length)
    (found,) = attribute(predictor, ecg, [column])
    weight = found.values[0][:, : blocks.shape[1] * length].reshape(blocks.shape).sum(axis=2)
    usable = np.flatnonzero(np.repeat(ecg.lead_mask[0], blocks.shape[1]))
    orders = [
        usable[np.argsort(-weight.reshape(-1)[usable], kind="stable")],
        *(random.permutation(usable) for _ in range(DRAWS)),
        usable[np.argsort(-np.square(blocks).mean(axis=2).reshape(-1)[usable], kind="stable")],
    ]
    masked = []
    for share in SHARES:
        for order in orders:
            kept = np.ones(blocks.shape[:2], dtype=np.bool_)
            kept.reshape(-1)[order[: round(share * len(usable))]] = False
            copy = signal.copy()
            copy[:, : blocks.shape[1] * length] = (blocks * kept[:, :, None]).reshape(12, -1)
            masked.append(copy)
    weights = network_weights(predictor, ecg)
    with torch.inference_mode():
        logits = mean_logits(predictor.model, torch.from_numpy(np.stack(masked))[:, :, None], signal.shape[1], weights)[:, column].numpy()
    fall = found.logit - logits.astype(np.float64).reshape(len(SHARES), len(orders))
    return np.stack([fall[:, 0], fall[:, 1:-1].mean(axis=1), fall[:, -1]], axis=1)


def _with_interval(values: NDArray[np.float64], patients: NDArray[np.str_]) -> str:
    """Mean over ECGs and its interval over patients."""
    means = PatientBootstrap(patients).values_of(lambda weights: weights @ values / weights.sum(axis=1))
    low, high = percentile_interval(means[1:])
    return f"{means[0]:+.2f} ({low:+.2f} to {high:+.2f})"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 100)
