"""A backend as properties see it: one entry point for each function, asked through a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Protocol

import numpy as np

from logitproof.properties import Call, Failed, Property, Unsupported
from logitproof.reference import FUNCTIONS, format_named

from ._batch import Batch
from ._deaths import FATAL, Deaths
from ._elements import result_shape
from ._examine import LITERAL
from ._protocol import Answer, EntryPoint, Failure, Hello


class Asked(Protocol):
    """What answers: a running worker."""

    hello: Hello

    def evaluate(self, batch: Batch, entry_point: str, quantities: Sequence[str], *, once: bool = False) -> Answer:
        """Compute quantities of a batch."""


@dataclass(frozen=True)
class PropertyBackend:
    """Entry points of a backend, one for each function that a property needs.

    Attributes:
        worker: the backend's worker.
        entry_points: by function.
        deaths: those of the backend so far; an entry point that has crashed or hung too often is not asked any more.
    """

    worker: Asked
    entry_points: Mapping[str, EntryPoint]
    deaths: Deaths = field(default_factory=Deaths)
    _works: dict[tuple[str, str, str], bool] = field(default_factory=dict, repr=False)

    def definition(self, function: str, quantity: str) -> str:
        """Return the definition that the entry point states for a quantity."""
        deviation = self.entry_points[function].deviation_of(quantity)
        return deviation.definition if deviation else LITERAL

    def evaluate(self, call: Call) -> np.ndarray:
        """Return what the entry point gives.

        Raises:
            Unsupported: it does not take such a call, works on nothing of this dtype, or is not asked any more.
            Failed: it raised, crashed, hung, gave no gradient, or a result of another dtype or shape.
        """
        entry = self.entry_points[call.function]
        if refusal := self._refusal(entry, call):
            raise Unsupported(refusal)
        batch = batch_of(call)
        answer = self._answer(entry, batch, call.quantity)
        if failure := _failure(answer):
            raise self._raised(entry, call, failure)
        return _result(entry, call, batch, answer)

    def _answer(self, entry: EntryPoint, batch: Batch, quantity: str) -> Answer:
        if given_up := self.deaths.given_up(entry.function, entry.name, batch.input_class):
            raise Unsupported(f"{entry.name} is not asked any more: {given_up.reason}")
        answer = self.worker.evaluate(batch, entry.name, (quantity,), once=True)
        if (failure := _failure(answer)) and failure.kind in FATAL:
            self.deaths.count(entry.function, entry.name, batch.input_class, failure.kind)
        return answer

    def _refusal(self, entry: EntryPoint, call: Call) -> str:
        lacking = [name for name in call.parameters if name not in entry.keywords]
        if call.dtype not in self.worker.hello.dtypes:
            return f"{self.worker.hello.framework} has no {call.dtype}"
        if lacking:
            return f"{entry.name} does not take {', '.join(lacking)}"
        argument = call.quantity.removeprefix("gradient:")
        if call.quantity != "value" and argument not in entry.differentiable:
            return f"{entry.name} has no gradient by {argument}"
        return ""

    def _raised(self, entry: EntryPoint, call: Call, failure: Failure) -> Exception:
        """Tell what is not there from what went wrong: an entry point that fails on zeros too is not supported."""
        told = f"{entry.name}: {failure.type}: {' '.join(failure.message.split())[:300]}"
        if failure.kind == "unsupported" or (failure.kind == "error" and not self._works_at_all(entry, call)):
            return Unsupported(told)
        return Failed(f"{failure.kind}: {told}", is_fatal=failure.kind in FATAL)

    def _works_at_all(self, entry: EntryPoint, call: Call) -> bool:
        key = (entry.function, entry.name, call.dtype)
        if key not in self._works:
            batch = batch_of(_plainest(call))
            self._works[key] = _failure(self._answer(entry, batch, "value")) is None
        return self._works[key]


def bindings(prop: Property, hello: Hello) -> list[dict[str, EntryPoint]]:
    """List the entry points to check a property with: every one of each of its functions takes part.

    Returns:
        Mappings from functions to entry points; none where the backend lacks a function.
    """
    offered = {function: hello.entry_points_for(function) for function in prop.functions}
    most = max(map(len, offered.values()))
    if not all(offered.values()):
        return []
    chosen = {function: list(islice(cycle(entries), most)) for function, entries in offered.items()}
    return [{function: entries[place] for function, entries in chosen.items()} for place in range(most)]


def batch_of(call: Call) -> Batch:
    """Return the batch of a call."""
    return Batch(
        function=call.function,
        dtype=call.dtype,
        input_class="property",
        name="property",
        arguments=call.arguments,
        parameters=call.parameters,
        cotangent=call.cotangent,
    )


def _plainest(call: Call) -> Call:
    """The easiest call there is: one row of halves, without options."""
    spec, dtype = FUNCTIONS[call.function], format_named(call.dtype).numpy_dtype
    shape = (1, 2) if spec.has_axis else (1,)
    arguments = tuple(np.full(shape, 0.5, dtype) if item.is_real else np.zeros(1, np.int64) for item in spec.arguments)
    parameters = {"axis": -1} if spec.has_axis else {}
    value_shape = (1,) if spec.result != "vector" else shape
    return Call(call.function, call.dtype, arguments, parameters, "value", np.ones(value_shape, dtype))


def _failure(answer: Answer) -> Failure | None:
    if answer.failure is not None:
        return answer.failure
    return answer.errors[0].failure if answer.errors else None


def _result(entry: EntryPoint, call: Call, batch: Batch, answer: Answer) -> np.ndarray:
    outputs = answer.of(call.quantity)
    if not outputs:
        message = f"{entry.name} gives no {call.quantity.replace(':', ' by ')}"
        first = next(item.name for item in batch.spec.arguments if item.is_real)
        raise Failed(message) if call.quantity == f"gradient:{first}" else Unsupported(message)
    output, shape = outputs[0], result_shape(batch, call.quantity)
    if output.dtype != call.dtype or output.array.shape != shape:
        found = f"{output.dtype} of shape {output.array.shape}"
        message = f"{entry.name} gives {found}, not {call.dtype} of shape {shape}"
        raise Failed(message)
    return output.array
