"""How far two hospitals' ECGs lie apart in a model's embedding: the Fréchet distance, beside the same distance within one hospital.

The Fréchet distance rather than the AUROC of a classifier that tells the hospitals apart: filters and devices mostly give the hospital
away, so that AUROC stands near 1 and says nothing of how far. The distance has no natural unit and, estimated from few ECGs, is above zero
even between two halves of one cohort; so it is always given with that of random halves of the home ECGs, from equally many ECGs.
"""

import numpy as np
from numpy.typing import NDArray

from jaccardio.errors import DataError

REPETITIONS = 20


def frechet_distance(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Squared Fréchet (2-Wasserstein) distance of the Gaussians with the means and covariances of two samples, (n, d) and (m, d).

    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) (Dowson & Landau 1982; as FID in Heusel et al. 2017, arXiv:1706.08500). The trace of the
    root is taken from the eigenvalues of S1^(1/2) S2 S1^(1/2), which is symmetric.

    Raises
    ------
    DataError
        A sample has fewer than two rows.
    """
    if min(len(first), len(second)) < 2:
        raise DataError(f"Fréchet distance: samples of {len(first)} and {len(second)} ECGs; each needs two.")
    one, other = first.astype(np.float64), second.astype(np.float64)
    gap = one.mean(axis=0) - other.mean(axis=0)
    covariance, theirs = (np.atleast_2d(np.cov(sample, rowvar=False)) for sample in (one, other))
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(values.clip(min=0)) @ vectors.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ theirs @ root).clip(min=0)).sum()
    return float(gap @ gap + np.trace(covariance) + np.trace(theirs) - 2 * shared)


def measure_drift(
    home: NDArray[np.floating],
    home_patients: NDArray[np.str_],
    external: NDArray[np.floating],
    external_patients: NDArray[np.str_],
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Draws random halves of the home patients and equally many external ECGs, patients whole as far as the number allows.

    Parameters
    ----------
    home, external
        (n, d) and (m, d) embeddings.
    home_patients, external_patients
        (n,) and (m,) patient keys.

    Returns
    -------
    tuple
        Distances over random draws, (draws,) each: from half of the home ECGs to external ECGs, and from that half to the other half of
        the home ECGs; and the ECGs on either side of each distance.

    Raises
    ------
    DataError
        Fewer than two ECGs would stand on a side.
    """
    between, within, sizes = [], [], []
    for draw in range(REPETITIONS):
        random = np.random.default_rng([0, draw])
        order = by_random_patients(home_patients, random)
        keys = home_patients[order]
        begun = np.cumsum(np.append(True, keys[1:] != keys[:-1]))  # patients up to each row
        middle = int(np.searchsorted(begun, begun[-1] // 2, side="right"))
        others = external[by_random_patients(external_patients, random)]
        size = min(middle, len(order) - middle, len(others))
        near, far = home[order[:middle]][:size], home[order[middle:]][:size]
        within.append(frechet_distance(near, far))
        between.append(frechet_distance(near, others[:size]))
        sizes.append(size)
    return np.array(between), np.array(within), min(sizes)


def by_random_patients(patients: NDArray[np.str_], random: np.random.Generator) -> NDArray[np.int64]:
    """Rows (n,) with patients in random order, each patient's rows together."""
    keys, patient = np.unique(patients, return_inverse=True)
    return np.argsort(random.permutation(len(keys))[patient], kind="stable").astype(np.int64)
