"""A batch: the exact inputs of one call, many cases at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from logitproof.reference import LITERAL, Call, Function, function_named


@dataclass(frozen=True)
class Batch:
    """The exact inputs of one call of one function, in one dtype.

    Attributes:
        function: canonical name, e.g. "softmax".
        dtype: the format of every real array: "float16", "bfloat16", "float32" or "float64".
        input_class: which corner of the input space the cases come from, e.g. "overflow".
        name: unique within function, dtype and corpus, e.g. "overflow/n=10"; stable from release to release.
        arguments: the positional arguments in signature order: real arrays in `dtype`'s storage, index labels int64.
        parameters: the keywords of the call: `axis` wherever the signature has it, any other keyword only when it
            differs from the default. `weight` and `pos_weight` are arrays in `dtype`'s storage; everything else is a
            plain int, float or str.
        cotangent: what the gradient is multiplied with, in `dtype`'s storage, of the shape of the value.
        layout: how the real arguments lie in memory: "contiguous", "transposed" or "sliced".
    """

    function: str
    dtype: str
    input_class: str
    name: str
    arguments: tuple[np.ndarray, ...]
    parameters: Mapping[str, object]
    cotangent: np.ndarray
    layout: str = "contiguous"

    @property
    def spec(self) -> Function:
        """The catalogue entry of the function."""
        return function_named(self.function)

    def call(self, quantity: str, definition: str = LITERAL) -> Call:
        """What the reference is asked: one quantity of it, under one definition.

        Raises:
            ValueError: the arrays or the options do not fit the function.
        """
        cotangent = None if quantity == "value" else self.cotangent
        return Call.of(
            self.spec, self.arguments, self.parameters, quantity=quantity, cotangent=cotangent, definition=definition
        )

    @property
    def is_reduced(self) -> bool:
        """Whether the call reduces the whole batch to one number: then the batch is one case."""
        return self.parameters.get("reduction", "none") != "none"
