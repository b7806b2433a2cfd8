"""A backend as properties see it: one entry point for each function, asked through a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Protocol

import numpy as np

from logitproof.properties import Failed, FunctionCall, Property, Unsupported
from logitproof.reference import LITERAL
from logitproof.reports import Setting

from ..backends.bisection import NOT_THERE
from ..backends.deaths import FATAL, Deaths
from ..backends.omissions import Omission, omission_of
from ..backends.protocol import EntryPoint, Failure, Hello, Reply
from ..inputs.batch import Batch
from ..inputs.geometry import result_shape


class Omitted(Unsupported):
    """Why a property is left out.

    Attributes:
        omission: the reason.
    """

    def __init__(self, omission: Omission) -> None:
        """Take the reason."""
        super().__init__(omission.reason)
        self.omission = omission


class Asked(Protocol):
    """What answers: a running worker."""

    hello: Hello

    def evaluate(
        self,
        batch: Batch,
        entry_point: str,
        quantities: Sequence[str],
        *,
        setting: Setting | None = None,
        once: bool = False,
    ) -> Reply:
        """Compute quantities of a batch."""


@dataclass(frozen=True)
class PropertyBackend:
    """Entry points of a backend, one for each function that a property needs.

    Attributes:
        worker: the backend's worker.
        entry_points: by function.
        deaths: those of the backend in that setting so far; an entry point that has crashed or hung too often is not
            asked any more.
        setting: the setting to compute in; the worker's first one unless said otherwise.
    """

    worker: Asked
    entry_points: Mapping[str, EntryPoint]
    deaths: Deaths = field(default_factory=Deaths)
    setting: Setting | None = None

    def definition(self, function: str, quantity: str) -> str:
        """Return the definition that the entry point states for a quantity."""
        deviation = self.entry_points[function].deviation_of(quantity)
        return deviation.definition if deviation else LITERAL

    def evaluate(self, call: FunctionCall) -> np.ndarray:
        """Return what the entry point gives.

        Raises:
            Unsupported: it has no such gradient.
            Omitted: it does not take such a call, its framework does not implement it, or it is not asked any more.
            Failed: it raised, crashed, hung, gave no gradient, or a result of another dtype or shape.
        """
        entry = self.entry_points[call.function]
        if omission := omission_of(self.worker.hello, entry, call.dtype, call.parameters, call.quantity):
            raise Omitted(omission)
        batch = batch_of(call)
        answer = self._answer(entry, batch, call.quantity)
        if failure := _failure(answer):
            raise self._raised(entry, failure)
        return _result(entry, call, batch, answer)

    def _answer(self, entry: EntryPoint, batch: Batch, quantity: str) -> Reply:
        if given_up := self.deaths.given_up(entry.function, entry.name, batch.input_class):
            raise Omitted(Omission(f"{entry.name} is not asked any more: {given_up.reason}", "given up"))
        answer = self.worker.evaluate(batch, entry.name, (quantity,), setting=self.setting, once=True)
        if (failure := _failure(answer)) and failure.kind in FATAL:
            self.deaths.count(entry.function, entry.name, batch.input_class, failure.kind)
        return answer

    def _raised(self, entry: EntryPoint, failure: Failure) -> Exception:
        """Tell what is not there from what went wrong."""
        text = f"{entry.name}: {failure.type}: {' '.join(failure.message.split())[:300]}"
        if failure.kind in NOT_THERE:
            return Omitted(Omission(text, "not implemented" if failure.kind == "not implemented" else None))
        return Failed(f"{failure.kind}: {text}", kind=failure.kind, is_fatal=failure.kind in FATAL)


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
    return [{function: entries[index] for function, entries in chosen.items()} for index in range(most)]


def batch_of(call: FunctionCall) -> Batch:
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


def _failure(answer: Reply) -> Failure | None:
    if answer.failure is not None:
        return answer.failure
    return answer.errors[0].failure if answer.errors else None


def _result(entry: EntryPoint, call: FunctionCall, batch: Batch, answer: Reply) -> np.ndarray:
    outputs = answer.of(call.quantity)
    if not outputs:
        message = f"{entry.name} gives no {call.quantity.replace(':', ' by ')}"
        first = next(item.name for item in batch.spec.arguments if item.is_real)
        if call.quantity != f"gradient:{first}":
            raise Unsupported(message)
        raise Failed(message, kind="missing gradient")
    output, shape = outputs[0], result_shape(batch, call.quantity)
    if output.dtype != call.dtype or output.array.shape != shape:
        observed = f"{output.dtype} of shape {output.array.shape}"
        raise Failed(f"{entry.name} gives {observed}, not {call.dtype} of shape {shape}", kind="shape")
    return output.array
