"""Arrays in the record: short ones readable, long ones as bytes, very long ones by reference into the corpus."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta

from logitproof.reference import FORMATS, format_named

from .hexfloat import hex_of, scalar_from

READABLE_ELEMENTS = 64
"""Up to so many elements an array is written number by number."""
STORED_ELEMENTS = 4096
"""Up to so many elements an array is written at all; beyond, it is a reference into the corpus."""


@dataclass(frozen=True)
class Array:
    """An array of the record; exactly one of `values`, `data` and `corpus` is set.

    Attributes:
        dtype: a float format, or "int64".
        shape: its shape.
        values: up to 64 elements in C order, floats as `hex_of` writes them, integers in decimal.
        data: more elements, as the hex digits of their little-endian bytes in C order.
        corpus: still more: where in the corpus it is found.
    """

    dtype: str
    shape: tuple[Annotated[int, Meta(ge=0)], ...]
    values: tuple[str, ...] | None = None
    data: str | None = None
    corpus: str | None = None

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.values, self.data, self.corpus)) != 1:
            raise ValueError("an array is written as exactly one of values, data and corpus")


def array_record(array: np.ndarray, corpus: str | None = None) -> Array:
    """Return `array` as the record keeps it.

    `corpus` tells where a reader finds an array of more than 4,096 elements; without it the bytes are written out,
    because an input that nobody can rebuild would be worth nothing.
    """
    array = np.asarray(array)
    dtype = array.dtype.name
    if array.size <= READABLE_ELEMENTS:
        write = hex_of if dtype in FORMATS else str
        return Array(dtype, array.shape, values=tuple(write(element) for element in array.ravel()))
    if array.size > STORED_ELEMENTS and corpus is not None:
        return Array(dtype, array.shape, corpus=corpus)
    return Array(dtype, array.shape, data=little_endian_bytes(array).hex())


def array_value(record: Array) -> np.ndarray | None:
    """Return the array that `record` stands for, or None where it is a reference into the corpus.

    Raises:
        ValueError: text, dtype and shape do not fit together.
    """
    if record.corpus is not None:
        return None
    size = math.prod(record.shape)
    dtype = format_named(record.dtype).numpy_dtype if record.dtype != "int64" else np.dtype(np.int64)
    if record.data is not None:
        array = np.frombuffer(bytes.fromhex(record.data), dtype)
    elif record.dtype == "int64":
        array = np.array([int(text) for text in record.values or ()], dtype)
    else:
        array = np.array([scalar_from(text, record.dtype) for text in record.values or ()], dtype)
    if array.size != size:
        raise ValueError(f"{array.size} elements do not fill the shape {record.shape}")
    return array.reshape(record.shape)


def little_endian_bytes(array: np.ndarray) -> bytes:
    """Return the bytes of `array` in C order, each element little-endian."""
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
