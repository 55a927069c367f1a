"""Randomness with names: every purpose and every place has its own stream.

A stream depends on the seed, the replication, what it is for and whom it is for, and on nothing else:
not on the order in which streams are asked for, so that one more permit office does not change the
weather, and two scenarios under the same seed meet the same luck (common random numbers).
"""

from __future__ import annotations

import hashlib

import numpy as np

from bbsim.errors import InputError, Problem

SEED_LIMIT = 2**128


class Streams:
    """Named random streams of one replication.

    Parameters
    ----------
    seed : 0 .. 2**128 - 1, the scenario's.
    replication : which of many runs of the same scenario, from 0.

    Raises
    ------
    InputError
        for a seed outside its range or a negative replication.

    Notes
    -----
    Each stream is a PCG64DXSM (O'Neill 2014, as in numpy) seeded by numpy's `SeedSequence` with the seed as
    entropy and a SHA-256 of (replication, purpose, entity) as spawn key.

    Examples
    --------
    >>> luck = Streams(7)
    >>> luck["permits", "roads"] is luck["permits", "roads"]
    True
    >>> float(Streams(7)["permits", "roads"].random()) == float(Streams(7)["permits", "rail"].random())
    False
    """

    def __init__(self, seed: int, replication: int = 0) -> None:
        if not 0 <= seed < SEED_LIMIT:
            raise InputError(
                Problem("seed", f"saw {seed}, wanted a whole number from 0 to 2^128-1", path="seed")
            )
        if replication < 0:
            raise InputError(Problem("replication", f"saw {replication}, wanted 0 or more"))
        self.seed = seed
        self.replication = replication
        self._known: dict[tuple[str, str], np.random.Generator] = {}

    def uniforms(self, purpose: str, entity: str, count: int) -> list[float]:
        """So many uniform numbers in [0, 1) for a purpose and an entity, always the same ones.

        Each is 53 bits of a SHA-256 of (seed, replication, purpose, entity, block): a counter-based generator
        (Salmon et al. 2011, with a stronger hash), forty times cheaper than a stream where few numbers are
        needed, and the same under every version of numpy.

        >>> Streams(7).uniforms("permits", "roads", 2) == Streams(7).uniforms("permits", "roads", 3)[:2]
        True
        """
        out: list[float] = []
        head = f"{self.seed}\0{self.replication}\0{purpose}\0{entity}\0".encode()
        for block in range(-(-count // 4)):
            digest = hashlib.sha256(head + str(block).encode()).digest()
            out += [(int.from_bytes(digest[i : i + 8], "big") >> 11) * 2.0**-53 for i in (0, 8, 16, 24)]
        return out[:count]

    def __getitem__(self, key: tuple[str, str]) -> np.random.Generator:
        """The stream of a purpose and an entity (its text id); the same object at every asking."""
        stream = self._known.get(key)
        if stream is None:
            stream = self._known[key] = self._make(*key)
        return stream

    def _make(self, purpose: str, entity: str) -> np.random.Generator:
        # Lengths keep ("ab", "c") and ("a", "bc") apart.
        name = f"rep {self.replication} {len(purpose)} {purpose} {len(entity)} {entity}"
        digest = hashlib.sha256(name.encode()).digest()
        words = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 32, 4))
        return np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence(self.seed, spawn_key=words)))
