"""Choices: what a generator asks for, whoever answers: a hash, or a search that shrinks what it finds."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Choices(Protocol):
    """Answers the questions of a generator; generators ask so that the first answer makes the simplest thing."""

    def integer(self, low: int, high: int) -> int:
        """Return an integer with low ≤ k ≤ high; the simplest is `low`."""

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options; the simplest is the first."""


class Seeded:
    """Choices that belong to a key: equal keys give equal answers, on every machine and version of Python."""

    def __init__(self, *key: object) -> None:
        """Begin the answers that belong to `key`: its parts are told apart by their text."""
        digest = hashlib.sha256("\0".join(map(str, key)).encode()).digest()
        # Of the Mersenne Twister only the bits are asked for: Python promises them, and nothing above them.
        self._bits = random.Random(int.from_bytes(digest, "little")).getrandbits  # noqa: S311 - no secret

    def integer(self, low: int, high: int) -> int:
        """Return an integer with low ≤ k ≤ high, each as likely as any other."""
        span = high - low
        while (drawn := self._bits(span.bit_length()) if span else 0) > span:
            pass
        return low + drawn

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options, each as likely as any other."""
        return options[self.integer(0, len(options) - 1)]
