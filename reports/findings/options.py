"""The options that an entry point accepts and was not called with: what a restricted run says nothing of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ..record.model import Backend, Record
from ..record.words import backend_title, brief

UNCALLED = "Accepted, and called in no check: not examined"
"""What the options of `uncalled_options` are introduced with."""

_WORDS: Mapping[str, str] = MappingProxyType({"axis": "an axis other than the last"})


@dataclass(frozen=True)
class UncalledOptions:
    """Options that an examined entry point accepts, and that no check called.

    Attributes:
        title: the backend and its version.
        function: the function that the entry point computes.
        entry_point: its name.
        options: as the record names them, in the order of the signature.
    """

    title: str
    function: str
    entry_point: str
    options: tuple[str, ...]


def uncalled_options(record: Record) -> tuple[UncalledOptions, ...]:
    """Return what every entry point accepts that a check was made of, and was not called with.

    An entry point that no check was made of is left out: nothing at all of it was examined.
    """
    return tuple(each for backend in record.backends if backend.options for each in _uncalled(record, backend))


def _uncalled(record: Record, backend: Backend) -> Iterator[UncalledOptions]:
    examined = _examined(record, backend)
    for each in backend.options:
        uncalled = tuple(option for option in each.accepted if option not in each.called)
        if uncalled and (each.function, each.entry_point) in examined:
            yield UncalledOptions(backend_title(backend), each.function, each.entry_point, uncalled)


def _examined(record: Record, backend: Backend) -> frozenset[tuple[str, str]]:
    return frozenset(
        (check.function, check.entry_point)
        for check in record.checks
        if (check.backend, check.version) == (backend.name, backend.version) and check.status != "unsupported"
    )


def uncalled_words(uncalled: UncalledOptions) -> str:
    """Return it in one line: "torch 2.13.0: torch.nn.functional.cross_entropy (nll_loss): weight, reduction=sum"."""
    entry_point = brief(uncalled.entry_point, 120)
    function = "" if uncalled.entry_point == uncalled.function else f" ({brief(uncalled.function, 80)})"
    return f"{brief(uncalled.title, 80)}: {entry_point}{function}: {option_words(uncalled.options)}"


def option_words(options: Sequence[str]) -> str:
    """Return options for people, in their order."""
    return ", ".join(_WORDS.get(option, brief(option, 80)) for option in options)
