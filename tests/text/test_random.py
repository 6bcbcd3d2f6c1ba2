"""The control."""

import numpy as np

from jaccardio.text.random import RandomVectors


def test_vectors_are_fixed_unit_and_unrelated() -> None:
    encoder = RandomVectors()
    vectors = encoder.encode(["This ECG shows A.", "This ECG shows B.", "This ECG shows A."])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors[0], vectors[2])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert abs(vectors[0] @ vectors[1]) < 0.25
    assert np.allclose(vectors[0, :3], [-0.0331885, -0.0342, 0.04108786], atol=1e-7)  # stored models hold these: they may never change


def test_fingerprint_follows_the_dimension() -> None:
    assert RandomVectors(8).fingerprint != RandomVectors(16).fingerprint
    assert RandomVectors(8).encode([]).shape == (0, 8)
