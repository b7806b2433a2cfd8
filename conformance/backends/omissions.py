"""What a backend is not asked, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from logitproof.reference import FUNCTIONS
from logitproof.reports import UnexaminedKind

from .protocol import EntryPoint, Hello


@dataclass(frozen=True)
class Omission:
    """Why cases are left out.

    Attributes:
        reason: why, in words.
        kind: why, by name; None where an entry point does not offer what they ask: then nothing is there to examine.
    """

    reason: str
    kind: UnexaminedKind | None = None


def omission_of(
    hello: Hello, entry_point: EntryPoint, dtype: str, keywords: Iterable[str], quantity: str
) -> Omission | None:
    """Return why an entry point is not asked something; None where it is asked.

    Args:
        hello: what its backend tells of itself.
        entry_point: what to ask.
        dtype: the dtype of the call.
        keywords: the keywords of the call.
        quantity: what is asked for.
    """
    options = FUNCTIONS[entry_point.function].options
    lacking = [name for name in keywords if name not in entry_point.keywords]
    if any(name in options for name in lacking):
        return Omission(f"{entry_point.name} does not take {', '.join(lacking)}")
    if quantity != "value" and quantity.removeprefix("gradient:") not in entry_point.differentiable:
        return Omission(f"{entry_point.name} has no {quantity.replace(':', ' by ')}")
    if dtype not in hello.dtypes:
        return Omission(f"{hello.framework} has no {dtype}", "no dtype")
    if stated := entry_point.unsupported_in(dtype):
        return Omission(f"{stated.reason}: {stated.link}" if stated.link else stated.reason, "unsupported")
    if lacking:
        return Omission(f"{entry_point.name} does not take {', '.join(lacking)}, which every call has", "signature")
    return None
