"""Arrays as Python source: hex floats where they are few, what repeats itself once, raw bytes where they are many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitproof.reference import format_named
from logitproof.reports import hex_of

from ..worker.framework import Spelling
from ..worker.source import WIDTH, indented, literal, written
from .source import wrapped_strings

MOST_TEXTS = 64
"""So many numbers are written one by one, as hex floats."""

MOST_RUNS = 24
"""So many runs of equal numbers are written as runs, when there are too many numbers to write each."""

SLICED = '''\
def sliced(array):
    """Return the numbers as every other element of a wider array, which lies so in memory."""
    wide = np.empty((*array.shape[:-1], 2 * array.shape[-1] + 1), array.dtype)
    wide.view(np.uint8).fill(0xFF)
    wide[..., 1::2] = array
    return wide[..., 1::2]
'''
"""What a layout needs in a script."""


@dataclass(frozen=True)
class Storage:
    """How a script holds the numbers of a format in NumPy.

    Attributes:
        dtype: the format.
        numbers: the source of the script's function `numbers(text)`.
        raw: the dtype of raw little-endian bytes, as source.
    """

    dtype: str
    numbers: str
    raw: str


def storage_of(dtype: str, spelling: Spelling) -> Storage:
    """Return how a script of a framework holds a format: as NumPy does, or bfloat16 as the framework has it."""
    if dtype != "bfloat16":
        numbers = f'''\
def numbers(text):
    """Return hex floats as an array: the same bits everywhere."""
    return np.array([float.fromhex(number) for number in text.split()], np.{dtype})
'''
        return Storage(dtype, numbers, literal(f"<f{format_named(dtype).numpy_dtype.itemsize}"))
    numbers = f'''\
def numbers(text):
    """Return hex floats as an array: the same bits everywhere."""
    wide = np.array([float.fromhex(number) for number in text.split()], np.float32)
    return {spelling.bfloat16}
'''
    return Storage(dtype, numbers, spelling.raw_bfloat16)


def array_source(array: np.ndarray, storage: Storage, axis: int | None = None, layout: str = "contiguous") -> str:
    """Return an expression for an array in storage.

    Args:
        array: real, in the storage of its format, or int64.
        storage: how the script holds real numbers.
        axis: along which rows run: rows that are all alike are written once.
        layout: how the array lies in memory.
    """
    whole = _full(array, storage) or _tiled(array, storage, axis) or _reshaped(_vector(array, storage), array.shape)
    if layout == "contiguous" or array.ndim == 0:
        return whole
    return f'{whole}.copy(order="F")' if layout == "transposed" else written("sliced", [whole])


def _bits(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array).reshape(-1).view(f"u{array.dtype.itemsize}")


def _full(array: np.ndarray, storage: Storage) -> str | None:
    """Write an array of one number over and over."""
    bits = _bits(array)
    if array.ndim == 0 or array.size == 1 or (bits != bits[0]).any():
        return None
    first = array.reshape(-1)[:1]
    number = str(first[0]) + ", np.int64" if array.dtype.kind == "i" else _vector(first, storage)
    return f"np.full({array.shape}, {number})"


def _tiled(array: np.ndarray, storage: Storage, axis: int | None) -> str | None:
    """Write an array of one row over and over."""
    if axis is None or array.ndim < 2 or array.size == array.shape[axis]:
        return None
    rows = np.moveaxis(array, axis, -1).reshape(-1, array.shape[axis])
    bits = _bits(rows).reshape(rows.shape)
    if (bits != bits[0]).any():
        return None
    row_axis = axis % array.ndim
    row = _vector(rows[0], storage)
    if row_axis != array.ndim - 1:
        row += f".reshape{tuple(-1 if side == row_axis else 1 for side in range(array.ndim))}"
    copies = tuple(1 if side == row_axis else count for side, count in enumerate(array.shape))
    return written("np.tile", [row, str(copies)])


def _reshaped(vector: str, shape: tuple[int, ...]) -> str:
    return vector if len(shape) == 1 else f"{vector}.reshape({', '.join(map(str, shape)) or '()'})"


def _vector(array: np.ndarray, storage: Storage) -> str:
    """Write the numbers of an array in C order, as an array of one axis."""
    flat = np.ascontiguousarray(array).reshape(-1)
    if array.dtype.kind == "i":
        return _integers(flat)
    if not _is_canonical(flat):
        return _raw(flat, storage.raw)
    if flat.size <= MOST_TEXTS:
        return _texts(flat)
    bits = _bits(flat)
    starts = np.flatnonzero(np.concatenate([[True], bits[1:] != bits[:-1]]))
    if len(starts) <= MOST_RUNS:
        lengths = np.diff([*starts, flat.size]).tolist()
        return written("np.repeat", [_texts(flat[starts]), str(lengths)])
    return _raw(flat, storage.raw)


def _is_canonical(flat: np.ndarray) -> bool:
    """Whether every NaN is the one that a conversion from Python's makes."""
    with np.errstate(invalid="ignore"):  # NumPy grumbles about signalling NaN
        nan = np.isnan(flat.astype(np.float64))
    return bool((_bits(flat)[nan] == _bits(np.array([np.nan], np.float64).astype(flat.dtype))[0]).all())


def _texts(flat: np.ndarray) -> str:
    texts = ["nan" if np.isnan(float(number)) else hex_of(number) for number in flat]
    line = f'numbers("{" ".join(texts)}")'
    return line if len(line) <= WIDTH - 32 else f"numbers(\n{indented(wrapped_strings(texts, ' '))}\n)"


def _integers(flat: np.ndarray) -> str:
    if flat.size > MOST_TEXTS:
        return _raw(flat, '"<i8"')
    return written("np.array", [str(flat.tolist()), "np.int64"])


def _raw(flat: np.ndarray, dtype: str) -> str:
    digits = flat.astype(flat.dtype.newbyteorder("<")).tobytes().hex()
    pieces = [digits[start : start + 80] for start in range(0, len(digits), 80)]
    strings = indented("\n".join(f'"{piece}"' for piece in pieces))
    return written("np.frombuffer", [f"bytes.fromhex(\n{strings}\n)", dtype], ".copy()")
