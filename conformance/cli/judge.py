"""`logitproof judge`: judge results that came from anywhere, from two .npz files."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from logitproof.reference import FUNCTIONS
from logitproof.reports import exit_status, judgement_view

from ..api.examine import judge
from ..errors import UserError, unknown
from ..inputs.npz import read_npz
from .output import show


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """Judge the outputs in one file at the inputs in the other; the exit status is that of the design's §10."""
    del typed
    if options.function not in FUNCTIONS:
        raise unknown("function", options.function, FUNCTIONS)
    try:
        inputs, outputs = read_npz(options.inputs), read_npz(options.outputs)
        named = {name.replace("gradient_", "gradient:", 1): array for name, array in outputs.items()}
        findings = judge(options.function, inputs, named, definition=options.definition)
    except ValueError as error:
        raise UserError(str(error)) from None
    show(judgement_view(findings))
    return exit_status(findings)
