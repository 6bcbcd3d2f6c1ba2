"""What a cohort costs on many GPUs: minutes, memory, storage and network, reckoned from measured figures and stated assumptions.

    python scripts/plan_scale.py --preset paper --ecgs 800000 --machines 8 --gpus 8 --batch 32768 --epochs 100

Nothing is trained. Arithmetic, parameters and layers are counted on the preset's own encoder. Ingest, crops and bytes an ECG are measured
(docs/performance.md); a GPU's share of its peak was never measured here, so the plan holds for three of them, until `--training` gives
the training ECGs/s of one GPU that `scripts/on_accelerator.sh` printed.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from torch import nn

from jaccardio.contrast.chunks import PAIRS_AT_ONCE
from jaccardio.contrast.ranks import Ranks
from jaccardio.experiments.benches.steps import BACKWARD, counted, forward_flops
from jaccardio.models.encoder import EcgEncoder
from jaccardio.training.config import TrainConfig, load_preset

BANKS_OF_RECORDS = ("captions", "subsets", "false_captions")
"""Banks with a statement for each ECG; the others have one for each finding, or fewer."""

LEADS, BYTES_A_SAMPLE, FLOAT = 12, 2, 4
MATRICES = 10
"""Matrices of logits that a loss keeps, see `PAIRS_AT_ONCE`."""

COPIES = 4
"""Of the weights: themselves, gradients, two moments of Adam."""

MINUTE, GIB = 60, 2**30


@dataclass(frozen=True)
class Machine:
    """What is measured or assumed of the machines.

    Attributes
    ----------
    machines, gpus, cores
        How many; GPUs and cores of each machine.
    ingest
        ECGs/s of one core (measured).
    crop_bytes
        Bytes/s that one process reads as random crops (measured).
    row_bytes
        Bytes of an ECG in a store beside its signal (measured).
    peak, float32_peak
        FLOP/s of a GPU, bf16 matrices and float32 (data sheet).
    link
        Bytes/s that a process sends and receives (assumed).
    latency
        Seconds a collective takes however little it sends (assumed).
    """

    machines: int
    gpus: int
    cores: int
    ingest: float
    crop_bytes: float
    row_bytes: float
    peak: float
    float32_peak: float
    link: float
    latency: float

    @property
    def processes(self) -> int:
        return self.machines * self.gpus


@dataclass(frozen=True)
class Work:
    """What there is to do, and what the encoder needs for it.

    Attributes
    ----------
    ecgs, batch, epochs, validations
        ECGs in training, those in a batch of all processes, and how often a tenth as many are validated.
    findings
        In the vocabulary.
    banks_of_records, banks_of_findings
        Banks of statements with one for each ECG of a batch, and with one for each finding.
    embedding
        Width of the vectors that are compared.
    samples, crop
        Of a stored ECG and of a crop.
    parameters, channels, norms
        Of the model, those of its batch norms, and their number.
    forward, forward_whole
        FLOP of a crop and of a stored ECG.
    activations
        Bytes that a crop's layers leave for the backward pass, in bfloat16.
    """

    ecgs: int
    batch: int
    epochs: int
    validations: int
    findings: int
    banks_of_records: int
    banks_of_findings: int
    embedding: int
    samples: int
    crop: int
    parameters: int
    channels: int
    norms: int
    forward: float
    forward_whole: float
    activations: float

    @property
    def statements(self) -> int:
        """Against each batch."""
        return self.banks_of_records * self.batch + self.banks_of_findings * self.findings

    @classmethod
    def of(cls, config: TrainConfig, ecgs: int, batch: int, epochs: int, findings: int, text: int) -> "Work":
        """Counts on the encoder of a configuration; `text` is the width of the language model's vectors."""
        encoder, rate = EcgEncoder(config.model), config.data.sampling_rate
        samples = round(10 * rate)
        crop = round(config.data.crop_seconds * rate) or samples
        norms = [module for module in encoder.modules() if isinstance(module, nn.BatchNorm2d)]
        embedding = config.model.embedding or encoder.features
        banks = config.objective.objective().banks
        of_records = sum(bank in BANKS_OF_RECORDS for bank in banks)
        return cls(
            ecgs=ecgs,
            batch=batch,
            epochs=epochs,
            validations=max(1, epochs // config.training.validate_every),
            findings=findings,
            banks_of_records=of_records,
            banks_of_findings=len(banks) - of_records,
            embedding=embedding,
            samples=samples,
            crop=crop,
            parameters=sum(weight.numel() for weight in encoder.parameters()) + (encoder.features + text) * embedding,
            channels=sum(norm.num_features for norm in norms),
            norms=len(norms),
            forward=forward_flops(encoder, crop),
            forward_whole=forward_flops(encoder, samples),
            activations=counted(encoder, crop, lambda _, outputs: outputs) * 2,
        )


def network(work: Work, processes: int) -> dict[str, float]:
    """Bytes that one process sends, and as many that it receives, in a step: each part gathered or summed in a ring."""
    gathered, summed = (processes - 1) / processes, 2 * (processes - 1) / processes
    text = work.statements * (work.embedding + 1) * FLOAT
    sets = work.batch * work.findings + work.statements * (work.findings + 2) + work.batch * 8
    return {
        "text vectors": text * (gathered + summed),
        "finding sets": sets * gathered,
        "gradients": work.parameters * FLOAT * summed,
        "batch norm": 2 * (2 * work.channels + work.norms) * FLOAT * summed,
    }


def collectives(work: Work) -> int:
    """Of a step: vectors and biases there and back, labels, places and three parts of statements; four a batch norm; gradients and loss."""
    return 2 * 2 + 2 + 3 + 4 * work.norms + 2


def memory(work: Work, processes: int) -> dict[str, float]:
    """Bytes on a GPU; what libraries and the allocator take comes on top."""
    own = max(len(range(*Ranks(rank, processes).share(work.batch).indices(work.batch))) for rank in (0, processes - 1))
    return {
        "weights, gradients, Adam": COPIES * work.parameters * FLOAT,
        "activations": own * work.activations,
        "pairs": MATRICES * min(own * work.statements, max(PAIRS_AT_ONCE, work.statements)) * FLOAT,
        "statements": work.statements * (2 * (work.embedding + 1) * FLOAT + work.findings + 2),
    }


def minutes(work: Work, machine: Machine, share: float, training: float | None = None) -> dict[str, float]:
    """Minutes of ingest, of training with its parts, and of validation, of which each process does its share.

    Parameters
    ----------
    share
        Of a GPU's peak that training and scoring reach.
    training
        Measured training ECGs/s of one GPU, in place of the share.
    """
    steps = work.epochs * (work.ecgs // work.batch)
    own = work.batch / machine.processes
    computing = own / (training or share * machine.peak / (BACKWARD * work.forward))
    reading = own * LEADS * work.crop * BYTES_A_SAMPLE / machine.crop_bytes
    sending = sum(network(work, machine.processes).values()) / machine.link
    if machine.processes > 1:
        sending += collectives(work) * machine.latency
    scored = max(work.forward_whole / (share * machine.float32_peak), LEADS * work.samples * BYTES_A_SAMPLE / machine.crop_bytes)
    parts = {"computing": computing * steps, "reading": reading * steps, "network": sending * steps}
    found = {
        "ingest": work.ecgs / (machine.ingest * machine.cores * machine.machines),
        **parts,
        "training": (max(computing, reading) + sending) * steps,
        "validation": work.validations * work.ecgs / 10 / machine.processes * scored,
    }
    return {name: seconds / MINUTE for name, seconds in found.items()}


def storage(work: Work, machine: Machine) -> float:
    """Bytes of the store."""
    return work.ecgs * (LEADS * work.samples * BYTES_A_SAMPLE + machine.row_bytes)


def plan(work: Work, machine: Machine, shares: Sequence[float], training: float | None = None) -> list[str]:
    """The lines of the plan: what is needed, minutes at each share, and how they grow."""
    sent, held = network(work, machine.processes), memory(work, machine.processes)
    columns = [minutes(work, machine, share, training) for share in shares]
    told = ["measured"] if training else [f"assumed {share:.0%} of peak" for share in shares]
    lines = [
        f"{work.ecgs} ECGs of {work.samples} samples, {work.epochs} epochs of {work.ecgs // work.batch} steps, batches of {work.batch} "
        f"against {work.statements} statements, {machine.machines} x {machine.gpus} GPUs",
        f"a training ECG: {BACKWARD * work.forward / 1e9:.1f} GFLOP; the model: {work.parameters / 1e6:.1f} M parameters",
        f"store: {storage(work, machine) / 1e9:.0f} GB",
        f"memory a GPU: {sum(held.values()) / GIB:.1f} GiB{_parts(held, GIB, 'GiB')}",
        f"network a step and process, each way: {sum(sent.values()) / 1e6:.1f} MB"
        + _parts(sent, 1e6, "MB")
        + f"; {collectives(work)} collectives",
        "",
        _row("minutes", told),
    ]
    lines += [_row(name, [f"{column[name]:.2f}" for column in columns]) for name in columns[0]]
    lines += ["", _row("twice as much of", ["minutes of training", "memory a GPU", "network a step", "store"])]
    middle = shares[len(shares) // 2]
    for name, grown in growths(work).items():
        now, then = (
            (
                minutes(one, machine, middle, training)["training"],
                sum(memory(one, machine.processes).values()),
                sum(network(one, machine.processes).values()),
                storage(one, machine),
            )
            for one in (work, grown)
        )
        lines.append(_row(name, [f"x {after / before:.2f}" if before else "none" for before, after in zip(now, then, strict=True)]))
    return lines


def growths(work: Work) -> dict[str, Work]:
    """The work with twice the cohort, batch, length or findings; what a convolution needs goes with the length."""
    return {
        "cohort": replace(work, ecgs=2 * work.ecgs),
        "batch": replace(work, batch=2 * work.batch),
        "length": replace(
            work,
            samples=2 * work.samples,
            crop=2 * work.crop,
            forward=2 * work.forward,
            forward_whole=2 * work.forward_whole,
            activations=2 * work.activations,
        ),
        "findings": replace(work, findings=2 * work.findings),
    }


def _parts(of: dict[str, float], unit: float, name: str) -> str:
    return " (" + ", ".join(f"{part} {value / unit:.2g}" for part, value in of.items()) + f" {name})"


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:<18}" + "".join(f"{cell:>22}" for cell in cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--preset", default="paper")
    add("--ecgs", type=int, default=800_000, help="in training")
    add("--epochs", type=int, help="without it those of the preset")
    add("--batch", type=int, default=32_768, help="of all processes together")
    add("--findings", type=int, default=98)
    add("--text", type=int, default=4096, help="width of the language model's vectors (Qwen3-8B: 4096)")
    add("--machines", type=int, default=8)
    add("--gpus", type=int, default=8, help="of each machine")
    add("--cores", type=int, default=64, help="of each machine, for ingest")
    add("--ingest", type=float, default=63.0, help="ECGs/s of one core (docs/performance.md)")
    add("--crops", type=float, default=18_450.0, help="crops/s of 12 x 750 of one process (docs/performance.md)")
    add("--row-bytes", type=float, default=153.0, help="of an ECG in a store beside its signal (900 simulated ECGs)")
    add("--training", type=float, help="training ECGs/s of one GPU, measured by scripts/on_accelerator.sh")
    add("--shares", type=float, nargs="+", default=[0.1, 0.2, 0.36], help="of the peak, where nothing was measured")
    add("--peak", type=float, default=989e12, help="FLOP/s in bf16 of one GPU (H200, data sheet, dense)")
    add("--float32-peak", type=float, default=67e12, help="the same in float32, in which scoring is done")
    add("--link", type=float, default=50e9, help="bytes/s of one process's network link (assumed: 400 Gbit/s)")
    add("--latency", type=float, default=50e-6, help="seconds of one collective that sends little (assumed)")
    asked = parser.parse_args()
    config = load_preset(asked.preset)
    if not (epochs := asked.epochs or config.training.epochs):
        parser.error(f"--epochs: preset {asked.preset} counts steps.")
    if asked.batch > asked.ecgs or asked.batch < asked.machines * asked.gpus:
        parser.error("--batch: more than the cohort, or fewer ECGs than processes.")
    asked.crop_bytes = asked.crops * LEADS * 750 * BYTES_A_SAMPLE
    machine = Machine(**{field.name: getattr(asked, field.name) for field in fields(Machine)})
    work = Work.of(config, asked.ecgs, asked.batch, epochs, asked.findings, asked.text)
    print("\n".join(plan(work, machine, asked.shares[:1] if asked.training else asked.shares, asked.training)))


if __name__ == "__main__":
    main()
