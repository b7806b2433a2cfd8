"""The assertion for a kernel's own tests."""

from __future__ import annotations

from io import StringIO

import numpy as np
from rich.console import Console

from logitproof.reports import Discrepancy, ExaminationResult, exit_status, judgement_view
from logitproof.reports import findings as grouped

from ..inputs.geometry import axis_of
from ..scripts.arrays import SLICED, array_source, storage_of
from ..scripts.inputs import REPEATED, ScriptInputs, script_inputs
from ..scripts.script import form_of
from ..scripts.source import comment
from ..worker.framework import Spelling
from ..worker.source import Snippet, literal, written

WIDTH = 140

_NUMPY = Spelling(
    imports="import ml_dtypes\n",
    version="",
    bits="",
    tensor="",
    bfloat16="wide.astype(ml_dtypes.bfloat16)",
    raw_bfloat16="ml_dtypes.bfloat16",
)


def assert_ok(findings: ExaminationResult) -> None:
    """Pass where nothing gates: results were judged, and no defect is among the findings.

    Raises:
        AssertionError: there are defects, or nothing was judged; its message is the table, the worst of them in plain
            words, and the source that shows the first of these again.
    """
    if exit_status(findings) == 0:
        return
    # Kept from pytest's rewriting and from this frame's clutter: the message says it all.
    __tracebackhide__ = True
    text = StringIO()
    Console(file=text, width=WIDTH, color_system=None).print(judgement_view(findings))
    table = "\n".join(line.rstrip() for line in text.getvalue().splitlines())
    raise AssertionError(f"\n{table}\n{_again(findings)}")


def _again(findings: ExaminationResult) -> str:
    """Return how to see the gravest defect again; "" where there is none, or what is known of it does not suffice."""
    discrepancy = next((each.example for each in grouped(findings) if each.severity == "defect"), None)
    if discrepancy is None:
        return ""
    definition = next((each.definition for each in findings.checks if each.id == discrepancy.check), None) or "literal"
    try:
        source = reproducer(discrepancy, script_inputs(discrepancy), definition)
    except (ArithmeticError, LookupError, TypeError, ValueError):  # findings may be put together by anyone
        return ""
    return f"\nThe first of these again, with what was examined for `kernel`:\n\n{source}"


def reproducer(discrepancy: Discrepancy, inputs: ScriptInputs, definition: str) -> str:
    """Return Python source that calls `kernel`, or `kernel_vjp` for a gradient, and judges what it returns.

    Args:
        discrepancy: what is to be seen again.
        inputs: the inputs that show it.
        definition: what results are held against: "literal", or the name of a deviation.

    Raises:
        ValueError: the format of the inputs is none that NumPy or ml_dtypes has.
    """
    batch = inputs.batch
    arguments = [argument.name for argument in batch.spec.arguments]
    arrays = dict(zip(arguments, batch.arguments, strict=True))
    arrays |= {name: value for name, value in batch.parameters.items() if isinstance(value, np.ndarray)}
    of_gradient = discrepancy.quantity != "value"
    if of_gradient:
        arrays["cotangent"] = batch.cotangent
    storage = storage_of(batch.dtype, _NUMPY)
    keywords = form_of(batch).keywords()
    axis = axis_of(batch) if batch.spec.has_axis else None
    rank = batch.arguments[0].ndim
    assigned = "".join(
        f"{name} = {array_source(array, storage, axis if array.ndim == rank else None, layout)}\n"
        for name, array in arrays.items()
        for layout in [batch.layout if name in arguments and array.dtype.kind != "i" else "contiguous"]
    )
    if of_gradient:
        note = (
            f"The gradient by {discrepancy.quantity.removeprefix('gradient:')}; arrays become tensors of the framework."
        )
        call = Snippet("kernel_vjp", ("cotangent", *arguments, *keywords))
    else:
        note = "Arrays become tensors of the framework."
        call = Snippet("kernel", (*arguments, *keywords))
    given = f"{{{', '.join(f'{literal(name)}: {name}' for name in arrays)}}}"
    options = [each for each in keywords if each.partition("=")[0] not in arrays]
    if definition != "literal":
        options.append(f"definition={literal(definition)}")
    results = f"{{{literal(discrepancy.quantity)}: result}}"
    judged = written("findings = logitproof.judge", [literal(batch.function), given, results, *options])
    imports = "import logitproof\n" + (_NUMPY.imports if "ml_dtypes." in storage.numbers else "")
    helpers = storage.numbers + (f"\n\n{SLICED}" if "sliced(" in assigned else "")
    where = "The case where it stood, among copies of itself." if inputs.note == REPEATED else inputs.note
    return (
        f"{imports}import numpy as np\n\n\n{helpers}\n\n{comment(where)}{assigned}"
        f"{comment(note)}{call.after('result = ')}\n{judged}\nlogitproof.assert_ok(findings)\n"
    )
