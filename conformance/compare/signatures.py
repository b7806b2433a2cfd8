"""Two signatures of one callable, as text: which defaults differ, and whether calls of old still mean the same."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Literal

from logitproof.reports import EntryPointChangeKind

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_LONGEST = 10_000

Kind = Literal["positional", "either", "keyword", "rest"]


@dataclass(frozen=True)
class _Parameter:
    name: str
    kind: Kind
    default: str | None


def signature_changes(before: str, after: str) -> list[tuple[EntryPointChangeKind, str]]:
    """Return what differs for those who call, in words: defaults, and parameters that are gone, new or elsewhere.

    A new parameter that may be left out, behind all others or by keyword, changes no call.

    Args:
        before: as `str(inspect.signature(…))` writes it: "(input, dim=None)".
        after: so the newer one.
    """
    before, after = (_ADDRESS.sub("", text) for text in (before, after))
    if before == after:
        return []
    old, new = _parameters(before), _parameters(after)
    if old is None or new is None:
        return [("signature changed", f"{after}, before {before}")]
    changes: list[tuple[EntryPointChangeKind, str]] = []
    if text := _breaks(old, new):
        changes.append(("signature changed", text))
    now = {each.name: each for each in new}
    for each in old:
        later = now.get(each.name)
        if later is not None and None not in (each.default, later.default) and each.default != later.default:
            changes.append(("default changed", f"{each.name}={later.default}, before {each.name}={each.default}"))
    return changes


def _breaks(old: list[_Parameter], new: list[_Parameter]) -> str:
    """Say in words how calls of old break; "" where they do not."""
    reasons = []
    was, now = {each.name: each for each in old}, {each.name: each for each in new}
    takes_any = any(each.kind == "rest" and each.name.startswith("**") for each in new)
    reasons += [f"{each.name} is gone" for each in old if each.name not in now and not takes_any]
    reasons += [
        f"{each.name} is required" + ("" if each.name not in was else f", before {each.name}={was[each.name].default}")
        for each in new
        if each.default is None and each.kind != "rest" and (each.name not in was or was[each.name].default is not None)
    ]
    for each in old:
        later = now.get(each.name)
        if later is None or each.kind == "rest":
            continue
        if each.kind == "either" and later.kind == "keyword":
            reasons.append(f"{each.name} is by keyword only")
        elif later.kind == "positional" and each.kind != "positional":
            reasons.append(f"{each.name} is by position only")
        elif (
            each.kind != "keyword"
            and later.kind != "keyword"
            and _position(old, each.name) != _position(new, each.name)
        ):
            reasons.append(f"{each.name} is at place {_position(new, each.name)}, before {_position(old, each.name)}")
    return "; ".join(reasons)


def _position(parameters: list[_Parameter], name: str) -> int:
    return 1 + [each.name for each in parameters].index(name)


def _parameters(text: str) -> list[_Parameter] | None:
    """Return the parameters of a signature; None where the text is none that Python reads."""
    if len(text) > _LONGEST:
        return None
    try:
        (definition,) = ast.parse(f"def f{text}: pass").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(definition, ast.FunctionDef):
        return None
    given = definition.args
    by_position = [*((each, "positional") for each in given.posonlyargs), *((each, "either") for each in given.args)]
    missing = len(by_position) - len(given.defaults)
    parameters = [
        _Parameter(each.arg, kind, _text(None if position < missing else given.defaults[position - missing]))  # type: ignore[arg-type]
        for position, (each, kind) in enumerate(by_position)
    ]
    if given.vararg is not None:
        parameters.append(_Parameter(f"*{given.vararg.arg}", "rest", None))
    parameters += [
        _Parameter(each.arg, "keyword", _text(default))
        for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
    ]
    if given.kwarg is not None:
        parameters.append(_Parameter(f"**{given.kwarg.arg}", "rest", None))
    return parameters


def _text(default: ast.expr | None) -> str | None:
    return None if default is None else ast.unparse(default)
