"""What a user waits for first: the start of the command."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest


def _start(words: tuple[str, ...]) -> None:
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.benchmark(group="start-up: logitproof --help beside an empty Python (the aim is 0.25 s)")
@pytest.mark.parametrize("words", [("-c", "pass"), ("-m", "logitproof", "--help")], ids=["python", "logitproof --help"])
def test_help(benchmark: Any, words: tuple[str, ...]) -> None:  # noqa: ANN401 - pytest-benchmark exports no type
    benchmark.pedantic(_start, args=(words,), rounds=10, warmup_rounds=1)
