"""Stand-alone scripts that show discrepancies: they import a framework and NumPy, and nothing of logitproof.

A script makes one or more calls, looks in each result for a symptom, and ends with status 1 where one is there, with 0
where none is. Whatever text it is given ends up in string literals and comments, as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from logitproof.reports import Setting

from ..backends.frameworks import variables_of
from ..inputs.batch import Batch
from ..inputs.geometry import axis_of
from ..worker.calls import CallForm, Variable, call_definitions
from ..worker.framework import Framework
from ..worker.frameworks.registry import framework_named
from ..worker.module import module_call
from ..worker.source import Snippet, indented, literal, written
from .arrays import SLICED, array_source, storage_of
from .source import comment, docstring, source_of
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


def settings_of(framework: str) -> tuple[Setting, ...]:
    """Return the settings of a framework that a script can be written for, the one that nobody has to name first."""
    return tuple(Setting(*each) for each in framework_named(framework).settings)


def script_for(reproduction: Reproduction) -> str:
    """Return the source of a script.

    Raises:
        ValueError: an entry point is not known, the calls are in several dtypes, or there is no script for the setting.
    """
    name, setting = reproduction.target.framework, reproduction.setting
    framework = framework_named(name)
    if setting not in settings_of(name):
        raise ValueError(
            f"there is no script for mode {setting.mode!r} on device {setting.device!r}: "
            f"scripts call {name} {' or '.join(map(str, settings_of(name)))}"
        )
    mode = framework.modes[setting.mode]
    functions = {"computed": mode.computed, "recorded": mode.recorded}
    if len({call.batch.dtype for call in reproduction.calls}) != 1:
        raise ValueError("the calls of one script are in one dtype")
    calls = [_call_source(call, reproduction.target, framework) for call in reproduction.calls]
    if len(calls) > 1:
        calls = [f"# Call {number} of {len(calls)}\n{source}" for number, source in enumerate(calls, 1)]
    body = "\n".join(calls)
    dtype = reproduction.calls[0].batch.dtype
    helpers = [
        storage_of(dtype, framework.spelling).numbers,
        SLICED if "sliced(" in body else "",
        # What the worker runs, to the letter.
        *(source_of(function, called) for called, function in functions.items() if f"{called}(call, " in body),
        *dict.fromkeys(call.symptom.helper(dtype) for call in reproduction.calls),
    ]
    if any(isinstance(call.symptom, Modified) for call in reproduction.calls):
        bits = framework.spelling.bits
        helpers.append(f'def bits(tensor):\n    """Return the bits of a tensor."""\n    return {bits}\n')
    setup = _setup(reproduction, framework)
    head = docstring(reproduction.statement, (*reproduction.facts, _STATUS))
    above = "".join(f"\n\n{helper}" for helper in helpers if helper)
    rest = f"{setup}{above}\n\n{body}\n{_VERDICTS[reproduction.what]}"
    return f"{head}\n{_imports(rest, framework, reproduction)}\n{rest}"


_STATUS = "The exit status is 1 while this is so, and 0 when it is gone."

_VERDICTS = {
    what: f'print("the {what} is there" if is_there else "the {what} is {gone}")\nsys.exit(int(is_there))\n'
    for what, gone in (("discrepancy", "gone"), ("change", "not there"))
}

_STANDARD = ("contextlib", "faulthandler", "importlib.util", "math", "os", "sys")


def _imports(rest: str, framework: Framework, reproduction: Reproduction) -> str:
    variables = {
        **variables_of(reproduction.target.framework),
        **framework.spelling.environment,
        **reproduction.environment,
    }
    switches = "".join(f"os.environ[{literal(name)}] = {literal(value)}\n" for name, value in variables.items())
    used = f"{switches}{rest}"
    standard = [f"import {name}\n" for name in _STANDARD if f"{name.partition('.')[0]}." in used]
    if "Fraction(" in used:
        standard.append("from fractions import Fraction\n")
    if switches:
        switches = f"\n{switches}"
    return f"{''.join(standard)}{switches}\nimport numpy as np\n{framework.spelling.imports}"


def _setup(reproduction: Reproduction, framework: Framework) -> str:
    module, spelling = reproduction.target.module, framework.spelling
    return (
        f"{spelling.threads.format(threads=reproduction.threads) if reproduction.threads else ''}"
        f"{spelling.setup}"
        f"{_loading(module) if module is not None else ''}"
        f"print({spelling.version})\n"
        "is_there = False\n"
    )


def _loading(target: str) -> str:
    """Return the statements that load a module: from its file, or by its name; argv may name another one."""
    if not target.endswith(".py"):
        return (
            f"name = sys.argv[1] if len(sys.argv) > 1 else {literal(target)}\n"
            "sys.path.insert(0, os.getcwd())\n"
            "module = importlib.import_module(name)\n"
        )
    return f"""\
path = {literal(target)}
path = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else path)
sys.path.insert(0, os.path.dirname(path))
spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
module = importlib.util.module_from_spec(spec)
sys.modules.setdefault(spec.name, module)
spec.loader.exec_module(module)
"""


def form_of(batch: Batch) -> CallForm:
    """Return what the source of the call of a batch depends on."""
    return CallForm(
        function=batch.function,
        arguments=tuple(argument.name for argument in batch.spec.arguments),
        parameters={
            name: Variable(name) if isinstance(value, np.ndarray) else value for name, value in batch.parameters.items()
        },
        rank=batch.arguments[0].ndim,
        dtype=batch.dtype,
    )


def _snippet(call: ScriptCall, form: CallForm, target: Target, framework: Framework) -> Snippet:
    if target.module is not None:
        return module_call(form)
    for entry in framework.entry_points(None):
        if (entry.function, entry.name) == (form.function, call.entry_point):
            return entry.source(form)
    raise ValueError(f"{target.framework} has no entry point {call.entry_point!r} for {form.function}")


def _call_source(call: ScriptCall, target: Target, framework: Framework) -> str:
    form = form_of(call.batch)
    watched = isinstance(call.symptom, Modified | Dies | Hangs)
    if call.every_run or watched:
        looked = call.symptom.source(call.batch.dtype)
        loop = f"for observed in results:\n{indented(looked)}" if looked and not watched else ""
        calls = _series(call, whole=watched) + loop
    else:
        calls = f"{_once(call)}{call.symptom.source(call.batch.dtype)}"
    snippet = _snippet(call, form, target, framework)
    define = framework.definitions if "recorded(" in calls else call_definitions
    tensors = ", ".join(f'"{name}": {name}' for name in form.names)
    around = _around(call, calls)
    return f"{_inputs(call, framework)}\n\n{define(snippet, form.names)}\n\ntensors = {{{tensors}}}\n{around}"


def _once(call: ScriptCall) -> str:
    if call.quantity == "value":
        return "observed = computed(call, tensors)\n"
    return f"_, observed = recorded(call, tensors, {_argument(call)}, cotangent)\n"


def _argument(call: ScriptCall) -> str:
    return literal(call.quantity.removeprefix("gradient:"))


def _series(call: ScriptCall, *, whole: bool) -> str:
    """Make the calls that a run makes, in its order; results of the quantity are kept to be looked at."""
    real = [argument.name for argument in call.batch.spec.arguments if argument.is_real]
    twice = "results = [computed(call, tensors), computed(call, tensors)]\n"
    if whole:
        return (
            f"{twice}for argument in [{', '.join(map(literal, real))}]:\n"
            "    with contextlib.suppress(Exception):  # no gradient by it: another question\n"
            "        results += [recorded(call, tensors, argument, cotangent)[1] for _ in range(2)]\n"
        )
    if call.quantity == "value":
        return (
            f"{twice}value, _ = recorded(call, tensors, {literal(real[0])}, None)\n"
            "results += [] if value is None else [value]\n"
        )
    return f"{twice}results = [recorded(call, tensors, {_argument(call)}, cotangent)[1] for _ in range(2)]\n"


def _around(call: ScriptCall, calls: str) -> str:
    """Put around the calls what a result cannot show."""
    match call.symptom:
        case Raises():
            return (
                f"try:\n{indented(calls)}except BaseException as error:\n"
                '    print(f"observed  {type(error).__name__}: {error}")\n    is_there = True\n'
            )
        case Modified():
            return (
                'inputs = {**tensors, "cotangent": cotangent}\n'
                "before = {name: bits(tensor) for name, tensor in inputs.items()}\n"
                f"{calls}"
                "changed = [name for name, tensor in inputs.items() if bits(tensor) != before[name]]\n"
                "print(f\"observed  changed inputs: {', '.join(changed) or 'none'}\")\n"
                "is_there |= bool(changed)\n"
            )
        case Hangs(seconds):
            return (
                f"# Where the call does not come back within {seconds:g} s, this ends the process with status 1.\n"
                f"faulthandler.dump_traceback_later({seconds:g}, exit=True)\n{calls}"
                "faulthandler.cancel_dump_traceback_later()\n"
            )
        case Dies():
            return f"# The call may end this process: then so does the script, with another status than 0.\n{calls}"
    return calls


def _inputs(call: ScriptCall, framework: Framework) -> str:
    """Assign the tensors of a call, by name."""
    batch, storage = call.batch, storage_of(call.batch.dtype, framework.spelling)
    axis = axis_of(batch) if batch.spec.has_axis else None

    def tensor(name: str, array: np.ndarray, along: int | None = None, layout: str = "contiguous") -> str:
        source = array_source(array, storage, along, layout)
        behind = framework.spelling.behind.get(batch.dtype, "") if array.dtype.kind != "i" else ""
        conversion = framework.spelling.tensor
        return (written(f"{name} = {conversion}", (source,), behind) if conversion else f"{name} = {source}") + "\n"

    lines = [comment(call.note)]
    for argument, array in zip(batch.spec.arguments, batch.arguments, strict=True):
        layout = batch.layout if argument.is_real else "contiguous"
        lines.append(tensor(argument.name, array, axis if array.ndim == batch.arguments[0].ndim else None, layout))
    for name, value in batch.parameters.items():
        if isinstance(value, np.ndarray):
            lines.append(tensor(name, value))
    if call.quantity != "value" or isinstance(call.symptom, Modified | Dies | Hangs):
        along = axis if batch.cotangent.ndim == batch.arguments[0].ndim else None
        lines.append(tensor("cotangent", batch.cotangent, along))
    return "".join(lines)
