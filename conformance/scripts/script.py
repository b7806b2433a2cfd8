"""Stand-alone scripts that show discrepancies: they import a framework and NumPy, and nothing of logitproof.

A script makes one or more calls, looks in each result for a symptom, and ends with status 1 where one is there, with 0
where none is. Whatever text it is given ends up in string literals and comments, as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from logitproof.reports import Setting

from ..inputs.batch import Batch
from ..inputs.geometry import axis_of
from .arrays import SLICED, Storage, array_source
from .dialects.jax import SOURCES as JAX_SOURCES
from .dialects.jax import JaxDialect
from .dialects.keras import SOURCES as KERAS_SOURCES
from .dialects.keras import KerasDialect
from .dialects.module import NumPyDialect, loading, module_call
from .dialects.tensorflow import SOURCES as TENSORFLOW_SOURCES
from .dialects.tensorflow import TensorFlowDialect
from .dialects.torch import SOURCES as TORCH_SOURCES
from .dialects.torch import TorchDialect
from .source import Snippet, comment, docstring, indented, literal
from .symptoms import Dies, Hangs, Modified, Raises, Symptom


@dataclass(frozen=True)
class Target:
    """What a script calls: a framework, or a module that computes with one.

    Attributes:
        framework: "torch", "tensorflow", "keras", "jax" or, for a module only, "numpy".
        module: the path of the module's file, or its name; None for the framework itself.
    """

    framework: str
    module: str | None = None


@dataclass(frozen=True)
class ScriptCall:
    """One call that a script makes, and what to look for.

    Attributes:
        batch: function, arguments, parameters, cotangent and layout.
        entry_point: the name of the entry point.
        quantity: "value" or "gradient:NAME".
        symptom: what to look for.
        every_run: whether the call is made as often as a run makes it: the value twice without recording and once
            with it, a gradient twice; one run with the symptom is enough.
        note: a comment on the inputs.
    """

    batch: Batch
    entry_point: str
    quantity: str
    symptom: Symptom
    every_run: bool = False
    note: str = ""


@dataclass(frozen=True)
class Reproduction:
    """What a script is about.

    Attributes:
        statement: what is wrong, in a sentence.
        facts: where and how it was found, a paragraph each.
        target: what is called.
        setting: the setting that it was found in, and that the calls are made in.
        calls: the calls, all in one dtype.
        threads: how many threads the framework used; None leaves that open.
        environment: variables that were set and that change what is computed.
        what: what the script shows: a discrepancy, or a change between two versions.
    """

    statement: str
    facts: tuple[str, ...]
    target: Target
    setting: Setting
    calls: tuple[ScriptCall, ...]
    threads: int | None = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    what: Literal["discrepancy", "change"] = "discrepancy"


class Dialect(Protocol):
    """How things are said in one framework."""

    settings: tuple[tuple[str, str], ...]
    imports: str
    version: str
    bits: str

    def setup(self, threads: int | None) -> str:
        """Return the statements that come before everything else."""

    def environment(self) -> Mapping[str, str]:
        """Return the variables that must be set ahead of the import."""

    def storage(self, dtype: str) -> Storage:
        """Return how numbers are held before they become a tensor."""

    def tensor(self, name: str, source: str, dtype: str) -> str:
        """Assign the tensor of an array."""

    def value(self, call: Snippet) -> str:
        """Compute the value, without recording."""

    def gradient(self, call: Snippet, argument: str) -> str:
        """Compute the gradient by an argument."""

    def gradient_function(self, call: Snippet) -> str:
        """Define `gradient(argument)`, which gives None where there is no gradient."""

    def twice(self) -> str:
        """Compute the value without recording, and the same again."""

    def recorded(self, argument: str) -> str:
        """Compute the value while gradients by an argument are recorded."""


_DIALECTS: Mapping[str, Dialect] = {
    "torch": TorchDialect(),
    "tensorflow": TensorFlowDialect(),
    "keras": KerasDialect(),
    "jax": JaxDialect(),
    "numpy": NumPyDialect(),
}
SOURCES = {"torch": TORCH_SOURCES, "tensorflow": TENSORFLOW_SOURCES, "keras": KERAS_SOURCES, "jax": JAX_SOURCES}
"""By framework, function and entry point: how it is called."""


def settings_of(framework: str) -> tuple[Setting, ...]:
    """Return the settings of a framework that a script can be written for, the one that nobody has to name first."""
    return tuple(Setting(*each) for each in _DIALECTS[framework].settings)


def script_for(reproduction: Reproduction) -> str:
    """Return the source of a script.

    Raises:
        ValueError: an entry point is not known, the calls are in several dtypes, or there is no script for the setting.
    """
    target = reproduction.target
    dialect = _DIALECTS[target.framework]
    if reproduction.setting not in settings_of(target.framework):
        message = (
            f"there is no script for mode {reproduction.setting.mode!r} on device {reproduction.setting.device!r}: "
            f"scripts call {target.framework} {' or '.join(map(str, settings_of(target.framework)))}"
        )
        raise ValueError(message)
    if len({call.batch.dtype for call in reproduction.calls}) != 1:
        message = "the calls of one script are in one dtype"
        raise ValueError(message)
    calls = [_call_source(call, target, dialect) for call in reproduction.calls]
    if len(calls) > 1:
        calls = [f"# Call {place} of {len(calls)}\n{source}" for place, source in enumerate(calls, 1)]
    body = "\n".join(calls)
    dtype = reproduction.calls[0].batch.dtype
    helpers = [
        dialect.storage(dtype).numbers,
        SLICED if "sliced(" in body else "",
        *dict.fromkeys(call.symptom.helper(dtype) for call in reproduction.calls),
    ]
    if any(isinstance(call.symptom, Modified) for call in reproduction.calls):
        helpers.append(f'def bits(tensor):\n    """Return the bits of a tensor."""\n    return {dialect.bits}\n')
    setup = _setup(reproduction, dialect)
    head = docstring(reproduction.statement, (*reproduction.facts, _STATUS))
    functions = "".join(f"\n\n{helper}" for helper in helpers if helper)
    rest = f"{setup}{functions}\n\n{body}\n{_VERDICTS[reproduction.what]}"
    return f"{head}\n{_imports(rest, dialect, reproduction)}\n{rest}"


_STATUS = "The exit status is 1 while this is so, and 0 when it is gone."

_VERDICTS = {
    what: f'print("the {what} is there" if is_there else "the {what} is {gone}")\nsys.exit(int(is_there))\n'
    for what, gone in (("discrepancy", "gone"), ("change", "not there"))
}

_STANDARD = ("contextlib", "faulthandler", "importlib.util", "math", "os", "sys")


def _imports(rest: str, dialect: Dialect, reproduction: Reproduction) -> str:
    variables = {**dialect.environment(), **reproduction.environment}
    switches = "".join(f"os.environ[{literal(name)}] = {literal(value)}\n" for name, value in variables.items())
    used = f"{switches}{rest}"
    standard = [f"import {name}\n" for name in _STANDARD if f"{name.partition('.')[0]}." in used]
    if "Fraction(" in used:
        standard.append("from fractions import Fraction\n")
    if "mock." in used:
        standard.append("from unittest import mock\n")
    if switches:
        switches = f"\n{switches}"
    return f"{''.join(standard)}{switches}\nimport numpy as np\n{dialect.imports}"


def _setup(reproduction: Reproduction, dialect: Dialect) -> str:
    module = reproduction.target.module
    return (
        f"{dialect.setup(reproduction.threads)}"
        f"{loading(module) if module is not None else ''}"
        f"print({dialect.version})\n"
        "is_there = False\n"
    )


def _snippet(call: ScriptCall, target: Target) -> Snippet:
    if target.module is not None:
        return module_call(call.batch)
    try:
        return SOURCES[target.framework][call.batch.function, call.entry_point](call.batch)
    except KeyError:
        message = f"{target.framework} has no entry point {call.entry_point!r} for {call.batch.function}"
        raise ValueError(message) from None


def _call_source(call: ScriptCall, target: Target, dialect: Dialect) -> str:
    snippet = _snippet(call, target)
    inputs = _inputs(call, dialect)
    watched = isinstance(call.symptom, Modified | Dies | Hangs)
    if call.every_run or watched:
        looked = call.symptom.source(call.batch.dtype)
        loop = f"for observed in results:\n{indented(looked)}" if looked and not watched else ""
        made = _series(call, dialect, whole=watched) + loop
        definitions = f"\n\ndef value():\n{indented(snippet.after('return '))}\n"
        if "gradient(" in made:
            definitions += f"\n\n{dialect.gradient_function(snippet)}"
        definitions += "\n\n"
    else:
        definitions = "\n"
        made = _once(call, snippet, dialect) + "\n" + call.symptom.source(call.batch.dtype)
    around = _around(call, made)
    return f"{inputs}{definitions}{around}"


def _once(call: ScriptCall, snippet: Snippet, dialect: Dialect) -> str:
    if call.quantity == "value":
        return dialect.value(snippet)
    return dialect.gradient(snippet, call.quantity.removeprefix("gradient:"))


def _series(call: ScriptCall, dialect: Dialect, *, whole: bool) -> str:
    """Make the calls that a run makes, in its order; results of the quantity are kept to be looked at."""
    real = [argument.name for argument in call.batch.spec.arguments if argument.is_real]
    if whole:
        return (
            f"{dialect.twice()}for argument in ({', '.join(real)},):\n"
            "    with contextlib.suppress(Exception):  # no gradient by it: another matter\n"
            "        results += [gradient(argument), gradient(argument)]\n"
        )
    if call.quantity == "value":
        return dialect.twice() + dialect.recorded(real[0])
    argument = call.quantity.removeprefix("gradient:")
    return f"{dialect.twice()}results = [gradient({argument}), gradient({argument})]\n"


def _around(call: ScriptCall, made: str) -> str:
    """Put around the calls what a result cannot show."""
    match call.symptom:
        case Raises():
            return (
                f"try:\n{indented(made)}except BaseException as error:\n"
                '    print(f"observed  {type(error).__name__}: {error}")\n    is_there = True\n'
            )
        case Modified():
            names = [*(argument.name for argument in call.batch.spec.arguments)]
            inputs = ", ".join(f'"{name}": {name}' for name in names)
            return (
                f"inputs = {{{inputs}}}\n"
                "before = {name: bits(tensor) for name, tensor in inputs.items()}\n"
                f"{made}"
                "changed = [name for name, tensor in inputs.items() if bits(tensor) != before[name]]\n"
                "print(f\"observed  changed inputs: {', '.join(changed) or 'none'}\")\n"
                "is_there |= bool(changed)\n"
            )
        case Hangs(seconds):
            return (
                f"# Where the call does not come back within {seconds:g} s, this ends the process with status 1.\n"
                f"faulthandler.dump_traceback_later({seconds:g}, exit=True)\n{made}"
                "faulthandler.cancel_dump_traceback_later()\n"
            )
        case Dies():
            return f"# The call may end this process: then so does the script, with another status than 0.\n{made}"
    return made


def _inputs(call: ScriptCall, dialect: Dialect) -> str:
    """Assign the tensors of a call, by name."""
    batch, storage = call.batch, dialect.storage(call.batch.dtype)
    axis = axis_of(batch) if batch.spec.has_axis else None
    lines = [comment(call.note)]
    for argument, array in zip(batch.spec.arguments, batch.arguments, strict=True):
        layout = batch.layout if argument.is_real else "contiguous"
        source = array_source(array, storage, axis if array.ndim == batch.arguments[0].ndim else None, layout)
        lines.append(dialect.tensor(argument.name, source, batch.dtype if argument.is_real else "int64"))
    for name, value in batch.parameters.items():
        if isinstance(value, np.ndarray):
            lines.append(dialect.tensor(name, array_source(value, storage), batch.dtype))
    if call.quantity != "value" or isinstance(call.symptom, Modified | Dies | Hangs):
        along = axis if batch.cotangent.ndim == batch.arguments[0].ndim else None
        lines.append(dialect.tensor("cotangent", array_source(batch.cotangent, storage, along), batch.dtype))
    return "".join(lines)
