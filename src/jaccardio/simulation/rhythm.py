"""When a simulated heart beats, and from where each beat comes."""

import numpy as np
from numpy.typing import NDArray

from jaccardio.simulation.heart import Heart

SHORTEST_CONDUCTED_SECONDS = 0.36


def beat_times(heart: Heart, start: float, stop: float, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Times of beats between `start` and `stop` seconds, ascending, and which of them are ectopic (ventricular).

    Ectopic beats lie between 0 and 10 s where the recorder sees them.
    """
    conducted = _conducted(heart, start, stop, rng)
    ectopic = _ectopic(heart, conducted, rng)
    if ectopic.size:
        conducted = _pause(conducted, ectopic, 60 / heart.rate)
    times = np.concatenate([conducted, ectopic])
    order = np.argsort(times)
    return times[order], (np.arange(times.size) >= conducted.size)[order]


def _conducted(heart: Heart, start: float, stop: float, rng: np.random.Generator) -> NDArray[np.float64]:
    mean = 60 / heart.rate
    count = int((stop - start) / min(mean, 0.6) * 2) + 4
    if heart.pacing:
        intervals = np.full(count, mean)
    elif heart.fibrillating:
        intervals = np.maximum(rng.normal(mean, 0.22 * mean, count), SHORTEST_CONDUCTED_SECONDS)
    else:
        breathing = 0.025 * np.sin(2 * np.pi * 0.25 * mean * np.arange(count) + rng.uniform(0, 2 * np.pi))
        intervals = mean * (1 + breathing + rng.normal(0, 0.008, count))
    times = start + rng.uniform(0, mean) + np.concatenate([[0.0], np.cumsum(intervals)])
    return times[times < stop]


def _ectopic(heart: Heart, conducted: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Times of ectopic beats: each follows a conducted beat at the coupling interval."""
    coupling = rng.uniform(0.52, 0.62) * 60 / heart.rate
    seen = np.flatnonzero((conducted > 0.3) & (conducted < 8.6))
    if heart.run:
        cycle = 60 / rng.uniform(140, 200)
        first = conducted[rng.choice(seen[: max(1, seen.size // 3)])] + coupling
        return np.asarray(first + cycle * np.arange(heart.run) * (1 + rng.normal(0, 0.01)))
    if heart.bigeminy:
        return np.asarray(conducted[seen[0] % 2 :: 2] + coupling)
    wanted = heart.ectopic_beats + int(heart.couplet)
    if not wanted:
        return np.empty(0)
    slots = seen[rng.integers(0, 2) :: 3][: 1 + (seen.size - 1) // 3]
    after = np.sort(rng.choice(slots, size=min(wanted, slots.size), replace=False))
    times = conducted[after] + coupling
    if heart.couplet:
        second = times[rng.integers(times.size)] + rng.uniform(0.38, 0.46)
        times = np.sort(np.append(times, second))
    return np.asarray(times)


def _pause(conducted: NDArray[np.float64], ectopic: NDArray[np.float64], interval: float) -> NDArray[np.float64]:
    """Conducted beats that remain: an ectopic beat leaves the ventricle refractory for the next one (compensatory pause)."""
    previous = np.searchsorted(ectopic, conducted, side="right") - 1
    since = np.where(previous >= 0, conducted - ectopic[np.maximum(previous, 0)], np.inf)
    following = np.minimum(previous + 1, ectopic.size - 1)
    until = np.where(ectopic[following] >= conducted, ectopic[following] - conducted, np.inf)
    return conducted[(since > 0.75 * interval) & (until > 0.3)]
