"""Two runs of a module, of which the newer is worse, and what tests do to their records."""

from __future__ import annotations

from dataclasses import replace

from logitproof.conformance.cli.main import main
from logitproof.conformance.compare.runs import ComparedRun
from logitproof.reports import decode_comparison, encode_record, read_record

KERNELS = """
import numpy as np
framework = "numpy"
np.seterr(all="ignore")

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
"""
WORSE = KERNELS.replace("1 / (1 + np.exp(-x))", "1 / (1 + np.exp(-x)) * x.dtype.type(1.001)")


def edited(folder, **changes):
    """Change a record."""
    record = read_record(folder)
    for name, change in changes.items():
        record = replace(record, **{name: change(getattr(record, name))})
    (folder / "record.json").write_bytes(encode_record(record))


def refused(capsys, *words):
    """Return the line of a comparison that is refused, with status 2 and nothing printed."""
    assert main(["compare", *map(str, words)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


def compared(capsys, *words):
    """Return status and comparison."""
    status = main(["compare", *map(str, words), "--format", "json"])
    return status, decode_comparison(capsys.readouterr().out.encode())


def run_of(folder):
    return ComparedRun(read_record(folder), folder, folder.name)
