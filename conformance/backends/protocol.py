"""What parent and worker say to each other, as the parent sees it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ml_dtypes
import msgspec
import numpy as np

from logitproof.reference import FUNCTIONS
from logitproof.reports import Setting

from ..inputs.batch import Batch
from ..worker.wire import PROTOCOL, Array, Header
from .frameworks import FRAMEWORKS, MODULE_FRAMEWORKS


class ProtocolError(Exception):
    """What a worker said is not a message that fits the question."""


@dataclass(frozen=True)
class Deviation:
    """A deviation from the literal definition that an entry point states.

    Attributes:
        quantities: the quantities that follow it, e.g. ("value", "gradient:probs").
        definition: the name of the definition they follow.
        kind: "documented" or "deliberate" (in the source).
        link: where it is stated.
        reason: what is stated, in a sentence.
    """

    quantities: tuple[str, ...]
    definition: str
    kind: str
    link: str
    reason: str


@dataclass(frozen=True)
class Unsupported:
    """Dtypes that an entry point is said not to take.

    Attributes:
        dtypes: their names.
        reason: what is said, in a few words.
        link: where it is said; "" for a user's module.
    """

    dtypes: tuple[str, ...]
    reason: str
    link: str


@dataclass(frozen=True)
class Refusal:
    """Inputs that an entry point is documented to refuse, by raising an exception.

    Attributes:
        argument: the argument that is refused where it is not what it must be.
        allowed: what it must be, a name that `_refusals` knows.
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
    """A public function of a backend; identified by `function` and `name` together.

    Attributes:
        name: as a user of the framework writes it.
        function: the catalogue function it computes.
        keywords: the keywords of the catalogue that it takes.
        differentiable: the arguments it has gradients for.
        deviations: what it states about itself.
        signature: its parameters with their defaults, where the worker can tell.
        unsupported: the dtypes that it is said not to take.
        refusals: the inputs that it is documented to refuse.
    """

    name: str
    function: str
    keywords: tuple[str, ...]
    differentiable: tuple[str, ...]
    deviations: tuple[Deviation, ...]
    signature: str | None = None
    unsupported: tuple[Unsupported, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    def deviation_of(self, quantity: str) -> Deviation | None:
        """The stated deviation that `quantity` follows, if there is one."""
        return next((deviation for deviation in self.deviations if quantity in deviation.quantities), None)

    def unsupported_in(self, dtype: str) -> Unsupported | None:
        """What says that it does not take `dtype`, if anything does."""
        return next((each for each in self.unsupported if dtype in each.dtypes), None)


@dataclass(frozen=True)
class Hello:
    """What a worker tells of itself when it starts; the first of its settings is the one that nobody has to name."""

    protocol: int
    framework: str
    version: str
    build: Mapping[str, str]
    cpu: Mapping[str, Any]
    settings: tuple[Setting, ...]
    dtypes: tuple[str, ...]
    threads: int
    environment: Mapping[str, str]
    entry_points: tuple[EntryPoint, ...]

    def entry_points_for(self, function: str) -> tuple[EntryPoint, ...]:
        """The entry points that compute `function`."""
        return tuple(entry for entry in self.entry_points if entry.function == function)


@dataclass(frozen=True)
class Failure:
    """Why there is no result.

    Attributes:
        kind: "crash", "hang", "error" (it raised), "not implemented" (it raised, and its framework says so that it has
            no implementation for the dtype) or "unsupported" (it has no way to be asked this).
        type: the exception's type, the signal's name or "exit status N"; "timeout" for a hang.
        message: what is known about it, bounded.
        time_limit: of a hang, the seconds that the call was given.
    """

    kind: str
    type: str
    message: str
    time_limit: float | None = None

    @property
    def text(self) -> str:
        """Both in one line of words."""
        return f"{self.type}: {self.message}" if self.message else self.type


@dataclass(frozen=True)
class Output:
    """One result of one run.

    Attributes:
        quantity: "value" or "gradient:<argument>".
        run: "plain" (without recording), "repeat" (the same once more), "recorded" (while gradients are recorded;
            "recorded:<argument>" for the value under recording by a further argument).
        array: the result as the framework gave it.
        dtype: the name of the dtype it came in; the array's own, unless NumPy and ml_dtypes have none.
        same_as: the earlier run of the quantity that it equals bit for bit, if it does.
    """

    quantity: str
    run: str
    array: np.ndarray
    dtype: str
    same_as: str | None


@dataclass(frozen=True)
class RunError:
    """One run of one quantity that raised, while others worked."""

    quantity: str
    run: str
    failure: Failure


@dataclass(frozen=True)
class Reply:
    """What came of one `evaluate`.

    Attributes:
        outputs: the results.
        missing: the quantities for which the framework delivered no gradient.
        modified: the arguments and parameters that a call has changed.
        errors: the runs that raised while others worked.
        failure: why there are no results at all.
        seconds: how long the framework's calls took; 0 where the worker does not tell.
    """

    outputs: tuple[Output, ...] = ()
    missing: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    errors: tuple[RunError, ...] = ()
    failure: Failure | None = None
    seconds: float = 0.0

    def of(self, quantity: str) -> tuple[Output, ...]:
        """The results of one quantity, in the order of the runs."""
        return tuple(output for output in self.outputs if output.quantity == quantity)


def hello_request(target: str, threads: int | None) -> Header:
    """Return the first message to a worker, with the catalogue it works by."""
    functions = {
        function.name: {
            "arguments": [argument.name for argument in function.arguments],
            "real": [argument.name for argument in function.arguments if argument.is_real],
            "keywords": list(function.keywords),
        }
        for function in FUNCTIONS.values()
    }
    return {
        "message": "hello",
        "protocol": PROTOCOL,
        "target": target,
        "framework": target if target in FRAMEWORKS else None,
        "of_modules": list(MODULE_FRAMEWORKS),
        "threads": threads,
        "functions": functions,
    }


def read_hello(header: Header) -> Hello:
    """Return what a worker told of itself.

    Raises:
        ProtocolError: it is not an answer to `hello`.
    """
    try:
        if header["message"] != "hello" or header["protocol"] != PROTOCOL:
            raise ProtocolError(f"a hello of protocol {PROTOCOL} was expected, not {str(header)[:200]}")
        return Hello(
            protocol=PROTOCOL,
            framework=str(header["framework"]),
            version=str(header["version"]),
            build={str(key): str(value) for key, value in header["build"].items()},
            cpu=dict(header["cpu"]),
            settings=_read_settings(header["settings"]),
            dtypes=tuple(header["dtypes"]),
            threads=int(header["threads"] or 0),
            environment={str(key): str(value) for key, value in header["environment"].items()},
            entry_points=tuple(_read_entry_point(entry) for entry in header["entry_points"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProtocolError(f"the hello is not complete: {type(error).__name__}: {error}") from None


def _read_settings(items: object) -> tuple[Setting, ...]:
    """Read settings strictly: what they are called is part of the identity of every check."""
    if not isinstance(items, list) or not items:
        raise ProtocolError(f"settings must be a list of one or more, not {str(items)[:200]}")
    settings = tuple(map(_read_setting, items))
    if len(set(settings)) < len(settings):
        raise ProtocolError(f"a setting is offered twice: {', '.join(map(str, settings))[:200]}")
    return settings


def _read_setting(item: object) -> Setting:
    if (
        not isinstance(item, dict)
        or item.keys() != {"mode", "device"}
        or not all(isinstance(name, str) and name.strip() for name in item.values())
    ):
        raise ProtocolError(f"a setting must be a mode and a device, not {str(item)[:200]}")
    return Setting(item["mode"], item["device"])


def sent_setting(setting: Setting) -> dict[str, str]:
    """Return a setting as messages have it."""
    return {"mode": setting.mode, "device": setting.device}


def _read_entry_point(item: Mapping[str, Any]) -> EntryPoint:
    entry = msgspec.convert(item, EntryPoint)
    quantities = FUNCTIONS[entry.function].quantities
    # A deviation that names no quantity is one of all.
    deviations = tuple(replace(each, quantities=each.quantities or quantities) for each in entry.deviations)
    return replace(entry, deviations=deviations)


def evaluate_request(
    batch: Batch, entry_point: str, quantities: Sequence[str], *, setting: Setting, once: bool = False
) -> tuple[Header, list[Array]]:
    """Return the `evaluate` message for a batch, and the arrays that go with it; `once` asks for no repeated runs."""
    arrays: list[Array] = []

    def sent(array: np.ndarray) -> dict[str, int]:
        arrays.append(to_wire(array))
        return {"array": len(arrays) - 1}

    header = {
        "message": "evaluate",
        "function": batch.function,
        "entry_point": entry_point,
        "arguments": [sent(array) for array in batch.arguments],
        "parameters": {
            key: sent(value) if isinstance(value, np.ndarray) else value for key, value in batch.parameters.items()
        },
        "quantities": list(quantities),
        "cotangent": sent(batch.cotangent) if any(name.startswith("gradient:") for name in quantities) else None,
        "layout": batch.layout,
        "setting": sent_setting(setting),
        "once": once,
    }
    return header, arrays


def read_answer(header: Header, arrays: Sequence[Array]) -> Reply:
    """Return what a worker answered to `evaluate`.

    Raises:
        ProtocolError: it is not such an answer.
    """
    try:
        if header["message"] == "error":
            return Reply(failure=_read_failure(header))
        if header["message"] != "outputs":
            raise ProtocolError(f"outputs or an error were expected, not {header['message']!r}")
        return Reply(
            outputs=_read_outputs(header["outputs"], arrays),
            missing=tuple(header["missing"]),
            modified=tuple(header["modified"]),
            errors=tuple(RunError(item["quantity"], item["run"], _read_failure(item)) for item in header["errors"]),
            seconds=_seconds(header.get("seconds")),
        )
    except (KeyError, TypeError, IndexError) as error:
        raise ProtocolError(f"the answer is not complete: {type(error).__name__}: {error}") from None


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < math.inf else 0.0


def _read_failure(item: Mapping[str, Any]) -> Failure:
    return Failure(str(item["kind"]), str(item["type"]), str(item["text"]))


def _read_outputs(items: Sequence[Mapping[str, Any]], arrays: Sequence[Array]) -> tuple[Output, ...]:
    outputs: dict[tuple[str, str], Output] = {}
    decoded = [from_wire(array) for array in arrays]
    for item in items:
        quantity, run, same_as = item["quantity"], item["run"], item["same_as"]
        if same_as is None:
            array, dtype = decoded[item["array"]], arrays[item["array"]].dtype
        else:
            array, dtype = outputs[quantity, same_as].array, outputs[quantity, same_as].dtype
        outputs[quantity, run] = Output(quantity, run, array, dtype, same_as)
    return tuple(outputs.values())


def to_wire(array: np.ndarray) -> Array:
    """Return an array of a batch ready to travel."""
    name = array.dtype.name
    return Array(name, array.view(np.uint16) if name == "bfloat16" else array)


def from_wire(array: Array) -> np.ndarray:
    """Return an array as it was before it travelled, bfloat16 in ml_dtypes' dtype."""
    return array.data.view(ml_dtypes.bfloat16) if array.dtype == "bfloat16" else array.data
