"""The page about causes lists the whole catalogue: its table is made from it, by running this file."""

from __future__ import annotations

import re
from pathlib import Path

from checkout import ROOT

from logitproof.conformance.causes.mistakes.catalogue import every_mistake
from logitproof.conformance.causes.mistakes.mistake import quantities
from logitproof.reference import FUNCTIONS

PAGE = ROOT / "docs" / "causes.md"
BEGIN = "<!-- made by tests/conformance/causes/mistakes/test_page.py: begin -->\n\n"
END = "\n<!-- end -->\n"

PARAMETER = re.compile(r"\b1e-\d+\b|\beps\b|(?<=±)\d+|(?<=above )\d+|\bb?float(?:16|32|64)\b")
"""What differs between the mistakes of one line: a clip, a bound, a format."""

PREFIX = re.compile(
    r"(?:the gradient of |the loss from |-softplus\(-x\) with softplus\(x\) = |softplus\(x\) = )*(?:\w+ with (?=p ))?"
)
"""What is made of a formula; the formula is told once."""

VARIED = re.compile(r"(?<=at …\()\w+(?=\))|(?<=max'\(0\) = )[\d.]+")
"""What else differs between the formulas of one line."""

WORDS = ("a ", "the ")
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


def _parameter(name):
    match = PARAMETER.search(name)
    return match[0] if match else None


def _row(alike):
    names = dict.fromkeys(each.name for each in alike)
    formulas = dict.fromkeys(
        _formula(each.formula, _parameter(each.name) if len(names) > 1 else None) for each in alike
    )
    name = _general(names[0]) + ": " + ", ".join(map(_parameter, names)) if len(names := [*names]) > 1 else names[0]
    return f"| {_escaped(name)} | {'; '.join(formulas)} | {_concerned(alike)} |\n"


def _formula(formula, parameter):
    if parameter is not None:
        formula = re.sub(rf"(?<![\w.]){re.escape(parameter)}(?![\w.])", "…", formula)
    formula = _escaped(VARIED.sub("…", PREFIX.sub("", formula, count=1)))
    return formula if formula.startswith(WORDS) else f"`{formula}`"


def _escaped(text):
    return text.replace("|", r"\|")


def _concerned(alike):
    """Which functions have it, and which quantities where it is not all of them."""
    concerned = {}
    for each in alike:
        concerned.setdefault(each.function, {})[each.quantity] = None
    if concerned.keys() == FUNCTIONS.keys():
        return "every function" if any("value" in listed for listed in concerned.values()) else "every gradient"
    return ", ".join(f"`{function}`{_part(function, listed)}" for function, listed in concerned.items())


def _part(function, listed):
    if set(listed) == set(quantities(function)):
        return ""
    if set(listed) == set(quantities(function)) - {"value"}:
        return " (gradients)" if len(listed) > 1 else " (gradient)"
    return f" ({', '.join(name.replace('gradient:', 'gradient by ') for name in listed)})"


def test_the_page_lists_the_catalogue_as_it_is():
    page = PAGE.read_text(encoding="utf-8")
    shown = page.partition(BEGIN)[2].partition(END)[0]
    assert shown == table(), f"the catalogue has changed: run python {Path(__file__).relative_to(ROOT)}"


def test_every_mistake_is_in_the_table():
    heads = [line.split(" | ")[0].removeprefix("| ") for line in table().splitlines()[2:]]
    listed = {name for head in heads for name in _names(head)}
    assert listed == {_escaped(each.name) for each in every_mistake()}


def _names(head):
    general, _, numbers = head.partition(": ")
    return [general.replace("…", number) for number in numbers.split(", ")] if numbers else [head]


def main():
    """Write the table into the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}{table()}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
