"""Rendering beside writing the record: ten thousand checks are told in seconds, whatever the format."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from logitproof.conformance.cli.output import shown_text
from logitproof.reports import (
    Record,
    encode_record,
    github_annotations,
    html_report,
    junit,
    record_view,
    summary,
)

FORMATS: dict[str, Callable[[Record], object]] = {
    "json, the record itself": encode_record,
    "terminal": lambda record: shown_text(record_view(record)),
    "markdown": summary,
    "junit": junit,
    "github": github_annotations,
    "html": lambda record: html_report(record, {}),
}


@cache
def _record() -> Record:
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    from report_samples import many  # noqa: PLC0415 - found only now

    made: Record = many(10_000)
    return made


@pytest.mark.benchmark(group="a record of 10,000 checks, each format beside writing the record (the aim is 5 s)")
@pytest.mark.parametrize("name", FORMATS)
def test_rendering(benchmark: Any, name: str) -> None:  # noqa: ANN401 - pytest-benchmark exports no type
    record = _record()
    benchmark.pedantic(FORMATS[name], args=(record,), rounds=3, warmup_rounds=1)
