"""Why the paper's loss ranks as it does: the figures and tables of docs/why-statements.md.

python scripts/why_statements.py path/to/store path/to/work docs/images    # a store with a split; about 20 minutes on 2 cores
python scripts/why_statements.py path/to/store                             # how alike pairs of ECGs are, and nothing else: seconds

Everything is measured on the validation part: thresholds called "best" are fitted on the very ECGs that they are scored on, to show what
a ranking could give at most. Finished runs are not repeated.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from jaccardio.cohort.batches import full_batches
from jaccardio.cohort.split import load_split
from jaccardio.cohort.store import Store
from jaccardio.contrast.banks import TrainingLabels, captions
from jaccardio.contrast.losses import sigmoid, signed_sigmoid
from jaccardio.contrast.targets import jaccard
from jaccardio.evaluation.thresholds import fit_thresholds
from jaccardio.experiments.objectives import OBJECTIVES
from jaccardio.experiments.run_cache import RunCache
from jaccardio.markdown import markdown_table
from jaccardio.models.folder import load_pretrained
from jaccardio.models.scoring import finding_scores
from jaccardio.training.material import Material
from jaccardio.training.run_folder import RunFolder
from jaccardio.training.selection import macro_ranking

FOOTING = ("model.width=16", "training.epochs=12")
"""As docs/results.md compares objectives: with its --out as the work folder, those runs are taken as they are."""

COMPARED = ("siglip", "paper", "jaccard-soft", "truth")
VARIATIONS = {
    "as compared": (),
    "batch 32": ("training.batch_size=32",),
    "batch 512": ("training.batch_size=512",),
    "no warm-up": ("training.warmup=0.0",),
    "warm-up over half of the steps": ("training.warmup=0.5",),
    "a third of the epochs": ("training.epochs=4",),
    "three times the epochs": ("training.epochs=36",),
    "learning rate / 5": ("training.learning_rate=4e-4",),
    "bias started at -10": ("model.initial_bias=-10",),
    "gradients not clipped": ("training.gradient_clip=1000",),
    "the model form of truth": ("model.normalise_ecg=false", "model.bias=text", "model.initial_scale=20"),
}
VARIED = ("paper", "jaccard-soft")
SIMILARITIES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, eq=False)
class Scored:
    """A run on the validation part: labels and scores (n, k)."""

    labels: NDArray[np.int8]
    scores: NDArray[np.float64]

    def row(self) -> list[str]:
        """Macro-AUROC, macro-AUPRC, then micro-F1 at 0.5, at the best single threshold, at the best threshold of each finding."""
        auroc, auprc = macro_ranking(self.labels, self.scores)
        fitted = fit_thresholds(self.labels, self.scores)
        known = self.labels >= 0
        f1 = [f1_score(self.labels[known], fitted.decide(self.scores, policy)[known]) for policy in ("fixed", "global", "per_finding")]
        return [f"{value:.3f}" for value in (auroc, auprc, *f1)]


def main(store_path: Path, *folders: Path) -> None:
    """Prints how alike pairs are; with folders for work and images it trains what is missing, writes the pictures and prints the tables."""
    store = Store.open(store_path)
    split = load_split(store)
    assert split is not None, "the store needs a split"
    material = Material.gather(store, split)
    print_pairs(material.training_labels)
    if not folders:
        return
    work, images = folders
    images.mkdir(parents=True, exist_ok=True)
    draw_losses(images / "why-losses.png")

    runs = RunCache(work / "runs", store, split, jobs=2, device="cpu", say=lambda line: print(line, file=sys.stderr))
    wanted = [(name, "as compared") for name in COMPARED] + [
        (name, variation) for name in VARIED for variation in VARIATIONS if VARIATIONS[variation]
    ]
    trained = runs.side_by_side(lambda pair: runs.train(pair[0], OBJECTIVES[pair[0]].configure(FOOTING, VARIATIONS[pair[1]])), wanted)
    scored = {pair: score(run, material) for pair, run in zip(wanted, trained, strict=True) if run is not None}
    columns = ("macro-AUROC", "macro-AUPRC", "micro-F1 at 0.5", "at the best one threshold", "at the best threshold of each finding")
    print(*markdown_table(("objective", *columns), [[name, *scored[name, "as compared"].row()] for name in COMPARED]), sep="\n")
    for name in VARIED:
        rows = [[variation, *scored[name, variation].row()] for variation in VARIATIONS if (name, variation) in scored]
        print(*markdown_table((name, *columns), rows), sep="\n")
    draw_histograms(images / "why-scores.png", {name: scored[name, "as compared"] for name in COMPARED})


def score(run: RunFolder, material: Material) -> Scored:
    """Validation scores of a finished run."""
    batches = full_batches(material.store, material.validation_rows, 256)
    scores = finding_scores(load_pretrained(run.model).model, batches, torch.device("cpu"))
    return Scored(material.validation_labels, scores)


def print_pairs(labels: NDArray[np.int8]) -> None:
    """How often an ECG shows one finding alone, and how often two ECGs' sets are equal, half alike and so on."""
    print(f"{100 * np.mean((labels == 1).sum(axis=1) == 1):.0f} % of the training ECGs show exactly one finding.\n")
    sets = torch.from_numpy(labels)
    generator = torch.Generator().manual_seed(0)
    counts = np.zeros(5)
    for _ in range(200):
        rows = sets[torch.randperm(len(sets), generator=generator)[:128]]
        target, weight = jaccard(rows, captions(TrainingLabels(rows)))
        apart = (weight > 0) & ~torch.eye(len(rows), dtype=torch.bool)
        values = target[apart].numpy()
        counts += [
            np.sum(values == 0),
            np.sum((values > 0) & (values < 0.5)),
            np.sum(values == 0.5),
            np.sum((values > 0.5) & (values < 1)),
            np.sum(values == 1),
        ]
    shares = counts / counts.sum()
    names = ("J = 0", "0 < J < 1/2", "J = 1/2", "1/2 < J < 1", "J = 1")
    pulls = ("apart", "apart, more weakly, and no end to it", "none, ever", "together, more weakly, and no end to it", "together")
    table = zip(names, [f"{100 * share:.1f} %" for share in shares], pulls, ("-∞", "logit J", "0", "logit J", "+∞"), strict=True)
    print(*markdown_table(("pairs of two ECGs", "share", "the literal loss pulls", "the soft loss pulls z to"), table), sep="\n")


def draw_losses(file: Path) -> None:
    """Loss and gradient of one pair against its logit, literal and soft, for five similarities."""
    logits = torch.linspace(-8, 8, 161, requires_grad=True)
    figure, axes = plt.subplots(2, 2, figsize=(9, 6), sharex=True, sharey="row", layout="constrained")
    for column, (name, loss) in enumerate((("literal: -log σ((2J - 1) z)", signed_sigmoid), ("soft: softplus(z) - J z", sigmoid))):
        for similarity in SIMILARITIES:
            z = logits[:, None]
            target = torch.full_like(z, similarity)
            each = torch.stack([loss(row[None], goal[None], torch.ones(1, 1)) for row, goal in zip(z, target, strict=True)])
            (slope,) = torch.autograd.grad(each.sum(), logits)
            colour = plt.colormaps["viridis"](0.9 * similarity)
            axes[0, column].plot(logits.detach(), each.detach(), color=colour, label=f"J = {similarity:g}")
            axes[1, column].plot(logits.detach(), slope, color=colour)
        axes[0, column].set_title(name)
        axes[1, column].axhline(0, color="grey", linewidth=0.5)
        axes[1, column].set_xlabel("logit z")
    axes[0, 0].set_ylabel("loss of the pair")
    axes[1, 0].set_ylabel("gradient")
    axes[0, 1].legend()
    figure.savefig(file, dpi=110)
    plt.close(figure)


def draw_histograms(file: Path, scored: dict[str, Scored]) -> None:
    """Scores of present and absent cells on the logit scale, with the threshold 0.5 and the best one."""
    figure, axes = plt.subplots(len(scored), 1, figsize=(8, 2 * len(scored)), sharex=True, layout="constrained")
    for panel, (name, run) in zip(axes, scored.items(), strict=True):
        clipped = np.clip(run.scores, 1e-6, 1 - 1e-6)
        logits = np.log(clipped / (1 - clipped))
        bins = np.linspace(-14, 14, 113)
        for state, label, colour in ((0, "absent", "tab:blue"), (1, "present", "tab:orange")):
            panel.hist(logits[run.labels == state], bins, density=True, alpha=0.6, color=colour, label=label)
        best = fit_thresholds(run.labels, run.scores)["global"][0]
        panel.axvline(0, color="black", linewidth=1, label="0.5")
        panel.axvline(float(np.log(best / (1 - best))), color="black", linewidth=1, linestyle="--", label="best one threshold")
        panel.set_title(name, loc="left")
        panel.set_yticks([])
    axes[0].legend(ncols=4, fontsize=8)
    axes[-1].set_xlabel("logit of the score; densities of present and absent cells each sum to 1")
    figure.savefig(file, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
