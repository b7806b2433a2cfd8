"""A recipe: what one batch of the corpus is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """What one batch of one function and format is made of.

    Attributes:
        input_class: the class its checks are listed under.
        shape: the shape of the real arguments.
        axis: along which rows run; None for an element-wise function.
        profile: the smallest profile that has the batch.
        layout: how the real arguments lie in memory.
        cotangent: "random", "ones" or "zeros".
        content: the generator of the values, where it is not the one of the input class.
        labels: "varied", "unnormalised", "special" (on masks, zeros and NaN) or "ignored".
        options: alternatives of the function's keywords, e.g. ("weight", "reduction=mean").
        part: more of the same, with other random numbers.
    """

    input_class: str
    shape: tuple[int, ...]
    axis: int | None
    profile: str = "ci"
    layout: str = "contiguous"
    cotangent: str = "random"
    content: str = ""
    labels: str = "varied"
    options: tuple[str, ...] = ()
    part: int = 1

    @property
    def generator(self) -> str:
        """The generator of the values."""
        return self.content or self.input_class

    @property
    def row_length(self) -> int:
        """The number of entries of a row: 1 for an element-wise function."""
        return 1 if self.axis is None else self.shape[self.axis]

    @property
    def rows(self) -> int:
        """The number of rows: of elements for an element-wise function."""
        return math.prod(self.shape) // self.row_length

    @property
    def position(self) -> int:
        """The axis counted from the first dimension; 0 for an element-wise function, whose shape has no rows."""
        return 0 if self.axis is None else self.axis % len(self.shape)

    @property
    def outer_shape(self) -> tuple[int, ...]:
        """The shape without the axis."""
        return self.shape[: self.position] + self.shape[self.position + 1 :]

    @property
    def name(self) -> str:
        """What the batch is called within its function and format, e.g. "overflow/n=10"."""
        shape = "x".join(map(str, self.shape))
        if self.axis is None:
            size = f"size={shape}"
        elif len(self.shape) == 2 and self.axis == -1:
            size = f"n={self.row_length}"
        else:
            size = f"{shape},axis={self.axis}"
        details = (
            "" if self.layout == "contiguous" else self.layout,
            "" if self.cotangent == "random" else f"cotangent={self.cotangent}",
            self.content,
            "" if self.labels == "varied" else f"labels={self.labels}",
            ",".join(self.options),
            "" if self.part == 1 else f"part={self.part}",
        )
        return "/".join([self.input_class, size, *filter(None, details)])
