"""A symptom between the entries of a row: ratios or differences that no rounding of the entries explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from logitproof.reference import format_named

from ._script_symptoms import Symptom
from ._script_text import indented, literal


@dataclass(frozen=True)
class Entry:
    """An entry of a row and what it must be relative to the row's leading one.

    Attributes:
        index: where it stands.
        leader: where the leading entry stands.
        expected: the exact ratio to the leading entry, or the exact difference from it, as a decimal.
        permitted: what rounding may take from this entry before it is stored, as a hex float.
        of_leader: the same of the leading entry.
    """

    index: tuple[int, ...]
    leader: tuple[int, ...]
    expected: str
    permitted: float
    of_leader: float


@dataclass(frozen=True)
class Apart(Symptom):
    """Entries that are wrong against each other, whatever the row was normalised by."""

    entries: tuple[Entry, ...]
    relation: Literal["ratio", "difference"]

    def source(self, dtype: str) -> str:
        """Return the statements that compare every entry with the leading one."""
        del dtype
        table = "".join(
            f"({each.index}, {each.leader}, {literal(each.expected)},"
            f' "{each.permitted.hex()}", "{each.of_leader.hex()}"),\n'
            for each in self.entries
        )
        if self.relation == "ratio":
            difference, bound = "y - leading * expected", "own + others * expected"
        else:
            difference, bound = "y - leading - expected", "own + others"
        body = (
            "y, leading = Fraction(float(observed[index])), Fraction(float(observed[leader]))\n"
            "expected = Fraction(expected)\n"
            "own, others = with_rounding(permitted, y), with_rounding(of_leader, leading)\n"
            f"difference, bound = abs({difference}), {bound}\n"
            'print(f"observed  {float(observed[index])!r} and {float(observed[leader])!r}")\n'
            f'print(f"expected  the {self.relation} {{float(expected)!r}}")\n'
            'print(f"error     {float(difference):.4g}, permitted {float(bound):.4g}")\n'
            "is_there |= difference > bound\n"
        )
        return (
            f"# The entries of a row share their normaliser: it takes no part in their {self.relation}s.\n"
            f"for index, leader, expected, permitted, of_leader in [\n{indented(table)}]:\n{indented(body)}"
        )

    def helper(self, dtype: str) -> str:
        """Return the function that adds the final rounding."""
        fmt = format_named(dtype)
        return f'''\
def with_rounding(error, number):
    """Return the error with that of rounding the number to {dtype}: at most 2^-{fmt.precision} of it."""
    rounding = max(abs(number) / 2**{fmt.precision}, Fraction(2) ** {fmt.quantum_exponent - 1})
    return Fraction(float.fromhex(error)) + rounding
'''
