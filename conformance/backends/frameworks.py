"""The one table of frameworks: all that the rest of logitproof knows of one, a row each. Nothing else lists them.

What the worker does with a framework is in `worker/frameworks/`. Nothing heavy is imported: `--help` reads this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class FrameworkRow:
    """A framework, as results, records and the command line call it.

    Attributes:
        name: its name, which is also that of its package.
        distributions: all that provide it, as an index calls them; the first is the one to name as an example.
        extra: the extra of logitproof that installs it; None where logitproof itself does.
        base: the framework whose tensors it computes with; None where they are its own.
        brings: frameworks that come with it, examined beside it in an upgrade where they are there.
        is_backend: whether it has entry points of its own to examine.
        is_for_modules: whether a user's module may compute with it.
        thread_counts: variables of a worker's environment that fix how many threads it has.
        defaults: variables of a worker's environment where the user has not set them.
        environment: variables of a worker's environment, whatever the user has set.
    """

    name: str
    distributions: tuple[str, ...]
    extra: str | None
    base: str | None = None
    brings: tuple[str, ...] = ()
    is_backend: bool = True
    is_for_modules: bool = True
    thread_counts: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def tensors(self) -> str:
        """The framework whose tensors it computes with."""
        return self.base or self.name

    @property
    def requirement(self) -> str:
        """What to install to have it beside logitproof."""
        return f"logitproof[{self.extra}]" if self.extra else "logitproof"

    @property
    def install(self) -> str:
        """How to install it."""
        return f"pip install '{self.requirement}'"


TABLE = (
    FrameworkRow("torch", ("torch",), "torch"),
    FrameworkRow(
        "tensorflow",
        ("tensorflow-cpu", "tensorflow", "tensorflow-intel", "tensorflow-macos", "tf-nightly", "tf-nightly-cpu"),
        "tensorflow",
        brings=("keras",),
        thread_counts=("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
        defaults={"TF_CPP_MIN_LOG_LEVEL": "2"},
    ),
    FrameworkRow(
        "keras",
        ("keras", "keras-nightly"),
        "tensorflow",
        base="tensorflow",
        is_for_modules=False,
        environment={"KERAS_BACKEND": "tensorflow"},
    ),
    FrameworkRow("jax", ("jax",), "jax"),
    FrameworkRow("numpy", ("numpy",), None, is_backend=False),
)

FRAMEWORKS: Mapping[str, FrameworkRow] = MappingProxyType({row.name: row for row in TABLE if row.is_backend})
"""The frameworks that logitproof brings adapters for, by name."""

MODULE_FRAMEWORKS = tuple(row.name for row in TABLE if row.is_for_modules)
"""The names of the frameworks that a user's module may compute with."""

PROVIDED: Mapping[str, FrameworkRow] = MappingProxyType(
    {distribution: row for row in FRAMEWORKS.values() for distribution in row.distributions}
)
"""The framework that a distribution provides; of another one nothing can be examined."""


def variables_of(name: str) -> dict[str, str]:
    """Return the variables that a framework, and the one it computes with, must find in the environment."""
    row = next(each for each in TABLE if each.name == name)
    of_base = variables_of(row.base) if row.base else {}
    return {**of_base, **row.defaults, **row.environment}
