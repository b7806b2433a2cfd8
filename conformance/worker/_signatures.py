"""What a public function takes, and its defaults, as Python tells: so a changed default shows."""

from __future__ import annotations

import inspect
import re
import sys
from typing import Any

_LONGEST = 1000
_ROOTS = {"tf": "tensorflow"}
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def signature_of(name: str, call: Any) -> str | None:
    """Return the parameters and defaults of an entry point, e.g. "(input, dim=None, dtype=None)".

    Args:
        name: as a user of the framework writes it; "(from_logits=True)" at its end is not part of the function.
        call: what is called, where the name leads nowhere: a function of a user's module.

    Returns:
        None where Python cannot tell: most compiled functions have no signature.
    """
    try:
        found = inspect.signature(_public(name, call))
    except (TypeError, ValueError):
        return None
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in found.parameters.values()]
    told = str(found.replace(parameters=bare, return_annotation=inspect.Signature.empty))
    return _ADDRESS.sub("", told)[:_LONGEST]


def _public(name: str, call: Any) -> Any:
    root, *path = name.partition("(")[0].split(".")
    found = sys.modules.get(_ROOTS.get(root, root)) if path else None
    for part in path:
        found = getattr(found, part, None)
    return call if found is None else found
