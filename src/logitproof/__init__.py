"""logitproof holds deep-learning frameworks' softmax, sigmoid, cross-entropy, KL and entropy against mathematics."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logitproof.conformance._api import examine, judge
    from logitproof.conformance._assertion import assert_ok
    from logitproof.conformance._exact import ExactResult, exact
    from logitproof.reports import Findings

    __version__: str

__all__ = ["ExactResult", "Findings", "assert_ok", "exact", "examine", "judge"]

# `import logitproof` stays cheap: what is used is imported when it is used.
_HOMES = {
    "ExactResult": "logitproof.conformance._exact",
    "Findings": "logitproof.reports",
    "assert_ok": "logitproof.conformance._assertion",
    "examine": "logitproof.conformance._api",
    "exact": "logitproof.conformance._exact",
    "judge": "logitproof.conformance._api",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        return import_module("importlib.metadata").version("logitproof")
    if name in _HOMES:
        if reason := import_module("logitproof.conformance._system").refusal():
            raise ImportError(reason)
        return getattr(import_module(_HOMES[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
