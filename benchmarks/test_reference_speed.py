"""Certified truth against mpmath at 53 bits, which certifies nothing: read the ratios in brackets within a group.

The aim is a factor of four, on one core.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from logitproof.reference import Call, Enclosure, Status, enclose, function_named

ROWS, CLASSES = 500, 10


def _numbers(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Logits of ordinary size with every bit of their mantissa in use."""
    return (np.random.default_rng(seed).standard_normal(shape) * 4).astype(np.float32)


def _certified(function: str, numbers: np.ndarray, **parameters: object) -> Enclosure:
    return enclose(Call.of(function_named(function), [numbers], parameters))


def _mpmath_softmax(rows: np.ndarray) -> list[list[Any]]:
    results = []
    for row in rows.tolist():
        exponentials = [mpmath.exp(x) for x in row]
        total = mpmath.fsum(exponentials)
        results.append([e / total for e in exponentials])
    return results


UNARY: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "log_sigmoid": lambda x: -mpmath.log1p(mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
}


@pytest.mark.benchmark(group=f"softmax of {ROWS} float32 rows of {CLASSES}")
@pytest.mark.parametrize("oracle", ["certified", "mpmath"])
def test_softmax_rows(benchmark: Any, oracle: str) -> None:  # noqa: ANN401 - pytest-benchmark exports no type
    rows = _numbers(1, (ROWS, CLASSES))
    if oracle == "certified":
        result = benchmark(_certified, "softmax", rows, axis=-1)
        assert (result.status == Status.FINITE).all()
    else:
        with mpmath.workprec(53):
            assert len(benchmark(_mpmath_softmax, rows)) == ROWS


@pytest.mark.parametrize("function", sorted(UNARY))
@pytest.mark.parametrize("oracle", ["certified", "mpmath"])
def test_unary_values(benchmark: Any, oracle: str, function: str) -> None:  # noqa: ANN401 - as above
    benchmark.group = f"{function} of {ROWS * CLASSES} float32 values"
    numbers = _numbers(2, (ROWS * CLASSES,))
    if oracle == "certified":
        result = benchmark(_certified, function, numbers)
        assert (result.status == Status.FINITE).all()
    else:
        formula, inputs = UNARY[function], numbers.tolist()
        with mpmath.workprec(53):
            assert len(benchmark(lambda: [formula(x) for x in inputs])) == len(inputs)
