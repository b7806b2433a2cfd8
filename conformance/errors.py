"""The errors that a user can mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """The command line, a setting or a file is wrong: one line that says what, and what would be right."""


def unknown(what: str, name: str, known: Iterable[str]) -> UserError:
    """Return the error for a name that is not among `known`: with the one that was probably meant, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(names)}"
    return UserError(f"unknown {what} {name!r}: {hint}")
