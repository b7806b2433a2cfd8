"""The bound on what the entries of a row do not share: it holds for machines that really round, at any width."""

from __future__ import annotations

import numpy as np
import pytest
from exact_calls import called, enclosed
from simulated_machine import NOISES, Simulated

from logitproof.reference import FORMATS, error_bounds, spread_bound

WIDE = 4097


def _rows(random, dtype, n):
    scale = random.choice((0.1, 1.0, 4.0, 12.0), (12, 1))
    return (random.standard_normal((12, n)) * scale).astype(FORMATS[dtype].numpy_dtype)


def _divided(x):
    terms = (x - x.maximum()).exp()
    return terms / terms.sum()


def _exponentiated(x):
    return _subtracted(x).exp()


def _subtracted(x):
    shifted = x - x.maximum()
    return shifted - shifted.exp().sum().log()


def _blocks(x):
    """Every block of 16 shifted by its own maximum first, then rescaled to that of the row."""
    wide = x.value
    block_maxima = np.repeat(np.maximum.reduceat(wide, np.arange(0, wide.shape[-1], 16), axis=-1), 16, axis=-1)
    block_maxima = x.constant(block_maxima[:, : wide.shape[-1]])
    terms = (x - block_maxima).exp() * (block_maxima - x.maximum()).exp()
    return terms / terms.sum()


def _excess(function, computed, logits, bound, dtype):
    """The largest error up to the best c of a row, over the bound with the final rounding."""
    exact = enclosed(function, [logits], {"axis": -1}, quantity="value", dtype="float64")
    truth = np.ldexp(exact.hi + exact.lo, exact.exponent.astype(np.int32))
    fmt = FORMATS[dtype]
    radius = bound + np.maximum(fmt.unit_roundoff * np.abs(computed), fmt.quantum / 2)
    # Some c must fit all entries of a row: the intervals that the entries leave it must meet.
    if function == "softmax":
        positive = truth > 0
        low = np.where(positive, (computed - radius) / np.where(positive, truth, 1), -np.inf)
        high = np.where(positive, (computed + radius) / np.where(positive, truth, 1), np.inf)
    else:
        low, high = computed - radius - truth, computed + radius - truth
    return bool((low.max(axis=-1) > high.min(axis=-1) * (1 + 1e-12) + 1e-300).any())


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize(
    ("function", "algorithm"),
    [("softmax", _divided), ("softmax", _exponentiated), ("softmax", _blocks), ("log_softmax", _subtracted)],
)
def test_no_simulated_row_exceeds_the_bound_on_its_spread(function, algorithm, dtype, noise):
    random = np.random.default_rng(3)
    for n in (2, 3, 10, 33, 1000):
        logits = _rows(random, dtype, n)
        with np.errstate(all="ignore"):
            machine = Simulated(FORMATS[dtype], NOISES[noise], random)
            computed = algorithm(machine.exact(logits)).value
        bound = spread_bound(called(function, [logits], {"axis": -1})).textbook
        assert not _excess(function, computed, logits, bound, dtype), n


@pytest.mark.parametrize("function", ["softmax", "log_softmax"])
def test_the_spread_of_a_wide_row_is_bounded_far_below_its_error(function):
    logits = np.zeros((1, 262_144), np.float32)
    alone = error_bounds(called(function, [logits], {"axis": -1})).textbook
    spread = spread_bound(called(function, [logits], {"axis": -1})).textbook
    assert spread.max() * 1000 < alone.max()


def test_a_row_whose_entries_differ_by_more_than_the_bound_is_noticed():
    logits = np.zeros((1, WIDE), np.float32)
    computed = np.full((1, WIDE), 1 / WIDE)
    bound = spread_bound(called("softmax", [logits], {"axis": -1})).textbook
    assert not _excess("softmax", computed, logits, bound, "float32")
    computed[0, -1] *= 1 + 2.0**-17
    assert _excess("softmax", computed, logits, bound, "float32")


def test_functions_whose_entries_share_nothing_are_refused():
    with pytest.raises(ValueError, match="logsumexp share nothing"):
        spread_bound(called("logsumexp", [np.zeros((1, 2), np.float32)], {"axis": -1}))
