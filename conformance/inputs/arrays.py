"""A user's own tensors: batches from the arrays of an .npz file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np

from logitproof.reference import FORMATS, FUNCTIONS, Argument, Function, function_named

from ..errors import UserError
from .batch import Batch
from .bits import BitStream, stored
from .npz import read_npz

USER_CLASS = "user"
"""The input class of batches that come from a user's file."""

_REDUCTIONS = ("none", "mean", "sum")
_COTANGENT = "cotangent"


def input_batches(
    path: Path, *, functions: Sequence[str] | None = None, dtypes: Sequence[str] | None = None
) -> list[Batch]:
    """Return one batch for each function whose arguments the .npz file at `path` holds.

    Arrays are named as the arguments are (`logits`, `labels`, `probs`, …), options as the keywords are (`axis`, -1 by
    default, `weight`, `pos_weight`, `label_smoothing`, `ignore_index`, `reduction`). Integer labels go to the functions
    that take class indices, floating-point ones to those that take distributions; functions of the logits alone get
    them too. A `cotangent` may be given, where one function is asked for.

    Args:
        path: a file that `numpy.savez` wrote.
        functions: canonical names to restrict the batches to.
        dtypes: formats to restrict them to.

    Raises:
        UserError: the file cannot be used; one line says why.
    """
    arrays = read_npz(path)
    chosen = [function_named(name) for name in functions] if functions else FUNCTIONS.values()
    fitting = [each for each in chosen if _fits(each, arrays)]
    if not fitting:
        held = ", ".join(f"{name} ({array.dtype.name})" for name, array in arrays.items())
        raise UserError(
            f"{path}: no function finds its arguments here: {held}; name the arrays as a function's arguments are"
        )
    known = {
        _COTANGENT,
        *(each for spec in fitting for each in (*(one.name for one in spec.arguments), *spec.keywords)),
    }
    _refuse_unknown(arrays, known, f"{path}: ")
    try:
        batches = [batch_from_arrays(each.name, arrays, name=f"{USER_CLASS}/{path.name}") for each in fitting]
    except ValueError as error:
        raise UserError(f"{path}: {error}") from None
    kept = [batch for batch in batches if not dtypes or batch.dtype in dtypes]
    if not kept:
        raise UserError(f"{path}: the arrays are {batches[0].dtype}, and only {', '.join(dtypes or ())} was asked for")
    return kept


def batch_from_arrays(function: str, arrays: Mapping[str, np.ndarray], *, name: str = USER_CLASS) -> Batch:
    """Return the batch of one call of `function` with the given arrays.

    Arrays that are neither arguments nor keywords of the function are left out. The cotangent, unless given, has random
    multiples of 1/8 between -4 and 4.

    Args:
        function: canonical name.
        arrays: arguments and keywords by name; `axis` is -1 by default.
        name: what the batch is called.

    Raises:
        ValueError: unknown function, an argument missing, or shapes or dtypes that do not belong together.
    """
    spec = function_named(function)
    missing = [each.name for each in spec.arguments if each.name not in arrays]
    if missing:
        raise ValueError(f"{function} needs {' and '.join(missing)}; there are {', '.join(arrays)}")
    arguments = tuple(np.array(arrays[each.name], order="C") for each in spec.arguments)
    dtype = _common_dtype(spec, arguments)
    parameters = _parameters(spec, arrays, arguments[0], dtype)
    _check_shapes(spec, arguments, parameters)
    shape = _value_shape(spec, arguments[0].shape, parameters)
    return Batch(
        function=function,
        dtype=dtype,
        input_class=USER_CLASS,
        name=name,
        arguments=tuple(_argument(each, array) for each, array in zip(spec.arguments, arguments, strict=True)),
        parameters=parameters,
        cotangent=_cotangent(spec, arrays, shape, dtype),
    )


def _fits(function: Function, arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether the arrays hold every argument; labels are integers just where class indices are due."""
    return all(each.name in arrays and each.is_real != _is_integer(arrays[each.name]) for each in function.arguments)


def _refuse_unknown(arrays: Mapping[str, np.ndarray], known: set[str], prefix: str) -> None:
    unknown = sorted(arrays.keys() - known)
    if unknown:
        raise UserError(f"{prefix}nothing takes {', '.join(unknown)}: arrays may be called {', '.join(sorted(known))}")


def _is_integer(array: np.ndarray) -> bool:
    return array.dtype.kind in "iu"


def _common_dtype(function: Function, arguments: tuple[np.ndarray, ...]) -> str:
    dtypes = {}
    for argument, array in zip(function.arguments, arguments, strict=True):
        if argument.is_real == _is_integer(array) or (argument.is_real and array.dtype.name not in FORMATS):
            wanted = f"one of {', '.join(FORMATS)}" if argument.is_real else "integers"
            raise ValueError(f"{function.name}: {argument.name} are {array.dtype.name}, and must be {wanted}")
        if argument.is_real:
            dtypes[argument.name] = array.dtype.name
    if len(set(dtypes.values())) > 1:
        named = " and ".join(f"{name} are {dtype}" for name, dtype in dtypes.items())
        raise ValueError(f"{function.name}: {named}; give them in one dtype")
    return next(iter(dtypes.values()))


def _parameters(
    function: Function, arrays: Mapping[str, np.ndarray], first: np.ndarray, dtype: str
) -> dict[str, object]:
    parameters: dict[str, object] = {"axis": -1} if function.has_axis else {}
    for keyword in function.keywords:
        if keyword in arrays:
            value = _keyword(function, keyword, arrays[keyword], first, dtype)
            if keyword == "axis" or isinstance(value, np.ndarray) or value != function.options[keyword]:
                parameters[keyword] = value
    return parameters


def _keyword(function: Function, keyword: str, given: np.ndarray, first: np.ndarray, dtype: str) -> object:
    if keyword in ("weight", "pos_weight"):
        if given.dtype.name != dtype:
            raise ValueError(f"{function.name}: {keyword} is {given.dtype.name}, the arguments are {dtype}")
        return given
    if given.ndim:
        raise ValueError(f"{function.name}: {keyword} must be a single value, not an array of shape {given.shape}")
    value = given.item()
    allowed = {
        "axis": isinstance(value, int) and -first.ndim <= value < first.ndim,
        "ignore_index": isinstance(value, int),
        "label_smoothing": isinstance(value, float) and 0 <= value <= 1,
        "reduction": value in _REDUCTIONS,
    }
    if not allowed[keyword]:
        raise ValueError(f"{function.name}: {keyword} cannot be {value!r} for arguments of shape {first.shape}")
    return value


def _check_shapes(function: Function, arguments: tuple[np.ndarray, ...], parameters: Mapping[str, object]) -> None:
    real = next(array for each, array in zip(function.arguments, arguments, strict=True) if each.is_real)
    if real.size == 0 or (function.has_axis and real.ndim == 0):
        raise ValueError(f"{function.name}: arguments of shape {real.shape} hold no case")
    for argument, array in zip(function.arguments, arguments, strict=True):
        wanted = real.shape if argument.is_real else _without_axis(real.shape, parameters)
        if array.shape != wanted:
            raise ValueError(f"{function.name}: {argument.name} have shape {array.shape}, and must have {wanted}")
    for keyword in ("weight", "pos_weight"):
        value = parameters.get(keyword)
        if isinstance(value, np.ndarray):
            _check_weight(function, keyword, value.shape, real.shape, parameters)


def _check_weight(
    function: Function,
    keyword: str,
    shape: tuple[int, ...],
    real: tuple[int, ...],
    parameters: Mapping[str, object],
) -> None:
    if function.has_axis:
        good = shape == (real[_axis(parameters)],)
    else:
        try:
            good = np.broadcast_shapes(shape, real) == real
        except ValueError:
            good = False
    if not good:
        raise ValueError(f"{function.name}: {keyword} of shape {shape} does not fit arguments of shape {real}")


def _axis(parameters: Mapping[str, object]) -> int:
    return cast("int", parameters["axis"])


def _without_axis(shape: tuple[int, ...], parameters: Mapping[str, object]) -> tuple[int, ...]:
    axis = _axis(parameters) % len(shape)
    return shape[:axis] + shape[axis + 1 :]


def _value_shape(function: Function, shape: tuple[int, ...], parameters: Mapping[str, object]) -> tuple[int, ...]:
    if parameters.get("reduction", "none") != "none":
        return ()
    return _without_axis(shape, parameters) if function.result == "row" else shape


def _argument(argument: Argument, array: np.ndarray) -> np.ndarray:
    return array if argument.is_real else array.astype(np.int64)


def _cotangent(function: Function, arrays: Mapping[str, np.ndarray], shape: tuple[int, ...], dtype: str) -> np.ndarray:
    if _COTANGENT not in arrays:
        source = BitStream.of(USER_CLASS, function.name, dtype, str(shape))
        eighths = source.integers(1, 33, *shape) * source.named("signs").signs(*shape)
        return stored(np.ldexp(eighths, -3), FORMATS[dtype])
    given = arrays[_COTANGENT]
    if given.shape != shape or given.dtype.name != dtype:
        raise ValueError(
            f"{function.name}: the cotangent is {given.dtype.name} of shape {given.shape}, "
            f"and must be {dtype} of shape {shape}"
        )
    return given
