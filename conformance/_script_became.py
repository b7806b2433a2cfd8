"""What shows a change between two versions: a result that is no more what it was."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ._script_symptoms import Off, Symptom
from ._script_text import literal

_SAME = '''\
def same(one, other):
    """Return whether two floats are the same: signs of zeros count, those of NaN do not."""
    return one.hex() == other.hex()
'''


@dataclass(frozen=True)
class Became(Symptom):
    """An element that is what the newer version returned, or is farther from the exact result than the older one's.

    Attributes:
        index: where it stands in the result.
        before: what the older version returned; None where that is not known, or no number.
        after: what the newer version returned; so too.
        titles: the two versions, for people.
        expected: the exact result, as a decimal that `Fraction` reads; None where there is none.
        exponent: the exponent of the ulp of the exact result.
    """

    index: tuple[int, ...]
    before: float | None
    after: float | None
    titles: tuple[str, str]
    expected: str | None
    exponent: int

    def source(self, dtype: str) -> str:
        """Return the statements that compare."""
        place = f"observed[{', '.join(map(str, self.index))}]" if self.index else "observed"
        lines = [
            f"number = float({place})",
            'print(f"observed  {number!r} = {number.hex()}")',
        ]
        known = {"before": self.before, "after": self.after}
        for (name, value), title in zip(known.items(), self.titles, strict=True):
            if value is not None:
                lines.append(f"{name} = {_source(value)}")
                lines.append(f'print(f"{name:<8}  {{{name}!r}} = {{{name}.hex()}}, by", {literal(title)})')
        lines += self._measured(dtype)
        if self.after is not None:
            lines.append("is_there |= same(number, after)")
        elif self.before is not None and self.expected is None:
            lines.append("is_there |= not same(number, before)")
        return "".join(f"{line}\n" for line in lines)

    def _measured(self, dtype: str) -> list[str]:
        """Return the statements that hold the element against the exact result."""
        if self.expected is None:
            return []
        lines = [
            f"expected = {literal(self.expected)}",
            'print(f"expected  {expected}")',
            f"error = ulps_away(number, expected, {self.exponent})",
            'shown = f"{float(error):.4g}" if error < 1e300 else "more than 1e300"',
            f'print(f"error     {{shown}} ulps of {dtype}")',
        ]
        if self.before is not None:
            lines.append(
                f"is_there |= not same(number, before) and error > ulps_away(before, expected, {self.exponent})"
            )
        return lines

    def helper(self, dtype: str) -> str:
        """Return the functions that compare and measure."""
        return _SAME if self.expected is None else f"{_SAME}\n\n{Off((), '').helper(dtype)}"


def _source(value: float) -> str:
    return 'float("nan")' if math.isnan(value) else f'float.fromhex("{value.hex()}")'
