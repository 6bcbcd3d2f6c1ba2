"""`Session`: the training loop.

Every step is a function of (configuration, store, split, step): batches, crops and views are drawn from (seed, step), statements
from the seed, nothing else is random after initialisation. So a run that was killed and resumed ends with the same weights, to the
bit, on the same machine and with a fixed number of threads, which else follows the machine's load (`jaccardio.threads`).
"""

import logging
import math
import time
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jaccardio.cohort.batches import Batch, TrainingBatches, full_batches
from jaccardio.cohort.split import Split
from jaccardio.cohort.store import Store
from jaccardio.contrast.banks import TrainingLabels
from jaccardio.contrast.objective import soft_truth_loss
from jaccardio.contrast.ranks import ALONE, Ranks
from jaccardio.errors import DivergenceError, UsageError
from jaccardio.files import user_cache
from jaccardio.findings.wording import Wording
from jaccardio.measurement.statements import statement_sentences
from jaccardio.models.batch_norm import share_batch_norm
from jaccardio.models.create import create_model, text_encoder_of
from jaccardio.models.ecg_model import EcgModel
from jaccardio.models.encoder import MINIMUM_SAMPLES
from jaccardio.models.folder import Pretrained
from jaccardio.models.scoring import finding_scores
from jaccardio.progress import Progress
from jaccardio.training.batch_loss import BatchLoss
from jaccardio.training.checkpoint import load_checkpoint, load_verified, remove_superseded, restore, save_best, save_checkpoint, tensors_of
from jaccardio.training.compilation import compiled_encoder
from jaccardio.training.config import TrainConfig
from jaccardio.training.evidence import fit_evidence
from jaccardio.training.feed import Feed, sent
from jaccardio.training.finish import finish_run
from jaccardio.training.first_bias import first_bias
from jaccardio.training.log import RunLog
from jaccardio.training.material import Material, StatementVectors
from jaccardio.training.optimiser import create_optimiser, learning_rate, moving_average
from jaccardio.training.precision import trains_in_bfloat16
from jaccardio.training.regularisation import Regularisation
from jaccardio.training.run_folder import DRAWN, RunFolder
from jaccardio.training.selection import Best, macro_ranking
from jaccardio.training.step_choice import StepChoice
from jaccardio.training.teacher import taught
from jaccardio.training.warm_start import start_from

logger = logging.getLogger(__name__)

CHECKPOINT_STEPS = 4
"""There is a checkpoint an epoch, and one for several epochs where these have fewer steps."""

LOG_EVERY = 20

LOOK_EVERY = {"cpu": 1, "cuda": LOG_EVERY}
"""Steps from one look at loss and gradient to the next, a divisor of `LOG_EVERY`: a GPU has to be waited for. Progress shows what was seen
last."""


class Session:
    """The objects of the loop.

    Parameters
    ----------
    source
        In a new run, the model whose weights it starts from.
    teacher
        In a new run the teacher, in one that is resumed what it said, (training rows, findings).
    compiled
        Whether steps compute the encoder as torch compiles it.
    """

    def __init__(
        self,
        store: Store,
        split: Split,
        config: TrainConfig,
        device: torch.device,
        source: Pretrained | None = None,
        teacher: Pretrained | Tensor | None = None,
        ranks: Ranks = ALONE,
        *,
        compiled: bool = False,
    ) -> None:
        self.config, self.device, self.ranks = config, device, ranks
        self.objective = config.objective.objective()
        settings, data = config.training, config.data
        self.material = material = Material.gather(
            store, split, data.hidden_findings, measured=self.objective.measured, labelled=data.labelled, seed=settings.seed
        )
        self.taught = taught(teacher, material, device) if isinstance(teacher, Pretrained) else teacher
        self.bfloat16 = trains_in_bfloat16(settings.precision, device)
        torch.manual_seed(settings.seed)
        further = statement_sentences(material.statements, config.model.language)
        encoder = text_encoder_of(config.model, material.vocabulary, user_cache(), further)
        with ranks.first_alone():  # the others find the vectors in the cache
            self.model = create_model(config.model, vocabulary=material.vocabulary, text_encoder=encoder, further=further).to(device)
        self.encode = compiled_encoder(self.model.encoder, device) if compiled else self.model.encoder
        self.both_layouts = device.type == "cpu" and not compiled
        self.together: dict[str, Any] = {}
        if ranks.size > 1:
            norms = share_batch_norm(self.model, ranks)
            self.together = {"processes": ranks.size, "batch_norm": "of all processes" if norms else "none"}
        positive_weight = material.positive_weight().to(device) if config.objective.positive_weight else None
        labels = torch.from_numpy(material.training_labels)
        wording = Wording.of(material.vocabulary)
        self.pool = self.objective.pool(TrainingLabels(labels, tuple(wording.groups), settings.seed))
        order_seed = settings.seed if config.data.caption_order == "random" else None
        with ranks.first_alone():
            self.text = StatementVectors.embed(self.pool.statements, wording, encoder, config.model.language, order_seed)
        if ranks.size > 1 and self.text.tuned is not None:
            self.text.tuned.shard(ranks.size, partial(ranks.most, device=device))
        self.loss = BatchLoss(self.objective, self.pool, self.text, positive_weight, ranks, device)
        self.regularisation = Regularisation(config.objective, labels, settings.seed, device)
        part = store.contract.samples // max(config.model.score_parts)
        if part < MINIMUM_SAMPLES:
            raise UsageError(f"model.score_parts: parts of {part} samples, encoders need {MINIMUM_SAMPLES}.")
        crop = round(config.data.crop_seconds * store.contract.sampling_rate) or None
        self.batches = TrainingBatches(
            store,
            material.training_rows,
            material.training_labels,
            settings.batch_size,
            crop,
            settings.seed,
            repeat_rare=config.data.sampling == "repeat-rare",
            augmentations=config.data.augmentations,
            share=ranks.share,
        )
        self.batch_size = len(self.batches.records(0))
        if self.batch_size < ranks.size:
            raise UsageError(
                f"a batch of {self.batch_size} ECGs gives {ranks.size} processes none. Start fewer, or set a larger batch_size."
            )
        self.checkpoint_every = math.ceil(CHECKPOINT_STEPS / self.batches.steps_per_epoch)
        self.total_steps = settings.steps or (settings.epochs or 0) * self.batches.steps_per_epoch
        if settings.warmup > self.total_steps:
            logger.warning("warm-up of %g steps, but the run has %d: the learning rate only rises.", settings.warmup, self.total_steps)
        if config.model.initial_bias == "mean-target":
            self.model.initialise_bias(first_bias(self.loss, material, self.batches, self.total_steps))
        self.started_from = start_from(source, self.model, config.model, store.contract) if source else DRAWN
        self.model.encoder.requires_grad_(not settings.frozen_encoder)
        self.optimiser = create_optimiser(self.model.parameters(), settings)
        self.average = moving_average(self.model, settings.ema) if settings.ema else None
        self.feed = Feed(self.batches, device)
        self.spoilt = torch.zeros((), dtype=torch.int64, device=device)  # number of the first step that was not finite

    def run(self, run: RunFolder, progress: Progress | None) -> dict[str, Any]:
        """Trains from the last checkpoint, or from the start, to the end."""
        best, seconds, start = Best(), 0.0, 0
        checkpoint = load_checkpoint(run.checkpoints, run.manifest.sha256)
        if checkpoint is not None:
            tensors, facts, damaged = checkpoint
            for sentence in damaged:
                logger.warning("%s", sentence)
            restore(tensors, self.model, self.optimiser, self.average)
            best, seconds, start = Best(**facts["best"]), facts["seconds"], facts["step"]
        if self.ranks.first:
            run.rewind_log(start)
        log = RunLog(run) if self.ranks.first else None
        try:
            best, seconds = self._train(run, log, best, seconds, start, progress)
            if self.ranks.first:
                self._finish(run, best, seconds)
            else:
                self._read_prompts(self.model)
            self.ranks.wait()
            return run.summary
        except DivergenceError as error:
            raise self._diverged(run, error) from error
        finally:
            if log is not None:
                log.close()

    def _train(
        self, run: RunFolder, log: RunLog | None, best: Best, seconds_before: float, start: int, progress: Progress | None
    ) -> tuple[Best, float]:
        """The steps from `start` on; returns the best epoch and the seconds of all steps."""
        began, seconds, drawn, choice = time.monotonic(), seconds_before, 0, StepChoice(both_layouts=self.both_layouts)
        metrics: dict[str, float] = {}
        for step, batch, signal in self.feed.prefetched(start, self.total_steps):
            epoch, within = divmod(step + 1, self.batches.steps_per_epoch)
            last = step + 1 == self.total_steps
            validated = last or (within == 0 and epoch % self.config.training.validate_every == 0)
            saved = last or (within == 0 and epoch % self.checkpoint_every == 0)
            looked = validated or saved or step == start or step % LOOK_EVERY[self.device.type] == 0
            with choice.step() as channels_last:
                metrics = self._step(step, batch, signal, looked, channels_last) or metrics
            drawn += self.batch_size
            seconds = seconds_before + time.monotonic() - began
            if validated:
                self._read_prompts(self._weights())
                scores = self._validation_scores(self._weights(), self.ranks)
            if log is None:
                continue
            if self._logged(step):
                log.write(step, **metrics, ecgs_per_second=drawn / (seconds - seconds_before))
            if progress is not None:
                progress(step + 1, self.total_steps, f"loss {metrics['loss']:.3f}{best.shown}")
            if validated:
                best = self._validate(run, log, step, max(epoch, 1), best, scores)
            if saved:
                self.save(run, step + 1, best, seconds)
        return best, seconds

    def save(self, run: RunFolder, step: int, best: Best, seconds: float) -> None:
        """Writes the checkpoint of a run after so many steps."""
        facts = {"best": vars(best), "seconds": seconds, "run_sha256": run.manifest.sha256}
        save_checkpoint(run.checkpoints, step, tensors_of(self.model, self.optimiser, self.average), facts)
        remove_superseded(run.checkpoints)

    def _diverged(self, run: RunFolder, error: DivergenceError) -> DivergenceError:
        """What went wrong, what is kept of the run, and what to do."""
        settings, kept = self.config.training, sorted(run.checkpoints.glob("step-*.json"))
        last = f"{kept[-1].stem}, the last checkpoint with finite weights, stays" if kept else "no checkpoint had finite weights"
        remedy = f"lower training.learning_rate (it was {settings.learning_rate:g})" + (
            " or use training.precision=fp32" if self.bfloat16 else ""
        )
        return DivergenceError(
            f"{run.path}: training diverged: {error}. No model was written; {last}. Train again into a new folder: {remedy}."
        )

    def _step(self, step: int, batch: Batch, signal: Tensor, looked: bool = True, channels_last: bool = True) -> dict[str, float]:
        """One step; what is to be seen of it where it is looked at, else nothing: a GPU goes on computing.

        Raises
        ------
        DivergenceError
            It is looked at, and this step or an earlier one, whose number is said, was not finite.
        """
        settings = self.config.training
        rate = learning_rate(step, self.total_steps, settings.learning_rate, settings.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.model.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            features = self.encode(signal, channels_last=channels_last)  # from the features on all is float32
        loss, statistics = self.loss(self.model, features, batch, self.batch_size, self._logged(step))
        everyone = self.ranks.gathered(features, self.batch_size) if self.config.objective.views else features
        auxiliary = {name: value / self.ranks.size for name, value in self.regularisation(self.model, everyone, step).items()}
        if self.material.statements:
            truth = torch.from_numpy(self.material.truths[batch.records])
            auxiliary["measured"] = self.config.objective.measured_weight * self._soft(features, self.model.statement_vectors, truth)
        if self.taught is not None:
            loss = (1 - settings.teacher_weight) * loss
            auxiliary["teacher"] = settings.teacher_weight * self._soft(features, self.model.prompt_vectors, self.taught[batch.records])
        loss = loss + sum(auxiliary.values())
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.ranks.sum_gradients(list(self.model.parameters()))
        loss, *parts = self.ranks.total(torch.stack([loss, *auxiliary.values()]).detach())
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.gradient_clip or math.inf)
        self.spoilt.masked_fill_((self.spoilt == 0) & ~(loss.isfinite() & norm.isfinite()), step + 1)
        if looked and (spoilt := int(self.spoilt)):
            raise DivergenceError(f"the loss or its gradient is not finite in step {spoilt}")
        self.optimiser.step()
        if self.average is not None:
            self.average.update_parameters(self.model)
        if not looked:
            return {}
        metrics = {"loss": loss.item(), "learning_rate": rate, "gradient_norm": norm.item()}
        if self._logged(step):
            metrics |= statistics
            metrics |= {name: value.item() for name, value in zip(auxiliary, parts, strict=True)} | self.model.logged()
        if wrong := [name for name, value in metrics.items() if not math.isfinite(value)]:
            raise DivergenceError(f"{', '.join(wrong)} not finite after step {step + 1}")
        return metrics

    def _soft(self, features: Tensor, vectors: Tensor, truth: Tensor) -> Tensor:
        """This process's part of the loss against degrees of truth (n, s) of the statements with these text vectors."""
        logits = self.model.compare(self.model.project(features), vectors)
        return soft_truth_loss(logits, sent(truth, self.device), len(self.material.vocabulary)) * (len(features) / self.batch_size)

    def _logged(self, step: int) -> bool:
        return step % LOG_EVERY == 0 or step + 1 == self.total_steps

    def _validate(self, run: RunFolder, log: RunLog, step: int, epoch: int, best: Best, scores: NDArray[np.float64]) -> Best:
        auroc, auprc = macro_ranking(self.material.validation_labels, scores)
        log.write(step, validation_macro_auroc=auroc, validation_macro_auprc=auprc, epoch=epoch)
        better = best.macro_auroc is None or (auroc is not None and auroc > best.macro_auroc)
        if self.config.training.select == "best" and not better:
            return best
        return Best(epoch, auroc, *save_best(run.checkpoints, step, self._weights().state_dict()))

    def _weights(self) -> EcgModel:
        """The weights that are validated and saved: the moving average where there is one."""
        return self.model if self.average is None else cast(EcgModel, self.average.module)

    def _validation_scores(self, model: EcgModel, ranks: Ranks = ALONE) -> NDArray[np.float64]:
        """Of the validation part (n, findings), each process scoring its share."""
        rows = self.material.validation_rows
        own = finding_scores(model, full_batches(self.material.store, rows[ranks.share(len(rows))]), self.device)
        scores = ranks.gathered(torch.from_numpy(own).to(self.device), len(rows)).cpu().numpy()
        if not np.isfinite(scores).all():
            raise DivergenceError(f"{np.count_nonzero(~np.isfinite(scores))} of {scores.size} validation scores are not finite")
        return scores

    def _read_prompts(self, model: EcgModel) -> None:
        """Prompt vectors by the adapter as it is; all processes take part, since each may hold a part of the language model."""
        if self.text.tuned is not None:
            self.text.tuned.adapter = model.adapter
            prompts = self.material.vocabulary.prompts(self.config.model.language)
            model.prompt_vectors.copy_(torch.from_numpy(self.text.tuned.encode(prompts)))

    def _finish(self, run: RunFolder, best: Best, seconds: float) -> dict[str, Any]:
        """Ends the run with the chosen weights."""
        self.model.load_state_dict(load_verified(run.checkpoints / best.file, best.sha256), strict=True)
        self._read_prompts(self.model)
        material = self.material
        scores, weights = self._validation_scores(self.model), None
        if self.config.model.evidence:
            self.model.evidence, weights = fit_evidence(self.model, material, scores)
            scores = self._validation_scores(self.model)
        summary = {
            "preset": self.config.preset,
            "seed": self.config.training.seed,
            "started_from": run.environment["started_from"],
            "epoch": best.epoch,
            "selected_by": self.config.training.select,
            "validation_macro_auroc": macro_ranking(material.validation_labels, scores)[0],
            "evidence": weights,
            "steps": self.total_steps,
            "seconds": round(seconds, 1),
            "ecgs_per_second": round(self.total_steps * self.config.training.batch_size / seconds, 1) if seconds else None,
            "device": self.device.type,
            "precision": "bf16" if self.bfloat16 else "fp32",
            "training_records": len(material.training_rows),
            "findings_left_out": list(material.left_out),
            "store": material.store.fingerprint,
        }
        partial_leads = self.config.data.lead_masking > 0
        trained = Pretrained(
            self.model, (self.config.model,), material.vocabulary, material.statements, material.store.contract, partial_leads
        )
        rows, labels = material.validation_rows, material.validation_labels
        return finish_run(run, trained, material.store, rows, labels, scores, self.device, summary)
