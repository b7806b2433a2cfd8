"""Arrays from a .npz file: strictly, since the file may come from anywhere."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import ml_dtypes
import numpy as np

from ..errors import UserError

MAX_BYTES = 1 << 32
"""The largest total of unpacked arrays that is read."""


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a .npz file by name; bfloat16, which NumPy writes as nameless 2-byte items, is recognised.

    Raises:
        UserError: the file is missing, is no .npz, holds Python objects, is damaged, empty or too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > MAX_BYTES:
                raise UserError(f"{path}: more than {MAX_BYTES} bytes of arrays")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: _named(archive[name]) for name in archive.files}
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise UserError(f"{path}: not a .npz file of plain arrays (write it with numpy.savez): {error}") from None
    if not arrays:
        raise UserError(f"{path}: holds no arrays")
    return arrays


def _named(array: object) -> np.ndarray:
    if not isinstance(array, np.ndarray):
        raise ValueError("an entry is not an array")  # noqa: TRY004 - it is the file that is wrong, not the caller
    return array.view(ml_dtypes.bfloat16) if array.dtype == np.dtype("V2") else array
