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

PREFIX = re.compile(
    r"(?:the gradient of |the loss from |-softplus\(-x\) with softplus\(x\) = |softplus\(x\) = )*(?:\w+ with (?=p ))?"
)
"""What is made of a formula; the formula is told once."""

VARIED = re.compile(r"(?<=at …\()\w+(?=\))|(?<=max'\(0\) = )[\d.]+")
"""What else differs between the formulas of one line."""

WORDS = ("a ", "the ")
"""What is no formula begins so."""


def table():
    """The catalogue as a table of Markdown, a line for each family."""
    lines = {}
    for each in every_mistake():
        lines.setdefault(each.kind.family, []).append(each)
    rows = [_row(family, alike) for family, alike in lines.items()]
    return "".join(["| mistake | what is evaluated | part | of |\n", "|---|---|---|---|\n", *rows])


def _row(family, alike):
    parameters = dict.fromkeys(each.kind.parameter for each in alike if each.kind.parameter is not None)
    formulas = dict.fromkeys(_formula(each.formula, each.kind.parameter) for each in alike)
    name = f"{family}: {', '.join(parameters)}" if parameters else family
    return f"| {_escaped(name)} | {'; '.join(formulas)} | {_part_words(alike[0].kind)} | {_concerned(alike)} |\n"


def _part_words(kind):
    """The part of a kernel that has it, and whether it is of rounding or a standard algorithm's."""
    part = "any" if kind.part is None else kind.part.value
    return ", ".join([part, *["rounding"] * kind.is_of_rounding, *["standard"] * kind.is_standard])


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
