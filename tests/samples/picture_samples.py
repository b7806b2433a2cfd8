"""Checks with spreads, made by hand: what the pictures draw."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from record_samples import check, record
from setting_samples import id_of

from logitproof.reference import FORMATS, FUNCTIONS
from logitproof.reports import Curve, ErrorSpread, hex_of

CONFIDENT = ("softmax_cross_entropy", "sparse_softmax_cross_entropy", "sigmoid_cross_entropy")
ROWS = (2, 3, 10, 33, 100, 1000, 10_000, 65_537, 262_144)
FRAMEWORKS = (("torch", "2.13.0"), ("tensorflow", "2.21.0"), ("keras", "3.15.1"))


def curve(by, points):
    """A curve of points (at, ulps, bound)."""
    at, ulps, bound = zip(*sorted(points), strict=True)
    return Curve(by, *(tuple(hex_of(float(number)) for number in numbers) for numbers in (at, ulps, bound)))


def spread_check(*curves, histogram=(90, 9, 1), **changes):
    """A check with these curves and this histogram; `name` and `version` are the backend's."""
    with_spread = check(spread=ErrorSpread(tuple(histogram), tuple(curves)), **changes)
    return replace(with_spread, id=id_of(with_spread))


def _inputs(rng, dtype, quantity, *, lossy):
    """The errors of something like a sigmoid: what is lossy fails for inputs that are far to the left."""
    reach, precision = min(FORMATS[dtype].emax, 100), FORMATS[dtype].precision
    for exponent in np.arange(-min(reach, 60), reach, 0.5):
        for x in (-(2.0**exponent), 2.0**exponent):
            bound = 8 / (1 + math.exp(min(x, 700))) + 3
            if quantity != "value" and x > 0:
                bound += 2 ** min(x, precision)
            fails = lossy and x < -80
            yield x, (2.0 ** (precision - 2) if fails else bound * rng.random() * 0.4), bound


def _probabilities(rng):
    for exponent in range(1, 25):
        for p in (2.0**-exponent, 1 - 2.0**-exponent):
            yield p, 3 * rng.random(), 12


def _confidences(rng, dtype, *, lossy):
    """The errors of a gradient as 1 - p falls: p - 1 from a rounded p, or the form that loses nothing."""
    precision = FORMATS[dtype].precision
    for exponent in range(3 * precision):
        lost = 2.0 ** min(exponent, precision)
        yield 2.0**-exponent, (0.3 * lost if lossy else 2) * (0.5 + rng.random()), 14 + lost


def _rows(rng, factor):
    for n in ROWS:
        yield n, factor * (1 + math.log2(n)) * rng.random(), n + 12.0


def plausible_curves(rng, function, quantity, dtype, backend):
    """Return the curves that a run keeps for a function."""
    lossy = (backend + len(function)) % 3 == 0
    if FUNCTIONS[function].has_axis:
        curves = [curve("classes", _rows(rng, 1 + backend))]
    elif FUNCTIONS[function].arguments[0].kind == "logits":
        curves = [curve("input", _inputs(rng, dtype, quantity, lossy=lossy))]
    else:
        curves = [curve("input", _probabilities(rng))]
    if function in CONFIDENT and quantity == "gradient:logits":
        curves.append(curve("confidence", _confidences(rng, dtype, lossy=lossy)))
    return curves


def plausible_record(functions=tuple(FUNCTIONS), dtypes=tuple(FORMATS), backends=FRAMEWORKS):
    """A record with as many pictures as that of a run of three frameworks."""
    rng = np.random.default_rng(7)
    return record(
        *(
            spread_check(
                *plausible_curves(rng, function, quantity, dtype, number),
                histogram=[int(9e5 * math.exp(-(1.5 + 0.3 * number) * stretch)) for stretch in range(12)],
                name=name,
                version=version,
                function=function,
                entry_point=f"{name}.{function}",
                dtype=dtype,
                quantity=quantity,
            )
            for number, (name, version) in enumerate(backends)
            for function in functions
            for dtype in dtypes
            for quantity in FUNCTIONS[function].quantities
        )
    )
