"""What is wrong, whatever function has it: the kinds of mistakes. Each is stated once, where its first formula is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class KernelPart(Enum):
    """What a mistake is in; in one format a part of a kernel has one mistake, so two exclude each other."""

    FORMULA = "formula"
    ARITHMETIC = "arithmetic"
    SMOOTHING = "label smoothing"
    MEAN = "mean"
    LABEL = "label"
    POSITIVE_TERM = "positive term"


@dataclass(frozen=True, order=True)
class MistakeKind:
    """What is wrong with a kernel, in a few words, and how that stands to what else may be wrong with it.

    Kinds are the same, and sorted, by their names alone: no name has two.

    Attributes:
        name: as causes tell it, e.g. "log of softmax" or "probabilities clipped to 1e-7".
        part: the part of a kernel that has it; None where it may stand beside any other.
        is_of_rounding: whether it makes rounding errors larger, and gives what is right but for them.
        is_standard: whether standard algorithms have it, where better ones exist.
        parameter: what of the name differs between the kinds of one family, e.g. "1e-7"; None where it has no other.
        covers: families that say the same in more words where they explain the same: what a clip that never acts
            leaves is what is there without it.
    """

    name: str
    part: KernelPart | None = field(compare=False)
    is_of_rounding: bool = field(default=False, compare=False)
    is_standard: bool = field(default=False, compare=False)
    parameter: str | None = field(default=None, compare=False)
    covers: tuple[str, ...] = field(default=(), compare=False)

    @property
    def family(self) -> str:
        """The name with … for its parameter."""
        return self.name if self.parameter is None else self.name.replace(self.parameter, "…")
