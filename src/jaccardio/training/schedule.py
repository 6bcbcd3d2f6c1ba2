"""Learning rate over a run: linear warm-up, then cosine to zero."""

import math


def learning_rate(step: int, total_steps: int, peak: float, warmup: float) -> float:
    """Learning rate of one step.

    Parameters
    ----------
    step
        0-based.
    warmup
        Below 1 a share of all steps, else a number of steps; never longer than the run.
    """
    warmup_steps = min(round(warmup * total_steps) if warmup < 1 else int(warmup), total_steps)
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup_steps) / max(1, total_steps - warmup_steps)))
