"""What a backend offers: entry points, the keywords they take, what they do not support or refuse, and deviations."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .calls import Write


@dataclass(frozen=True)
class Deviation:
    """A deviation from the literal definition that the framework states.

    Attributes:
        definition: name of the definition that is followed instead.
        quantities: which quantities follow it, e.g. ("value", "gradient:probs"); empty for every one.
        kind: "documented" where the documentation says so, "deliberate" where the source does.
        link: where it says so.
        reason: what it says, in a sentence.
    """

    definition: str
    quantities: tuple[str, ...]
    kind: str
    link: str
    reason: str


@dataclass(frozen=True)
class Unsupported:
    """Dtypes that an entry point is said not to take.

    Attributes:
        dtypes: their names.
        reason: what is said, in a few words.
        link: where it is said; "" for a user's module, which says it itself.
    """

    dtypes: tuple[str, ...]
    reason: str
    link: str = ""


@dataclass(frozen=True)
class Refusal:
    """Inputs that an entry point is documented to refuse, by raising an exception.

    Attributes:
        argument: the argument that is refused where it is not what it must be.
        allowed: what it must be: "unit interval", "class index" or "weights" (docs/worker-protocol.md).
        error: the type of the exception, by its own name.
        text: a part of its text.
        link: where the documentation says so.
        reason: what it says, in a sentence.
    """

    argument: str
    allowed: str
    error: str
    text: str
    link: str
    reason: str


@dataclass(frozen=True)
class EntryPoint:
    """A public function of a framework, callable with the arguments and keywords of the catalogue.

    Attributes:
        name: as a user of the framework writes it.
        function: the catalogue function that it computes.
        keywords: the keywords of the catalogue that it can be given.
        source: how it is called.
        deviations: what the framework states about it.
        differentiable: the arguments it has gradients for; None means every real argument.
        axis: the axis it works along: "any", the "last", or that of the "classes": the second of several, or the only.
        least_rank: how many axes its arguments have at the least.
        unsupported: the dtypes that it is said not to take.
        refusals: the inputs that it is documented to refuse.
        public: what has its signature, where its name leads nowhere: a function of a user's module.
    """

    name: str
    function: str
    keywords: tuple[str, ...]
    source: Write
    deviations: tuple[Deviation, ...] = ()
    differentiable: tuple[str, ...] | None = None
    axis: str = "any"
    least_rank: int = 0
    unsupported: tuple[Unsupported, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    public: Any = None

    def described(self, real_arguments: tuple[str, ...]) -> dict[str, Any]:
        """Return the entry point as the `hello` message tells it."""
        return {
            "name": self.name,
            "function": self.function,
            "keywords": list(self.keywords),
            "differentiable": list(real_arguments if self.differentiable is None else self.differentiable),
            "deviations": [asdict(deviation) for deviation in self.deviations],
            "unsupported": [asdict(each) for each in self.unsupported],
            "refusals": [asdict(each) for each in self.refusals],
            "signature": signature_of(self.name, self.public),
        }

    def lacks(self, parameters: Mapping[str, Any], rank: int) -> str:
        """Return why it cannot be called with these keywords and arguments of this rank; "" where it can."""
        if surplus := [name for name in parameters if name not in self.keywords]:
            return f"{self.name} does not take {', '.join(surplus)}"
        if rank < self.least_rank:
            return f"takes no arguments of {rank} axes, but of {self.least_rank} at the least"
        if self.axis == "any":
            return ""
        axis, only_axis = parameters["axis"], rank - 1 if self.axis == "last" else min(rank - 1, 1)
        if axis % rank == only_axis:
            return ""
        if self.axis == "last":
            return f"works along the last axis only, not along axis {axis} of {rank}"
        return f"classes lie along axis {only_axis} of {rank}, not along axis {axis}"


_LONGEST = 1000
_ROOTS = {"tf": "tensorflow"}
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def signature_of(name: str, public: Any) -> str | None:
    """Return the parameters and defaults of an entry point, e.g. "(input, dim=None, dtype=None)".

    Args:
        name: as a user of the framework writes it; "(from_logits=True)" at its end is not part of the function.
        public: what has the signature, where the name leads nowhere: a function of a user's module.

    Returns:
        None where Python cannot tell: most compiled functions have no signature.
    """
    try:
        signature = inspect.signature(_public(name, public))
    except (TypeError, ValueError):
        return None
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    text = str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))
    return _ADDRESS.sub("", text)[:_LONGEST]


def _public(name: str, public: Any) -> Any:
    root, *path = name.partition("(")[0].split(".")
    value = sys.modules.get(_ROOTS.get(root, root)) if path else None
    for part in path:
        value = getattr(value, part, None)
    return public if value is None else value
