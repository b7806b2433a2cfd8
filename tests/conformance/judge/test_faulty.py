"""Faulty implementations, each caught as a defect, and for what is wrong with it.

The modules `tests/kernels/faulty_*.py` are examined as any user's backend is. For every fault the table says which
quantities are hurt, which kinds of failure that makes, and at which inputs: a defect anywhere else would be a false
accusation, for all else in these modules is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from checkout import PLANTED
from setting_samples import EAGER

from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.reports import Discrepancy, Record, array_value, check_id

pytestmark = pytest.mark.framework("torch", "tensorflow")

Inputs = Mapping[str, np.ndarray]
"""The arguments of the case where a finding was made, by name, in float64."""

WRONG = ("beyond bound", "nan", "infinity", "limit missed")
"""Kinds of failure of a wrong number."""


@dataclass(frozen=True)
class Fault:
    """One planted fault.

    Attributes:
        function: the function of the module that has it.
        quantities: what it hurts, "value" or names of arguments.
        kinds: the kinds of failure it may show.
        where: whether it can show at these inputs.
        options: a check that shows it in the ci profile, as the options and input class of its batches; None where
            the smoke profile shows it.
        dtype: the format it is looked for in.
    """

    function: str
    quantities: tuple[str, ...]
    kinds: tuple[str, ...] = WRONG
    where: Callable[[Inputs], bool] = lambda inputs: True
    options: tuple[str, Mapping[str, object]] | None = None
    dtype: str = "float32"


def _first(inputs: Inputs) -> np.ndarray:
    return next(iter(inputs.values()))


def _masked(inputs: Inputs) -> bool:
    return bool(np.isneginf(inputs["logits"]).any())


def _far(inputs: Inputs) -> bool:
    """Whether an exponential overflows, underflows or is small enough to round away."""
    return bool((np.abs(_first(inputs)) > 4).any())


def _spread(inputs: Inputs) -> bool:
    """Whether a probability is below 1e-6."""
    x = inputs["logits"]
    return bool(x.max() - x.min() > 10)


def _nan(inputs: Inputs) -> bool:
    return bool(np.isnan(_first(inputs)).any())


def _unnormalised(name: str) -> Callable[[Inputs], bool]:
    return lambda inputs: bool(abs(inputs[name].sum() - 1) > 1e-9)


CI_MIXED = ("mixed", {})
IGNORED = {"ignore_index": -100}

FAULTS: dict[str, tuple[Fault, ...]] = {
    "faulty_torch_formulas": (
        Fault("softmax", ("value", "logits"), where=lambda i: bool((np.abs(i["logits"]) > 80).any())),
        Fault("log_softmax", ("value", "logits")),
        Fault("logsumexp", ("value", "logits"), where=lambda i: i["logits"].max() < 0),
        Fault("sigmoid", ("value", "x"), where=lambda i: i["x"].min() < 0 or _nan(i)),
        Fault("log_sigmoid", ("value", "x")),
        Fault("softplus", ("value", "x")),
        Fault("logit", ("value", "probs"), where=lambda i: not 1e-6 <= i["probs"].item() <= 1 - 1e-6),
        Fault("entropy", ("value",), ("nan",), where=lambda i: bool((i["probs"] == 0).any())),
        Fault("entropy_terms", ("value", "probs"), ("beyond bound",)),
        Fault("kl_divergence", ("value", "labels", "probs")),
        Fault("kl_divergence_from_log_probs", ("value", "labels", "log_probs"), ("beyond bound",)),
        Fault("kl_divergence_terms", ("value", "labels", "probs")),
        Fault("kl_divergence_terms_from_log_probs", ("value", "labels"), ("beyond bound",)),
        Fault("softmax_cross_entropy", ("value", "logits", "labels"), where=_spread),
        Fault(
            "sparse_softmax_cross_entropy",
            ("value", "logits"),
            (*WRONG, "error"),
            where=lambda i: i["labels"].item() > 2048,
            options=("wide", {}),
        ),
        Fault("sigmoid_cross_entropy", ("value", "logits", "labels")),
        Fault("categorical_cross_entropy", ("value", "probs", "labels")),
        Fault(
            "sparse_categorical_cross_entropy",
            ("value", "probs"),
            where=lambda i: i["labels"].item() > 255,
        ),
        Fault("binary_cross_entropy", ("value", "probs", "labels")),
        Fault(
            "nll_loss",
            ("value", "log_probs"),
            ("beyond bound",),
            options=("options", {"reduction": "mean", "weight": "given"}),
        ),
    ),
    "faulty_torch_gradients": (
        Fault("softmax", ("logits",), ("beyond bound",)),
        Fault("log_softmax", ("logits",), ("beyond bound", "nan")),
        Fault("logsumexp", ("logits",), ("beyond bound",)),
        Fault("sigmoid", ("x",), ("beyond bound",), where=lambda i: abs(i["x"]).item() > 5),
        Fault("log_sigmoid", ("x",), ("beyond bound",), where=lambda i: i["x"].item() == 0),
        Fault("softplus", ("x",), ("missing gradient",)),
        Fault("logit", ("probs",), ("beyond bound", "infinity"), where=lambda i: i["cotangent"].item() < 0),
        Fault("entropy", ("probs",), ("beyond bound",)),
        Fault("kl_divergence", ("probs",), where=lambda i: bool((i["labels"] != 1).any())),
        Fault("softmax_cross_entropy", ("logits",), ("beyond bound",), where=_unnormalised("labels")),
        Fault(
            "sparse_softmax_cross_entropy",
            ("logits",),
            ("beyond bound",),
            where=lambda i: i["labels"].item() == -100,
            options=("options", IGNORED),
        ),
        Fault("sigmoid_cross_entropy", ("labels",), ("beyond bound", "infinity")),
        Fault("categorical_cross_entropy", ("probs",), ("beyond bound",)),
        Fault("binary_cross_entropy", ("probs",), ("beyond bound",)),
        Fault("nll_loss", ("log_probs",), ("beyond bound",), options=("options", {"reduction": "mean"})),
    ),
    "faulty_torch_options": (
        Fault("softmax", ("value", "logits"), ("beyond bound",), options=("mixed", {"axis": -2})),
        Fault("log_softmax", ("value", "logits")),
        Fault("logsumexp", ("value", "logits"), ("shape", "error")),
        Fault("entropy", ("value", "probs"), ("shape", "error")),
        Fault("softmax_cross_entropy", ("value", "logits", "labels"), ("beyond bound",)),
        Fault("sparse_softmax_cross_entropy", ("value", "logits"), ("beyond bound",)),
        Fault("sigmoid_cross_entropy", ("value", "logits", "labels"), ("beyond bound",)),
        Fault(
            "categorical_cross_entropy",
            ("value", "probs"),
            ("beyond bound",),
            options=("options", {"label_smoothing": "0x1p-3"}),
        ),
        Fault("binary_cross_entropy", ("value", "probs"), ("beyond bound",)),
        Fault("nll_loss", ("value", "log_probs"), ("beyond bound",), options=("options", {"weight": "given"})),
    ),
    "faulty_torch_places": (
        Fault("softmax", ("value", "logits"), ("beyond bound",)),
        Fault("log_softmax", ("value", "logits"), where=lambda i: i["logits"].size % 8 != 0),
        Fault("logsumexp", ("value", "logits")),
        Fault("sigmoid", ("value",), ("input modified",)),
        Fault("log_sigmoid", ("value",), (*WRONG, "dtype"), dtype="float64"),
        Fault("softplus", ("value", "x"), ("beyond bound",), where=lambda i: i["x"].item() < -10),
        Fault("logit", ("value", "probs"), ("beyond bound", "infinity")),
        Fault("entropy", ("value", "probs"), ("beyond bound",)),
        Fault("kl_divergence", ("value", "labels", "probs"), ("error",), where=lambda i: i["probs"].max() > 0.5),
        Fault(
            "softmax_cross_entropy",
            ("value", "logits", "labels"),
            ("beyond bound",),
            options=("options", {"reduction": "mean"}),
        ),
        Fault("sparse_softmax_cross_entropy", ("value", "logits"), ("beyond bound",)),
        Fault("sigmoid_cross_entropy", ("value", "logits", "labels"), ("beyond bound",)),
        Fault("nll_loss", ("value", "log_probs"), where=lambda i: i["labels"].item() != 0),
        Fault(
            "binary_cross_entropy",
            ("value", "probs", "labels"),
            ("beyond bound",),
            where=lambda i: abs(i["probs"].item() - 0.5) <= 0.01,
        ),
    ),
    "faulty_torch_precision": (
        Fault("softmax", ("value", "logits"), ("beyond bound",)),
        Fault("log_softmax", ("value", "logits"), dtype="float64"),
        Fault("logsumexp", ("value", "logits"), ("beyond bound",)),
        Fault("sigmoid", ("value", "x"), ("beyond bound",)),
        Fault("log_sigmoid", ("value",), ("limit missed",), where=_nan),
        Fault("softplus", ("value", "x"), ("beyond bound",), where=lambda i: i["x"].item() > 10),
        Fault("softmax_cross_entropy", ("value", "logits", "labels")),
        Fault("sparse_softmax_cross_entropy", ("value",), ("beyond bound",)),
        Fault("sigmoid_cross_entropy", ("logits",), ("beyond bound",), where=lambda i: i["logits"].item() == 0),
        Fault("entropy", ("value",), ("limit missed",), where=_nan),
        Fault("nll_loss", ("value", "log_probs"), where=lambda i: i["log_probs"].min() < -1e4),
    ),
    "faulty_torch_masks": (
        Fault("softmax", ("value", "logits"), ("nan",), where=_masked),
        Fault("log_softmax", ("value", "logits"), where=lambda i: not i["logits"].min() >= -1e4),
        Fault("logsumexp", ("value",), ("nan",), where=lambda i: bool(np.isneginf(i["logits"]).all())),
        Fault("sparse_softmax_cross_entropy", ("logits",), ("nan",), where=_masked),
        Fault("softmax_cross_entropy", ("value", "logits", "labels")),
    ),
    "faulty_numpy_formulas": (
        Fault("softmax", ("value",), ("beyond bound", "nan"), where=_far),
        Fault("log_softmax", ("value",), ("beyond bound",)),
        Fault("logsumexp", ("value",), ("beyond bound", "limit missed")),
        Fault("sigmoid", ("value",), ("dtype",)),
        Fault("log_sigmoid", ("value",), ("beyond bound", "limit missed"), where=lambda i: i["x"].item() < -30),
        Fault("softplus", ("value",), ("beyond bound",), where=lambda i: abs(i["x"].item()) < 100),
        Fault("sparse_softmax_cross_entropy", ("value",)),
        Fault("softmax_cross_entropy", ("value",), ("beyond bound", "nan"), where=_unnormalised("labels")),
        Fault("entropy", ("value",), ("beyond bound",), where=lambda i: i["probs"].flat[-1] != 0),
        Fault("kl_divergence", ("value",), ("beyond bound", "nan"), where=_unnormalised("probs")),
        Fault("categorical_cross_entropy", ("value",), ("beyond bound", "limit missed")),
        Fault(
            "nll_loss",
            ("value",),
            ("beyond bound", "infinity"),
            where=lambda i: i["labels"].item() == -100,
            options=("options", IGNORED),
        ),
    ),
    "faulty_tensorflow": (
        Fault("softmax", ("value", "logits"), ("beyond bound", "nan")),
        Fault("log_softmax", ("logits",), ("beyond bound",)),
        Fault("logsumexp", ("value", "logits")),
        Fault(
            "sigmoid", ("value", "x"), ("beyond bound", "limit missed"), where=lambda i: not abs(i["x"].item()) <= 30
        ),
        Fault("softplus", ("value", "x"), ("beyond bound",), where=lambda i: i["x"].item() <= 0),
        Fault("sigmoid_cross_entropy", ("value", "logits", "labels"), ("shape", "error")),
    ),
    "faulty_numpy_processes": (
        Fault("softmax", ("value",), ("crash",), where=lambda i: i["logits"].size == 17),
        Fault("log_softmax", ("value",), ("hang",), where=lambda i: i["logits"].size == 257),
        Fault("logsumexp", ("value",), ("error",), where=_masked),
    ),
}

CASES = [
    pytest.param(module, fault, id=f"{module}-{fault.function}")
    for module, faults in FAULTS.items()
    for fault in faults
]


def _path(module: str) -> str:
    return str(PLANTED / f"{module}.py")


def _check_of(module: str, fault: Fault, quantity: str) -> str:
    """The id of the check that shows the fault."""
    assert fault.options is not None
    input_class, parameters = fault.options
    return check_id(
        function=fault.function,
        backend=module,
        entry_point=fault.function,
        dtype=fault.dtype,
        setting=EAGER,
        quantity=quantity if quantity == "value" else f"gradient:{quantity}",
        parameters={**({} if fault.function in ELEMENTWISE else {"axis": -1}), **parameters},
        input_class=input_class,
    )


ELEMENTWISE = ("sigmoid", "log_sigmoid", "softplus", "logit", "sigmoid_cross_entropy", "binary_cross_entropy")


def _examined(modules: set[str], functions: set[str], **request: object) -> Record:
    paths = tuple(_path(module) for module in sorted(modules))
    return run(RunRequest(backends=paths, functions=tuple(sorted(functions)), **request), Silence())


def _chosen(condition: Callable[[str, Fault], bool]) -> list[tuple[str, Fault]]:
    return [(module, fault) for module, faults in FAULTS.items() for fault in faults if condition(module, fault)]


def _hosts(module: str) -> bool:
    """Whether the module takes its process down with it."""
    return module == "faulty_numpy_processes"


def _names(chosen: list[tuple[str, Fault]]) -> tuple[set[str], set[str]]:
    return {module for module, _ in chosen}, {fault.function for _, fault in chosen}


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """One run for what smoke shows in each format, one for chosen checks of ci, one for what breaks processes."""
    records = []
    for dtype in ("float32", "float64"):
        chosen = _chosen(lambda module, fault: not _hosts(module) and fault.options is None and fault.dtype == dtype)  # noqa: B023
        records.append(_examined(*_names(chosen), profile="smoke", dtypes=(dtype,)))
    in_ci = _chosen(lambda module, fault: fault.options is not None)
    checks = tuple(_check_of(module, fault, quantity) for module, fault in in_ci for quantity in fault.quantities)
    records.append(_examined(*_names(in_ci), profile="ci", dtypes=("float32",), checks=checks))
    dying = _chosen(lambda module, fault: _hosts(module))
    records.append(_examined(*_names(dying), profile="smoke", dtypes=("float32",), timeout=2.0))
    return records


def _defects(records: list[Record], module: str, function: str) -> list[Discrepancy]:
    """What the checks found; a property that is broken as well has tests of its own."""
    return [
        each
        for record in records
        for each in record.discrepancies
        if each.severity == "defect" and each.input_class != "property"
        if (each.backend, each.function) == (module, function)
    ]


def _inputs(discrepancy: Discrepancy) -> Inputs:
    arrays = {name: array_value(array) for name, array in discrepancy.inputs.items()}
    return {name: np.asarray(array, dtype=np.float64) for name, array in arrays.items() if array is not None}


@pytest.mark.slow
@pytest.mark.parametrize(("module", "fault"), CASES)
def test_a_planted_fault_is_found_and_nothing_else(records, module, fault):
    defects = _defects(records, module, fault.function)
    assert defects
    hurt = {"value" if quantity == "value" else f"gradient:{quantity}" for quantity in fault.quantities}
    assert {each.quantity for each in defects} <= hurt
    assert {each.kind for each in defects} <= set(fault.kinds)
    elsewhere = [each for each in defects if not fault.where(_inputs(each))]
    assert elsewhere == []


@pytest.mark.slow
def test_a_fault_of_some_rows_is_found_in_those_rows_alone(records):
    defects = _defects(records, "faulty_torch_places", "softmax")
    assert min(each.index[0] for each in defects) >= 32


@pytest.mark.slow
def test_a_row_read_without_its_strides_is_found_in_strided_layouts_alone(records):
    defects = _defects(records, "faulty_torch_options", "log_softmax")
    assert {each.batch.rpartition("/")[2] for each in defects} <= {"transposed", "sliced"}


@pytest.mark.slow
def test_a_wrong_axis_is_found_where_all_sides_are_equally_long(records):
    defects = _defects(records, "faulty_torch_options", "softmax")
    assert all(each.batch.startswith("mixed/5x5x5") for each in defects)


@pytest.mark.slow
def test_labels_rounded_to_float16_are_found_where_the_label_is_no_float16(records):
    labels = [
        _inputs(each)["labels"].item()
        for each in _defects(records, "faulty_torch_formulas", "sparse_softmax_cross_entropy")
    ]
    assert all(label > 65504 or float(np.float16(label)) != label for label in labels)


@pytest.mark.slow
def test_after_two_deaths_the_rest_of_the_input_class_is_not_run_and_its_checks_say_so(records):
    crashed = [each for each in records[-1].checks if each.function == "softmax" and each.status == "crash"]
    assert crashed
    for check in crashed:
        (left_out,) = check.unexamined
        assert (left_out.kind, left_out.cases > 0) == ("given up", True)
