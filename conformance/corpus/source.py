"""Where a batch comes from: enough for any process to have it again, and for none to keep it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

from ..inputs.batch import Batch
from .corpus import BatchKey, build


@dataclass(frozen=True)
class BatchSource:
    """A batch of the corpus by its key; or one that is given: a witness, a user's own tensors, an example of the hunt.

    What is found in a batch names its source: a run has thousands of batches, and building one takes a millisecond.

    Attributes:
        key: its name.
        given: the batch itself, where it is not of the corpus.
    """

    key: BatchKey
    given: Batch | None = field(default=None, compare=False)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """Return the source of a batch that is given."""
        return cls(BatchKey(batch.function, batch.dtype, batch.name), batch)

    def batch(self) -> Batch:
        """Return the batch.

        Raises:
            ValueError: the corpus has none of that name.
        """
        return _built(self.key) if self.given is None else self.given


# The checks of a batch come one after the other, and so do its findings: few batches are asked for at a time.
_built = lru_cache(maxsize=64)(build)
