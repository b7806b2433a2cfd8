"""What a framework's own file tells: how it is opened, called, recorded and written in a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .calls import call_definitions
from .entry_points import EntryPoint
from .source import Snippet


@dataclass(frozen=True)
class Spelling:
    """What a script says in one framework besides the calls themselves.

    Attributes:
        imports: the statements that import it.
        version: an expression of its name and version.
        bits: an expression of the bytes of `tensor`.
        tensor: what makes a tensor of a NumPy array: ahead of it, and by dtype what comes behind.
        bfloat16: what makes bfloat16 in NumPy of float32 numbers called `wide`; "" where there is none.
        raw_bfloat16: the dtype of raw little-endian bytes of bfloat16, as source.
        setup: statements that come before everything else.
        threads: statements that fix how many threads compute; `{threads}` is how many.
        environment: the variables that must be set ahead of the import, beside those that a worker gets too.
    """

    imports: str
    version: str
    bits: str
    tensor: str
    behind: Mapping[str, str] = field(default_factory=dict)
    bfloat16: str = ""
    raw_bfloat16: str = ""
    setup: str = ""
    threads: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


Step = Callable[[Any, Any, Any, Any, float], "tuple[Any, Any]"]
"""(features, labels, weights, bias, rate) → the weights and the bias after one step; all but the rate are tensors."""


@dataclass(frozen=True)
class Mode:
    """A way to run a call. A script prints the sources of `computed` and `recorded`.

    Attributes:
        computed: (call, tensors by name) → the value, computed without recording.
        recorded: (call, tensors by name, argument, cotangent) → the value, computed while gradients by the argument
            are recorded, and the gradient; None for what there is not.
        step: how the framework's own users make a step of softmax regression so; None where there is no way to.
    """

    computed: Callable[..., Any]
    recorded: Callable[..., tuple[Any, Any]]
    step: Step | None = None


@dataclass(frozen=True)
class Framework:
    """A framework, as its own file states it; nothing of it is imported before `open` is called.

    Attributes:
        name: what results call it.
        dtypes: the formats it has.
        modes: the ways to run a call, by name, the one that nobody has to name first.
        devices: where, likewise.
        open: (threads, None for as they are) → its tensors; imports the framework.
        entry_points: (version, None for the newest) → every entry point that is examined.
        spelling: what a script says in it.
        definitions: (the call, the names of its tensors) → the source that defines `call`.
    """

    name: str
    dtypes: tuple[str, ...]
    modes: Mapping[str, Mode]
    devices: tuple[str, ...]
    open: Callable[[int | None], Any]
    entry_points: Callable[[str | None], tuple[EntryPoint, ...]]
    spelling: Spelling
    definitions: Callable[[Snippet, Sequence[str]], str] = call_definitions

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        """The modes and devices that a call can be made in, the one that nobody has to name first."""
        return tuple((mode, device) for device in self.devices for mode in self.modes)
