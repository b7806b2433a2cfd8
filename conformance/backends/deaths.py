"""How often entry points have crashed or hung, and when they are left alone: each time costs a process, or a wait."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

FATAL = ("crash", "hang")
"""The kinds of failure that end a worker."""

MOST_OF_CLASS = 2
"""After so many of them in one input class, the rest of that class is not run."""

MOST_OF_ENTRY_POINT = 6
"""After so many in all, an entry point is asked nothing more."""


@dataclass(frozen=True)
class GivenUp:
    """Why cases are not run.

    Attributes:
        kind: "crash" or "hang": what the entry point did last.
        reason: one line that says how often.
    """

    kind: str
    reason: str


@dataclass
class Deaths:
    """The crashes and hangs of one backend in one setting, by entry point and input class.

    The dtype, quantity and batch make no difference.
    """

    _of_class: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _of_entry_point: Counter[tuple[str, str]] = field(default_factory=Counter)
    _last: dict[tuple[str, str], str] = field(default_factory=dict)

    def count(self, function: str, entry_point: str, input_class: str, kind: str) -> None:
        """Count one; `kind` is "crash" or "hang"."""
        self._of_class[function, entry_point, input_class] += 1
        self._of_entry_point[function, entry_point] += 1
        self._last[function, entry_point] = kind

    def given_up(self, function: str, entry_point: str, input_class: str) -> GivenUp | None:
        """Return why an entry point is not asked about an input class any more; None where it is."""
        in_all = self._of_entry_point[function, entry_point]
        of_class = self._of_class[function, entry_point, input_class]
        if in_all >= MOST_OF_ENTRY_POINT:
            reason = f"{entry_point} has crashed or hung {in_all} times"
        elif of_class >= MOST_OF_CLASS:
            reason = f"{entry_point} has crashed or hung {of_class} times on inputs of the class {input_class!r}"
        else:
            return None
        return GivenUp(self._last[function, entry_point], reason)
