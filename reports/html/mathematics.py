"""The mathematics of the catalogue as MathML, which browsers draw without help, without network and without fonts.

The formulas are the literal definitions of `reference/` and their exact derivatives, written for people; what is
computed and judged is `reference/`, not this page.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from markupsafe import Markup

from logitproof.reference import FUNCTIONS, LITERAL

_PULLED = r"v\text{: the cotangent}"
"""A gradient is a vector-Jacobian product: v is what is multiplied to the derivative of the result."""


@dataclass(frozen=True)
class Mathematics:
    """A formula as MathML elements, ready to stand in a page."""

    definition: Markup
    where: tuple[Markup, ...]


@cache
def mathematics(function: str, quantity: str) -> Mathematics | None:
    """Return the formula of a function's quantity as MathML; None where the catalogue has no such quantity."""
    known = FUNCTIONS[function].definitions[LITERAL].get(quantity) if function in FUNCTIONS else None
    if known is None or known.formula is None:
        return None
    where = known.formula.where if quantity == "value" else (*known.formula.where, _PULLED)
    return Mathematics(_mathml(known.formula.definition, "block"), tuple(_mathml(part, "inline") for part in where))


def _mathml(latex: str, display: str) -> Markup:
    from latex2mathml.converter import convert  # noqa: PLC0415 - a quarter of a second that only the page needs

    # In HTML the element needs no namespace, and a page without addresses is easily seen to load nothing.
    return Markup(convert(latex, display=display).replace(' xmlns="http://www.w3.org/1998/Math/MathML"', ""))  # noqa: S704 - our own formulas
