"""Simpler inputs of a property: what is left to try once a search has shrunk them by its own choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..checking.property import PropertyInputs

MOST_TRIES = 400
"""So often a simpler input is tried: enough for a row of some thirty numbers."""

_BITS = (1, 2, 3, 4, 6, 8, 12)
"""To so many significant bits a number is rounded, to see whether the property is still broken."""

Breaks = Callable[[PropertyInputs], bool]


def simpler(given: PropertyInputs, breaks: Breaks) -> PropertyInputs:
    """Return inputs that still break a property: one case, few classes, short numbers, as far as single steps reach.

    Args:
        given: inputs that break it.
        breaks: whether other inputs belong to its domain and break it alike.
    """
    tries = [MOST_TRIES]

    def first(candidates: Iterator[PropertyInputs]) -> PropertyInputs | None:
        for candidate in candidates:
            tries[0] -= 1
            if tries[0] < 0:
                return None
            if breaks(candidate):
                return candidate
        return None

    before = None
    while given is not before:
        before = given
        for steps in (_single_cases, _fewer_classes, _shorter_numbers):
            while (better := first(steps(given))) is not None:
                given = better
    return given


def _single_cases(given: PropertyInputs) -> Iterator[PropertyInputs]:
    if given.cases > 1:
        yield from (given.case(index) for index in range(given.cases))


def _fewer_classes(given: PropertyInputs) -> Iterator[PropertyInputs]:
    """Leave out classes: most of them at first, then one at a time."""
    classes = max((x.shape[-1] for x in given.arrays.values() if _has_classes(x)), default=1)
    size = classes // 2
    while size:
        for start in range(0, classes, size):
            gone = list(range(start, min(start + size, classes)))
            if len(gone) < classes and (fewer := _without(given, gone, classes)) is not None:
                yield fewer
        size //= 2


def _has_classes(array: np.ndarray) -> bool:
    return array.ndim > 1


def _without(given: PropertyInputs, gone: list[int], classes: int) -> PropertyInputs | None:
    """Return the inputs without some classes; None where a label names one of them."""
    arrays: dict[str, np.ndarray] = {}
    for name, array in given.arrays.items():
        if array.dtype.kind != "i":
            arrays[name] = np.delete(array, gone, -1) if _runs_over(array, given, name, classes) else array
        elif name in given.common:  # an order of the classes
            kept = array[~np.isin(array, gone)]
            arrays[name] = kept - np.searchsorted(gone, kept)
        elif np.isin(array, gone).any():
            return None
        else:
            arrays[name] = array - np.searchsorted(gone, array)
    return PropertyInputs(given.dtype, arrays, given.common)


def _runs_over(array: np.ndarray, given: PropertyInputs, name: str, classes: int) -> bool:
    return array.shape[-1:] == (classes,) and (_has_classes(array) or name in given.common)


def _shorter_numbers(given: PropertyInputs) -> Iterator[PropertyInputs]:
    """Take one number after the other for a shorter one: 0, 1, or itself with fewer significant bits."""
    for name, array in given.arrays.items():
        if array.dtype.kind == "i":
            continue
        with np.errstate(invalid="ignore"):
            flat = array.astype(np.float64).reshape(-1)
        for index, number in enumerate(flat.tolist()):
            for shorter in _shorter(number):
                changed = flat.copy()
                changed[index] = shorter
                with np.errstate(over="ignore"):  # rounded up beyond the largest number: in no domain
                    stored = changed.astype(array.dtype).reshape(array.shape)
                yield PropertyInputs(given.dtype, {**given.arrays, name: stored}, given.common)


def _shorter(number: float) -> list[float]:
    if number == 0 or not np.isfinite(number):
        return []
    fraction, exponent = np.frexp(number)
    rounded = [
        float(np.ldexp(round_(np.ldexp(fraction, bits)), int(exponent) - bits))
        for bits in _BITS
        for round_ in (np.floor, np.ceil)
    ]
    return [other for other in (0.0, 1.0, *rounded) if _length(other) < _length(number)]


def _length(number: float) -> tuple[int, float]:
    """How much there is to read: significant bits first, then how far the number is from 1."""
    if number == 0:
        return (0, 0.0)
    fraction, exponent = np.frexp(abs(number))
    significand = int(np.ldexp(fraction, 53))
    bits = 54 - (significand & -significand).bit_length()
    return (bits + (number < 0), abs(float(exponent) - 1))
