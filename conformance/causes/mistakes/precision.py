"""Right algorithms with too little precision inside: lower formats, sums in the storage dtype, flushing to zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import ml_dtypes
import numpy as np

from logitproof.reference import FORMATS, FUNCTIONS

from ..algorithms.arithmetic import FLOAT32, FloatArithmetic, machines
from ..algorithms.correct import styles
from ..algorithms.normal_form import NormalForm
from ..algorithms.tape import Number
from .kind import KernelPart, MistakeKind
from .mistake import Mistake, Result, Style, evaluated, quantities, storage_of

_IN_ORDER = MistakeKind("terms summed one after the other", None, is_of_rounding=True)
_FLUSHING = MistakeKind("subnormal numbers flushed to zero", None, is_of_rounding=True)


def _lower(what: str, dtype: str) -> MistakeKind:
    """The kind of what is done in a format that is too low, e.g. "computed in" float16."""
    return MistakeKind(f"{what} {dtype}", KernelPart.ARITHMETIC, is_of_rounding=True, parameter=dtype)


_DTYPES = {name: fmt.numpy_dtype for name, fmt in FORMATS.items() if name != "float64"}


def _is_lower(name: str, case: NormalForm) -> bool:
    """Whether a format has less precision than the storage format."""
    return FORMATS[name].precision < FORMATS[case.dtype].precision


def _is_storage(name: str, case: NormalForm) -> bool:
    """Whether a 16-bit format is the storage format."""
    return name == case.dtype and FORMATS[name].precision < FORMATS["float32"].precision


def _inside(style: Style, name: str) -> Result:
    """Everything in a lower format: inputs, steps and sums."""
    dtype = _DTYPES[name]

    def result(case: NormalForm, machine: FloatArithmetic) -> np.ndarray | None:
        if not _is_lower(name, case):
            return None
        lower = replace(machine, working=dtype, inner=dtype, is_native=machine.is_native and name == "float32")
        return style(case, lower)

    return result


def _rounded_between(style: Style, name: str, *, inside: bool) -> Result:
    """A 16-bit format in between: after every step, or after every kernel that computes in float32."""
    dtype = _DTYPES[name]

    def result(case: NormalForm, machine: FloatArithmetic) -> np.ndarray | None:
        if not _is_storage(name, case):
            return None
        return style(case, replace(machine, working=dtype, inner=dtype if inside else FLOAT32))

    return result


def _rounded_inputs(style: Style, name: str) -> Result:
    dtype = _DTYPES[name]

    def result(case: NormalForm, machine: FloatArithmetic) -> np.ndarray | None:
        if not _is_lower(name, case):
            return None
        first, *others = case.arguments
        rounded = first.astype(dtype).astype(storage_of(case))
        numbers = style(case.with_(arguments=(rounded, *others)), machine)
        # Differentiation passes the cast again on the way back.
        by_first = case.quantity == f"gradient:{FUNCTIONS[case.function].arguments[0].name}"
        return numbers.astype(dtype).astype(storage_of(case)) if by_first else numbers

    return result


def _summed(style: Style, name: str) -> Result:
    dtype = _DTYPES[name]

    def result(case: NormalForm, machine: FloatArithmetic) -> np.ndarray | None:
        if not _is_lower(name, case) and not _is_storage(name, case):
            return None
        sums = "pairwise" if machine.is_native and dtype != ml_dtypes.bfloat16 else "sequential"
        return style(case, replace(machine, sums=sums, accumulator=dtype))

    return result


def _cast_sum(name: str, value: Callable[[Number, Number, Number], Number]) -> Result:
    """A softmax or log-sum-exp in steps, whose terms are cast to a lower format, summed there, and cast back."""
    dtype = _DTYPES[name]

    def rule(_: NormalForm, x: Number) -> Number:
        top = x.maximum()
        terms = (x - x.shift()).exp()
        return value(top, terms, terms.to(dtype).sum().to(x.data.dtype))

    style = evaluated(rule)
    return lambda case, machine: style(case, machine) if _is_lower(name, case) else None


_CAST_SUMS: dict[str, Callable[[Number, Number, Number], Number]] = {
    "softmax": lambda _top, terms, total: terms / total,
    "logsumexp": lambda top, _terms, total: top + total.log(),
}


@cache
def _usual(style: Style) -> Style:
    """The same algorithm in the arithmetic that loses least."""
    return lambda case, _machine: style(case, replace(machines(case.dtype)[0], sums="wide"))


def _in_order(style: Style) -> Style:
    return lambda case, machine: style(case, replace(machine, sums="sequential", accumulator=None))


def _flushing(style: Style) -> Style:
    def result(case: NormalForm, machine: FloatArithmetic) -> np.ndarray:
        flushes = replace(machine, flushes=True)
        numbers = style(case, flushes)
        return flushes.settled(numbers)

    return result


_SUMMING = tuple(name for name, function in FUNCTIONS.items() if function.has_axis and name != "nll_loss")


def precision_mistakes() -> Iterator[Mistake]:
    """Yield the right algorithms in wrong arithmetics."""
    for function in FUNCTIONS:
        for quantity in quantities(function):
            for name in _DTYPES if function in _CAST_SUMS else ():
                yield Mistake(
                    _lower("sum accumulated in", name),
                    f"sum({name}(exp(x - m)))",
                    function,
                    quantity,
                    _cast_sum(name, _CAST_SUMS[function]),
                    mended=_usual(styles(function, quantity)[0]),
                )
            for style in styles(function, quantity):
                for name in _DTYPES:
                    yield Mistake(
                        _lower("computed in", name),
                        f"a right algorithm with every step in {name}",
                        function,
                        quantity,
                        _inside(style, name),
                        arithmetic=name,
                        mended=_usual(style),
                    )
                    for inside in (False, True) if name != "float32" else ():
                        what = "every step" if inside else "what each kernel returns"
                        yield Mistake(
                            _lower("intermediate results rounded to", name),
                            f"a right algorithm with {what} in {name}",
                            function,
                            quantity,
                            _rounded_between(style, name, inside=inside),
                            arithmetic=name,
                            mended=_usual(style),
                        )
                    yield Mistake(
                        _lower("inputs rounded to", name),
                        f"a right algorithm at {name}({FUNCTIONS[function].arguments[0].name})",
                        function,
                        quantity,
                        _rounded_inputs(style, name),
                        mended=_usual(style),
                    )
                    if function in _SUMMING:
                        yield Mistake(
                            _lower("sum accumulated in", name),
                            f"a right algorithm with its sum in {name}",
                            function,
                            quantity,
                            _summed(style, name),
                            mended=_usual(style),
                        )
                if function in _SUMMING:
                    yield Mistake(
                        _IN_ORDER,
                        "a right algorithm with sequential sums",
                        function,
                        quantity,
                        _in_order(style),
                        mended=_usual(style),
                    )
                yield Mistake(
                    _FLUSHING,
                    "a right algorithm with numbers below the smallest normal one as 0",
                    function,
                    quantity,
                    _flushing(style),
                    mended=_usual(style),
                )
