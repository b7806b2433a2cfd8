"""What shows a discrepancy: the conditions that a script looks for when a call has been made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from logitproof.reference import format_named

from ..worker.source import indented, literal


@dataclass(frozen=True)
class Symptom:
    """Something to look for. What a call's result does not show is up to the script around the call."""

    def source(self, dtype: str) -> str:
        """Return statements that look for it in `observed`, the result of a call in `dtype`, and set `is_there`."""
        del dtype
        return ""

    def helper(self, dtype: str) -> str:
        """Return a function that the statements use."""
        del dtype
        return ""


@dataclass(frozen=True)
class ExpectedElement:
    """One element of a result, and what it must be near.

    Attributes:
        index: where it stands in the result.
        expected: the exact result, as a decimal that `Fraction` reads.
        between: the ends of its enclosure, as hex text.
        exponent: the exponent of the ulp of the exact result.
        permitted: the largest error that is not a discrepancy, in those ulps.
    """

    index: tuple[int, ...]
    expected: str
    between: tuple[str, str]
    exponent: int
    permitted: float


def _at(index: tuple[int, ...]) -> str:
    return f"observed[{', '.join(map(str, index))}]" if index else "observed"


_SHOW_NUMBER = 'print(f"observed  {number!r} = {number.hex()}")\n'


@dataclass(frozen=True)
class Off(Symptom):
    """Elements too far from the exact result: one of them is enough; `meaning` says what the permitted errors are."""

    elements: tuple[ExpectedElement, ...]
    meaning: str

    def source(self, dtype: str) -> str:
        """Return the statements that measure the errors."""
        verdict = (
            f"{_SHOW_NUMBER}"
            'print(f"expected  {expected}")\n'
            'shown = f"{float(error):.4g}" if error < 1e300 else "more than 1e300"\n'
            f'print(f"error     {{shown}} ulps of {dtype}, permitted {{permitted:.4g}}")\n'
            "is_there |= error > permitted\n"
        )
        if len(self.elements) > 1:
            return self._loop(verdict)
        (element,) = self.elements
        return (
            f"number = float({_at(element.index)})\n"
            f"# The exact result lies between {' and '.join(element.between)}.\n"
            f"expected = {literal(element.expected)}\n"
            f"# Permitted: {self.meaning}, in ulps of 2^{element.exponent}.\n"
            f"permitted = {element.permitted!r}\n"
            f"error = ulps_away(number, expected, {element.exponent})\n"
        ) + verdict

    def _loop(self, verdict: str) -> str:
        table = "".join(
            f"({each.index}, {literal(each.expected)}, {each.exponent}, {each.permitted!r}),\n"
            for each in self.elements
        )
        body = "number = float(observed[index])\nerror = ulps_away(number, expected, exponent)\n" + verdict
        return (
            f"# Permitted: {self.meaning}, in ulps of 2^exponent.\n"
            f"for index, expected, exponent, permitted in [\n{indented(table)}]:\n{indented(body)}"
        )

    def helper(self, dtype: str) -> str:
        """Return the function that measures an error."""
        fmt = format_named(dtype)
        beyond = fmt.emax + 1
        return f'''\
def ulps_away(number, expected, exponent):
    """Return |number - expected| in units of 2^exponent.

    An infinity is right where the exact result rounds to it, and counts as 2^{beyond} elsewhere.
    """
    if math.isnan(number):
        return math.inf
    exact = Fraction(expected)
    if math.isinf(number):
        sign = 1 if number > 0 else -1
        if sign * exact >= Fraction(2) ** {beyond} - Fraction(2) ** {fmt.emax - fmt.precision}:
            return 0
        number = sign * Fraction(2) ** {beyond}
    return abs(Fraction(number) - exact) / Fraction(2) ** exponent
'''


_MISSED: Mapping[str, str] = MappingProxyType(
    {
        "nan": "not math.isnan(number)",
        "inf": "number != math.inf",
        "-inf": "number != -math.inf",
        "not finite": "math.isfinite(number)",
        "a number": "not math.isfinite(number)",
    }
)
LIMITS = ("nan", "inf", "-inf", "not finite")
"""What `NotTheLimit` can require, as the record names it."""

ANY_NUMBER = "a number"
"""What it can require besides: any finite number."""


@dataclass(frozen=True)
class NotTheLimit(Symptom):
    """A required limit that is missed; `required` is one of LIMITS, or ANY_NUMBER."""

    index: tuple[int, ...]
    required: str

    def source(self, dtype: str) -> str:
        """Return the statements that compare."""
        del dtype
        return (
            f"number = float({_at(self.index)})\n{_SHOW_NUMBER}"
            f'print("required  {self.required}")\n'
            f"is_there |= {_MISSED[self.required]}\n"
        )


@dataclass(frozen=True)
class Same(Symptom):
    """An element that still is what it was, a float, where nothing says what it must be."""

    index: tuple[int, ...]
    number: float

    def source(self, dtype: str) -> str:
        """Return the statements that compare."""
        del dtype
        unchanged = "math.isnan(number)" if self.number != self.number else f"number == {self._text}"
        return (
            f"# Nothing says what this must be: the discrepancy is there as long as it is {self.number!r}.\n"
            f"number = float({_at(self.index)})\n{_SHOW_NUMBER}"
            f"is_there |= {unchanged}\n"
        )

    @property
    def _text(self) -> str:
        return f'float.fromhex("{self.number.hex()}")'


@dataclass(frozen=True)
class WrongDtype(Symptom):
    """A result of another dtype than the inputs have."""

    def source(self, dtype: str) -> str:
        """Return the statements that compare."""
        return (
            'dtype = getattr(observed, "dtype", type(observed).__name__)\n'
            'dtype = str(getattr(dtype, "name", dtype)).replace("torch.", "")\n'
            'print(f"observed  {dtype}")\n'
            f'print("expected  {dtype}")\n'
            f'is_there |= dtype != "{dtype}"\n'
        )


@dataclass(frozen=True)
class WrongShape(Symptom):
    """A result of another shape than the function has."""

    shape: tuple[int, ...]

    def source(self, dtype: str) -> str:
        """Return the statements that compare."""
        del dtype
        return (
            'shape = tuple(getattr(observed, "shape", ()))\n'
            'print(f"observed  shape {shape}")\n'
            f'print("expected  shape {self.shape}")\n'
            f"is_there |= shape != {self.shape}\n"
        )


@dataclass(frozen=True)
class NoGradient(Symptom):
    """A gradient that the framework does not deliver."""

    def source(self, dtype: str) -> str:
        """Return the statements that look whether one came."""
        del dtype
        return (
            'print("observed  no gradient" if observed is None else "a gradient came")\nis_there |= observed is None\n'
        )


@dataclass(frozen=True)
class Raises(Symptom):
    """A call that raises: the script catches it. So is one that returns no tensor."""

    def source(self, dtype: str) -> str:
        """Return the statements that raise where there is no tensor."""
        del dtype
        return (
            'if not hasattr(observed, "shape") and not isinstance(observed, (bool, int, float)):\n'
            '    raise TypeError(f"returned {type(observed).__name__}, neither a tensor nor a number")\n'
        )


@dataclass(frozen=True)
class Modified(Symptom):
    """A call that changes its inputs: the script compares their bits before and after."""


@dataclass(frozen=True)
class Dies(Symptom):
    """A call that ends its process: the script's own end shows it."""


@dataclass(frozen=True)
class Hangs(Symptom):
    """A call that does not come back within `seconds`: the script ends itself then."""

    seconds: float = 10.0
