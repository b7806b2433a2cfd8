"""A record whose renderings are kept word for word in tests/expected/, and how they are compared."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest
from checkout import EXPECTED
from record_samples import check, discrepancy, record
from rich.console import Console

from logitproof.reports import array_record, hex_of


def expected_sample():
    torch = check(severities={"defect": 2, "weakness": 1, "convention": 1, "undecided": 1}, coverage="10 of 10 inputs")
    row = {"logits": array_record(np.array([0, -10], np.float16)), "labels": array_record(np.int64(1))}
    keras = check(
        "keras",
        "3.15.1",
        function="sparse_softmax_cross_entropy",
        entry_point="keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        dtype="float16",
        parameters={"axis": -1, "label_smoothing": hex_of(0.125)},
        severities={"convention": 1},
        tiers={"M": 4, "limit": 6},
    )
    unsupported = check("keras", "3.15.1", status="unsupported", reason="no keyword 'weight'", elements=0)
    return record(
        torch,
        keras,
        unsupported,
        discrepancies=(
            discrepancy(torch, cause="exp underflows"),
            discrepancy(torch, severity="weakness", kind="flushed to zero", index=()),
            discrepancy(torch, severity="undecided", kind="undecided"),
            discrepancy(torch, severity="convention", kind="choice", observed="nan:0x7fc00000", case="choice"),
            discrepancy(keras, severity="convention", kind="stated deviation", inputs=row, observed=hex_of(10.0)),
        ),
    )


def printed(renderable, width=120):
    text = StringIO()
    Console(file=text, width=width, color_system=None).print(renderable)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def expect(name: str, text: str) -> None:
    """Compare with the file of that name. To accept a change: delete the file, run the test twice, read the diff."""
    file = EXPECTED / name
    if not file.exists():
        file.write_text(text, encoding="utf-8")
        pytest.fail(f"{file} did not exist: it was written, read it")
    assert text == file.read_text(encoding="utf-8")
