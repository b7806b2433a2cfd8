"""The build backend: that of setuptools, which here writes nothing into the folder that it builds from.

On its own it leaves `build/` and `*.egg-info` in a checkout for every `pip install .`, and takes files from there the
next time, also those that are gone from the sources.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec, TypeVar
from unittest import mock

from setuptools import build_meta

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def _elsewhere() -> Iterator[None]:
    """Let setuptools work in a folder that is removed afterwards."""
    with TemporaryDirectory(prefix="logitproof-build-") as folder:
        settings = Path(folder, "setuptools.cfg")
        settings.write_text(f"[build]\nbuild_base = {folder}/build\n[egg_info]\negg_base = {folder}\n", "utf-8")
        with mock.patch.dict(os.environ, DIST_EXTRA_CONFIG=str(settings)):
            yield


def _tidy(hook: Callable[P, T]) -> Callable[P, T]:
    @wraps(hook)
    def tidied(*arguments: P.args, **keywords: P.kwargs) -> T:
        with _elsewhere():
            return hook(*arguments, **keywords)

    return tidied


get_requires_for_build_sdist = _tidy(build_meta.get_requires_for_build_sdist)
get_requires_for_build_wheel = _tidy(build_meta.get_requires_for_build_wheel)
get_requires_for_build_editable = _tidy(build_meta.get_requires_for_build_editable)
prepare_metadata_for_build_wheel = _tidy(build_meta.prepare_metadata_for_build_wheel)
prepare_metadata_for_build_editable = _tidy(build_meta.prepare_metadata_for_build_editable)
build_sdist = _tidy(build_meta.build_sdist)
build_wheel = _tidy(build_meta.build_wheel)
build_editable = _tidy(build_meta.build_editable)
