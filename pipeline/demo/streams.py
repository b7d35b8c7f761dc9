"""Independent random streams, named: the same for a clip whoever computes it, and in whatever order."""

import hashlib

import numpy as np


def stream(seed: int, *names: str) -> np.random.Generator:
    """Return the generator that belongs to a seed and a path of names.

    The names are hashed with SHA-256: Python's own `hash` differs from one process to the next.
    """
    digest = hashlib.sha256("\0".join(names).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:16], "big")])
