"""Messages on the wire: a JSON header and raw little-endian arrays, length-prefixed."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO

import numpy as np

PROTOCOL = 2
"""The version of the protocol; parent and worker must agree on it."""

PREFIX = struct.Struct("<QQ")
"""Byte counts of the header and of the body, ahead of both."""

_NUMERIC = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_FLOATING = ("float16", "float32", "float64", "complex64", "complex128")

Header = dict[str, Any]


class WireError(Exception):
    """The bytes are not a message of the protocol."""


@dataclass(frozen=True)
class Array:
    """An array as it travels: the name of its dtype, and its elements in `storage_of(dtype)`.

    NumPy has no bfloat16 of its own, so those travel as their 16-bit patterns.
    """

    dtype: str
    data: np.ndarray

    def equals(self, other: Array) -> bool:
        """Whether dtype, shape and every bit agree: NaN payloads and signs of zero included."""
        same_kind = self.dtype == other.dtype and self.data.shape == other.data.shape
        return same_kind and self.data.tobytes() == other.data.tobytes()


def storage_of(dtype: str) -> np.dtype:
    """Return the little-endian NumPy dtype whose bytes stand for a `dtype` on the wire.

    Raises:
        WireError: the protocol has no such dtype.
    """
    if dtype == "bfloat16":
        return np.dtype("<u2")
    if dtype not in _NUMERIC + _FLOATING:
        raise WireError(f"no dtype {dtype!r} on the wire")
    return np.dtype(dtype).newbyteorder("<")


def array_of(data: Any) -> Array:
    """Return `data`, an array or number that NumPy understands, ready to travel.

    What the wire does not know (float128, say) travels as float64 under its own name: its dtype is wrong anyway.
    """
    array = np.asarray(data)
    name = _name_of(array.dtype)
    if name == "bfloat16":
        return Array(name, array.view(np.uint16))
    if name in _NUMERIC + _FLOATING:
        return Array(name, array)
    return Array(name, array.astype(np.float64))


@cache
def _name_of(dtype: np.dtype) -> str:
    """Return the name of a dtype; NumPy puts it together anew each time, which takes longer than a small softmax."""
    return dtype.name


def encode(header: Header, arrays: Sequence[Array]) -> list[bytes]:
    """Return a message as the byte strings to be sent one after the other."""
    payload = [array.data.astype(array.data.dtype.newbyteorder("<"), copy=False).tobytes() for array in arrays]
    described = [_description(array) for array in arrays]
    text = json.dumps({**header, "arrays": described}, allow_nan=False).encode()
    return [PREFIX.pack(len(text), sum(map(len, payload))), text, *payload]


def _description(array: Array) -> Header:
    stored = _name_of(array.data.dtype)
    described: Header = {"dtype": array.dtype, "shape": list(array.data.shape)}
    if array.dtype not in ("bfloat16", stored):
        described["stored"] = stored
    return described


def decode(text: bytes, body: bytearray) -> tuple[Header, list[Array]]:
    """Return the header and the arrays of a message.

    Raises:
        WireError: the header is not a JSON object with a list of arrays, or does not match the body.
    """
    try:
        header = json.loads(text)
        described = [(item["dtype"], item.get("stored", item["dtype"]), item["shape"]) for item in header["arrays"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WireError(f"not a message: {error}") from None
    arrays, offset = [], 0
    for dtype, stored, shape in described:
        storage, count = storage_of(stored), _size(shape)
        end = offset + count * storage.itemsize
        if end > len(body):
            raise WireError("the body is shorter than its header says")
        flat = np.frombuffer(body, dtype=storage, count=count, offset=offset)
        arrays.append(Array(dtype, flat.astype(storage.newbyteorder("=")).reshape(shape)))
        offset = end
    if offset != len(body):
        raise WireError("the body is longer than its header says")
    return header, arrays


def _size(shape: Any) -> int:
    if not isinstance(shape, list) or any(not isinstance(side, int) or side < 0 for side in shape):
        raise WireError(f"not a shape: {shape!r}")
    size = 1
    for side in shape:
        size *= side
    return size


def read_message(stream: BinaryIO) -> tuple[Header, list[Array]] | None:
    """Read one message, or return None where the stream has ended."""
    prefix = stream.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    header_size, body_size = PREFIX.unpack(prefix)
    text, body = stream.read(header_size), bytearray(body_size)
    if len(text) < header_size or stream.readinto(body) < body_size:  # type: ignore[attr-defined]
        return None
    return decode(text, body)


def write_message(stream: BinaryIO, header: Header, arrays: Sequence[Array] = ()) -> None:
    """Write one message and send it off."""
    stream.write(b"".join(encode(header, arrays)))
    stream.flush()
