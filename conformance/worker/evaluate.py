"""One `evaluate` message: the calls it takes, in the order they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

from .calls import CallForm, Variable, compiled
from .entry_points import EntryPoint
from .framework import Mode
from .frameworks.registry import OpenBackend
from .wire import Array, Header

_LONGEST_TEXT = 2000
_REAL = ("float16", "bfloat16", "float32", "float64")


class UnsupportedError(Exception):
    """There is no way to ask this; nothing is wrong. It is raised before a call, never by what is called."""


class _CallError(Exception):
    """A call raised.

    Attributes:
        kind: "not implemented" where the framework says that it has no implementation for the dtype, else "error".
        error: what it raised.
    """

    def __init__(self, kind: str, error: Exception) -> None:
        super().__init__(kind)
        self.kind = kind
        self.error = error


def failure(error: BaseException) -> Header:
    """Return an exception as a message tells it: kind, type and a bounded text."""
    if isinstance(error, _CallError):
        return _error_header(error.kind, error.error)
    return _error_header("unsupported" if isinstance(error, UnsupportedError) else "error", error)


def _error_header(kind: str, error: BaseException) -> Header:
    return {"kind": kind, "type": type(error).__name__, "text": _text_of(error)}


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:_LONGEST_TEXT]
    except Exception as second:  # an exception's own __str__ is as fallible as the rest of it
        return f"(its text could not be made: {type(second).__name__})"


class _Inputs:
    """The tensors of a call, and which of them a call has changed."""

    def __init__(self, adapter: Any, arrays: Mapping[str, Array], layouts: Mapping[str, str]) -> None:
        self._adapter = adapter
        self._arrays = arrays
        self._layouts = layouts
        self.modified: list[str] = []
        self.tensors: dict[str, Any] = {}
        self._build(list(arrays))

    def _build(self, names: Sequence[str]) -> None:
        for name in names:
            self.tensors[name] = self._adapter.tensor(self._arrays[name], self._layouts.get(name, "contiguous"))

    def check(self) -> None:
        """Compare every tensor with what was sent; note what changed and restore it for the next call."""
        for name, array in self._arrays.items():
            if not self._adapter.array(self.tensors[name]).equals(array):
                if name not in self.modified:
                    self.modified.append(name)
                self._build([name])


class _Reply:
    """What the calls returned, each distinct result once."""

    def __init__(self) -> None:
        self.outputs: list[Header] = []
        self.arrays: list[Array] = []
        self.missing: list[str] = []
        self.errors: list[Header] = []
        self._distinct: dict[str, list[tuple[str, Array]]] = {}

    def add(self, quantity: str, run: str, array: Array) -> None:
        """Add a result; one equal to an earlier result of the quantity, bit for bit, only points at it."""
        earlier = self._distinct.setdefault(quantity, [])
        same = next((name for name, other in earlier if other.equals(array)), None)
        output: Header = {"quantity": quantity, "run": run, "same_as": same, "array": None}
        if same is None:
            output["array"] = len(self.arrays)
            self.arrays.append(array)
            earlier.append((run, array))
        self.outputs.append(output)


class _Call:
    """One entry point with its inputs, ready to be called again and again."""

    def __init__(
        self,
        backend: OpenBackend,
        entry_point: EntryPoint,
        names: Sequence[str],
        request: Header,
        arrays: list[Array],
    ) -> None:
        named = dict(zip(names, (arrays[item["array"]] for item in request["arguments"])))
        self._dtype = next(array.dtype for array in named.values() if array.dtype in _REAL)
        layout = request.get("layout", "contiguous")
        layouts = {name: layout for name, array in named.items() if array.dtype in _REAL}
        tensors = {name: item["array"] for name, item in request["parameters"].items() if isinstance(item, dict)}
        form = CallForm(
            function=request["function"],
            arguments=tuple(names),
            parameters={
                name: Variable(name) if name in tensors else item for name, item in request["parameters"].items()
            },
            rank=named[names[0]].data.ndim,
            dtype=self._dtype,
        )
        named.update({name: arrays[number] for name, number in tensors.items()})
        if request.get("cotangent") is not None:
            named["cotangent"] = arrays[request["cotangent"]["array"]]
        self._backend, self._names = backend, form.names
        self._mode = mode_of(backend, request["setting"])
        self._call = compiled(backend.framework.definitions(entry_point.source(form), form.names), backend.namespace)
        self.inputs = _Inputs(backend.adapter, named, layouts)
        self.seconds = 0.0

    def _timed(self, function: Callable[..., Any], *rest: Any) -> Any:
        tensors = {name: self.inputs.tensors[name] for name in self._names}
        started = perf_counter()
        try:
            return function(self._call, tensors, *rest)
        except Exception as error:
            lacking = self._backend.adapter.lacks(self._dtype, error, _text_of(error))
            raise _CallError("not implemented" if lacking else "error", error) from error
        finally:
            self.seconds += perf_counter() - started

    def computed(self) -> Array:
        """The value, without gradient recording."""
        result = self._backend.adapter.array(self._timed(self._mode.computed))
        self.inputs.check()
        return result

    def recorded(self, argument: str, *, with_gradient: bool) -> tuple[Array | None, Array | None]:
        """The value while gradients by `argument` are recorded, and that gradient; None for what there is not."""
        cotangent = self.inputs.tensors["cotangent"] if with_gradient else None
        pair = self._timed(self._mode.recorded, argument, cotangent)
        value, gradient = (None if item is None else self._backend.adapter.array(item) for item in pair)
        self.inputs.check()
        return value, gradient


def evaluate(
    backend: OpenBackend, entry_point: EntryPoint, function: Mapping[str, Any], request: Header, arrays: list[Array]
) -> tuple[Header, list[Array]]:
    """Make every call that an `evaluate` message asks for, and return the answer.

    The value is computed without recording, once more the same, and with recording by each argument whose gradient
    is wanted (by the first differentiable one where none is); each gradient is computed twice, from the start.
    Where the message asks for everything `once`, the value is computed without recording and each gradient one time.

    Args:
        backend: the framework, open.
        entry_point: what to call.
        function: the catalogue function: its "arguments" in order, and which of them are "real".
        request: the header of the message.
        arrays: the arrays of the message.
    """
    if reason := entry_point.lacks(request["parameters"], arrays[request["arguments"][0]["array"]].data.ndim):
        raise UnsupportedError(reason)
    refused = {array.dtype for array in arrays if array.dtype in _REAL} - set(backend.framework.dtypes)
    if refused:
        raise UnsupportedError(f"{backend.framework.name} has no {', '.join(sorted(refused))}")
    names, real = function["arguments"], tuple(function["real"])
    call, answer = _Call(backend, entry_point, names, request, arrays), _Reply()
    wanted, once = request["quantities"], bool(request.get("once", False))
    if "value" in wanted:
        answer.add("value", "plain", call.computed())
    if "value" in wanted and not once:
        _attempt(answer, "value", "repeat", lambda: answer.add("value", "repeat", call.computed()))
    differentiable = real if entry_point.differentiable is None else entry_point.differentiable
    gradients = [name for name in names if f"gradient:{name}" in wanted]
    for index, name in enumerate(gradients):
        value_run = None if "value" not in wanted or once else "recorded" if index == 0 else f"recorded:{name}"
        if name in differentiable:
            _gradient(call, answer, name, value_run, repeated=not once)
        else:
            refusal = UnsupportedError(f"there is no gradient by {name}")
            answer.errors.append({"quantity": f"gradient:{name}", "run": "recorded", **failure(refusal)})
    if "value" in wanted and not once and not gradients and differentiable:
        _attempt(answer, "value", "recorded", lambda: _recorded_value(call, answer, differentiable[0]))
    header = {
        "message": "outputs",
        "outputs": answer.outputs,
        "missing": answer.missing,
        "modified": call.inputs.modified,
        "errors": answer.errors,
        "seconds": call.seconds,
    }
    return header, answer.arrays


def mode_of(backend: OpenBackend, setting: Mapping[str, str]) -> Mode:
    """Return how calls are run in a setting.

    Raises:
        UnsupportedError: it is not one of those that `hello` offered.
    """
    mode, device = setting["mode"], setting["device"]
    if (mode, device) not in backend.framework.settings:
        raise UnsupportedError(f"{backend.framework.name} has no mode {mode!r} on device {device!r}")
    return backend.framework.modes[mode]


def _attempt(answer: _Reply, quantity: str, run: str, action: Callable[[], None]) -> bool:
    """Do it, or note that this run of this quantity raised; the other quantities are not lost for it."""
    try:
        action()
    except BaseException as error:  # SystemExit and KeyboardInterrupt of a kernel are errors like any other
        answer.errors.append({"quantity": quantity, "run": run, **failure(error)})
        return False
    return True


def _recorded_value(call: _Call, answer: _Reply, name: str) -> None:
    value, _ = call.recorded(name, with_gradient=False)
    if value is not None:
        answer.add("value", "recorded", value)


def _gradient(call: _Call, answer: _Reply, name: str, value_run: str | None, *, repeated: bool) -> None:
    quantity = f"gradient:{name}"

    def first() -> None:
        value, gradient = call.recorded(name, with_gradient=True)
        if value_run is not None and value is not None:
            answer.add("value", value_run, value)
        if gradient is None:
            answer.missing.append(quantity)
        else:
            answer.add(quantity, "recorded", gradient)

    def again() -> None:
        _, gradient = call.recorded(name, with_gradient=True)
        if gradient is not None:
            answer.add(quantity, "repeat", gradient)

    if _attempt(answer, quantity, "recorded", first) and repeated and quantity not in answer.missing:
        _attempt(answer, quantity, "repeat", again)
