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
                message = f"{path}: more than {MAX_BYTES} bytes of arrays"
                raise UserError(message)
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: _named(archive[name]) for name in archive.files}
    except OSError as error:
        message = f"{path}: {error.strerror or error}"
        raise UserError(message) from None
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        message = f"{path}: not a .npz file of plain arrays (write it with numpy.savez): {error}"
        raise UserError(message) from None
    if not arrays:
        message = f"{path}: holds no arrays"
        raise UserError(message)
    return arrays


def _named(array: object) -> np.ndarray:
    if not isinstance(array, np.ndarray):
        message = "an entry is not an array"
        raise ValueError(message)  # noqa: TRY004 - it is the file that is wrong, not the caller
    return array.view(ml_dtypes.bfloat16) if array.dtype == np.dtype("V2") else array
