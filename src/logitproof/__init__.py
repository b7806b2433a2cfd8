"""logitproof holds deep-learning frameworks' softmax, sigmoid, cross-entropy, KL and entropy against mathematics."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logitproof.conformance.api.assertion import assert_ok
    from logitproof.conformance.api.exact import ExactResult, exact
    from logitproof.conformance.api.examine import examine, judge
    from logitproof.reports import ExaminationResult, Findings

    __version__: str

__all__ = ["ExactResult", "ExaminationResult", "Findings", "assert_ok", "exact", "examine", "judge"]

# `import logitproof` stays cheap: what is used is imported when it is used.
_HOMES = {
    "ExactResult": "logitproof.conformance.api.exact",
    "ExaminationResult": "logitproof.reports",
    "Findings": "logitproof.reports",
    "assert_ok": "logitproof.conformance.api.assertion",
    "examine": "logitproof.conformance.api.examine",
    "exact": "logitproof.conformance.api.exact",
    "judge": "logitproof.conformance.api.examine",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        return import_module("importlib.metadata").version("logitproof")
    if name in _HOMES:
        if reason := import_module("logitproof.conformance.system").refusal():
            raise ImportError(reason)
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
