"""The page about causes lists the whole catalogue: its table is made from it, by running this file."""

from __future__ import annotations

import re
from pathlib import Path

from logitproof.conformance._cause_catalogue import every_mistake
from logitproof.conformance._cause_mistake import quantities
from logitproof.reference import FUNCTIONS

PAGE = Path(__file__).parents[1] / "docs" / "causes.md"
BEGIN = "<!-- made by tests/test_causes_page.py: begin -->\n\n"
END = "\n<!-- end -->\n"

PARAMETER = re.compile(r"\b1e-\d+\b|\beps\b|(?<=±)\d+|\bb?float(?:16|32|64)\b")
"""What differs between the mistakes of one line: a clip, a bound, a format."""

WRAPPED = ("the gradient of ", "the loss from ", "-softplus(-x) with softplus(x) = ", "softplus(x) = ")
"""A formula is told once, whatever is made of it."""

WORDS = ("a ", "the ", "rows ")
"""What is no formula begins so."""


def table():
    """The catalogue as a table of Markdown: a line for each mistake, those that differ in a number together."""
    lines = {}
    for each in every_mistake():
        lines.setdefault(_general(each.name), []).append(each)
    rows = [_row(alike) for alike in lines.values()]
    return "".join(["| mistake | what is evaluated | of |\n", "|---|---|---|\n", *rows])


def _general(text):
    return PARAMETER.sub("…", text)


def _row(alike):
    names = dict.fromkeys(each.name for each in alike)
    formulas = dict.fromkeys(_formula(each.formula, one=len(names) == 1) for each in alike)
    return f"| {_told(list(names))} | {'; '.join(formulas)} | {_concerned(alike)} |\n"


def _told(names):
    if len(names) == 1:
        return names[0]
    numbers = dict.fromkeys(found[0] for name in names if (found := PARAMETER.search(name)))
    assert len(numbers) == len(names)
    return f"{_general(names[0])}: {', '.join(numbers)}"


def _formula(formula, *, one):
    for prefix in WRAPPED:
        formula = formula.removeprefix(prefix)
    formula = formula if one else _general(formula)
    return formula if formula.startswith(WORDS) else "`{}`".format(formula.replace("|", r"\|"))


def _concerned(alike):
    """Which functions have it, and which quantities where it is not all of them."""
    concerned = {}
    for each in alike:
        concerned.setdefault(each.function, {})[each.quantity] = None
    if concerned.keys() == FUNCTIONS.keys():
        return "every function" if any("value" in found for found in concerned.values()) else "every gradient"
    return ", ".join(f"`{function}`{_part(function, found)}" for function, found in concerned.items())


def _part(function, found):
    if set(found) == set(quantities(function)):
        return ""
    if set(found) == set(quantities(function)) - {"value"}:
        return " (gradients)" if len(found) > 1 else " (gradient)"
    return f" ({', '.join(name.replace('gradient:', 'gradient by ') for name in found)})"


def test_the_page_lists_the_catalogue_as_it_is():
    page = PAGE.read_text(encoding="utf-8")
    shown = page.partition(BEGIN)[2].partition(END)[0]
    assert shown == table(), f"the catalogue has changed: run python {Path(__file__).name} in tests"


def test_every_mistake_is_in_the_table():
    shown = table()
    for name in {each.name for each in every_mistake()}:
        number = PARAMETER.search(name)
        assert f"| {name} |" in shown or (
            number and re.search(rf"{re.escape(_general(name))}: .*{re.escape(number[0])}", shown)
        )


def main():
    """Write the table into the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}{table()}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
