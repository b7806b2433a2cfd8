"""The reference asked in one line: by the name of a function, its arguments and its keywords."""

from __future__ import annotations

from logitproof.reference import Call, Enclosure, enclose, function_named


def called(function, arguments, parameters, **details) -> Call:
    return Call.of(function_named(function), arguments, parameters, **details)


def enclosed(function, arguments, parameters, *, dtype, **details) -> Enclosure:
    return enclose(called(function, arguments, parameters, **details), dtype)
