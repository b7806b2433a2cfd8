"""Every adapter computes the function it claims to, with every keyword it claims to take."""

from __future__ import annotations

import re

import numpy as np
import pytest
from checkout import ROOT
from setting_samples import EAGER
from worker_samples import call_batch

from logitproof.conformance.backends.client import Worker, parse_backend
from logitproof.conformance.backends.frameworks import FRAMEWORKS as FRAMEWORKS_OF_TABLE
from logitproof.conformance.worker.frameworks.registry import framework_named
from logitproof.reference import Status, enclose, function_named

FRAMEWORKS = ["torch", "tensorflow", "keras"]
DTYPES = ["float16", "bfloat16", "float32", "float64"]

# A mistaken argument, axis, weight or reduction changes the leading digits, rounding in float64 the last ones: with
# n <= 9 numbers per result and errors of some n ulps, 2^-53 · n² « 2^-36 separates the two with a factor 2^10 to spare.
TOLERANCE = 2.0**-36


@pytest.fixture(scope="module", params=FRAMEWORKS)
def worker(request):
    with Worker.start(parse_backend(request.param), call_timeout=60) as started:
        yield started


def _settings(keywords, shape):
    """Every keyword by itself, and all of them at once, with values that show when one is ignored."""
    classes = shape[1]
    steps = np.arange(1, classes + 1) / 4
    options = {
        "label_smoothing": 0.125,
        "weight": steps,
        "pos_weight": steps * 2,
        "ignore_index": 1,
        "reduction": "mean",
    }
    taken = [name for name in options if name in keywords]
    choices = [{}, *({name: options[name]} for name in taken), {name: options[name] for name in taken}]
    return [*choices, {"reduction": "sum"}] if "reduction" in taken else choices


def _checked(worker, entry, batch):
    """Compare every quantity with the exact result under the definition that the entry point states."""
    quantities = ["value", *(f"gradient:{name}" for name in entry.differentiable)]
    answer = worker.evaluate(batch, entry.name, quantities)
    assert answer.failure is None
    assert not answer.errors
    assert not answer.missing
    assert not answer.modified
    for quantity in quantities:
        deviation = entry.deviation_of(quantity)
        exact = enclose(batch.call(quantity, "literal" if deviation is None else deviation.definition))
        decided = exact.status == Status.FINITE
        assert decided.any()
        expected = np.ldexp(exact.hi, exact.exponent)
        for output in answer.of(quantity):
            assert output.dtype == batch.dtype
            assert output.array.shape == exact.shape
            observed = output.array.astype(np.float64)
            scale = TOLERANCE * (1 + np.abs(expected).max(where=decided, initial=0))
            assert (np.abs(observed - expected) <= scale)[decided].all(), (quantity, output.run, observed, expected)


def test_every_entry_point_is_offered(worker):
    stated = [(entry.function, entry.name) for entry in framework_named(worker.spec.name).entry_points(None)]
    assert [(entry.function, entry.name) for entry in worker.hello.entry_points] == stated


def test_every_entry_point_computes_its_function_with_every_keyword(worker):
    shape = (5, 4)
    for entry in worker.hello.entry_points:
        for number, parameters in enumerate(_settings(entry.keywords, shape)):
            _checked(worker, entry, call_batch(entry.function, "float64", parameters, shape=shape, seed=number))


@pytest.mark.parametrize("layout", ["transposed", "sliced"])
def test_every_entry_point_takes_every_layout(worker, layout):
    for entry in worker.hello.entry_points:
        batch = call_batch(entry.function, "float64", {})
        _checked(worker, entry, type(batch)(**{**vars(batch), "layout": layout}))


CLASS_AXIS_ONLY = {1}
LAST_AXIS_ONLY = {2}


def _axes(name):
    """The axes of a tensor of rank three that an entry point documents it can take."""
    if any(part in name for part in ("cross_entropy", "CrossEntropyLoss", "nll_loss")) and name.startswith("torch."):
        return CLASS_AXIS_ONLY
    if any(part in name for part in ("Sparse", "sparse_", "kl_divergence", "KLDivergence", "Categorical(probs=)")):
        return LAST_AXIS_ONLY
    return {0, 1, 2}


def test_every_axis_is_computed_or_said_to_be_unsupported(worker):
    for entry in worker.hello.entry_points:
        if not function_named(entry.function).has_axis:
            continue
        for axis in range(3):
            batch = call_batch(entry.function, "float64", {"axis": axis}, shape=(3, 4, 2))
            if axis in _axes(entry.name):
                _checked(worker, entry, batch)
            else:
                failure = worker.evaluate(batch, entry.name, ["value"]).failure
                assert failure is not None
                assert failure.kind == "unsupported"


def test_a_single_row_is_a_tensor_of_rank_one(worker):
    for entry in worker.hello.entry_points:
        if function_named(entry.function).has_axis and not entry.name.startswith("keras.losses.Sparse"):
            _checked(worker, entry, call_batch(entry.function, "float64", {}, shape=(4,)))


def test_results_come_in_the_dtype_that_went_in(worker):
    refused = []
    for dtype in DTYPES:
        for entry in worker.hello.entry_points:
            batch = call_batch(entry.function, dtype, {})
            answer = worker.evaluate(batch, entry.name, batch.spec.quantities)
            if answer.failure is not None:
                refused.append((dtype, entry.name, answer.failure.type))
            for output in answer.outputs:
                assert (output.dtype, output.array.dtype) == (dtype, batch.cotangent.dtype)
    # Validation by PyTorch's Categorical: half-precision rows do not sum to one within 1e-6.
    assert {name for _, name, _ in refused} <= {"torch.distributions.Categorical(probs=).entropy"}
    assert {kind for _, _, kind in refused} <= {"ValueError"}


# Inputs where the deviating definition and the literal one are far apart.
DEVIATING = {
    "softplus": {"x": [[20.5, 30, 21, 19]]},
    "binary_cross_entropy": {"probs": [[1e-9, 1 - 1e-9, 2e-50, 0.3]], "labels": [[0.25, 0.5, 1, 1]]},
    "entropy": {"probs": [[1e-20, 2, 0.5, 0.25], [3, 4, 5, 6]]},
    "softmax_cross_entropy": {"logits": [[1, 2, 3, 4]], "labels": [[1, 1, 0.5, 0.25]]},
    "categorical_cross_entropy": {"probs": [[1e-9, 2, 1, 1], [0, 1e-12, 0, 1]], "labels": [[1, 0, 0, 0], [0, 1, 0, 0]]},
    "sparse_categorical_cross_entropy": {"probs": [[1e-9, 2, 1, 1], [0, 1e-12, 0, 1]], "labels": [0, 1]},
    "kl_divergence": {"labels": [[1e-9, 0.5, 0.25, 0.25]], "probs": [[0.25, 1e-9, 0.5, 0.25]]},
}


def test_stated_deviations_are_what_the_framework_does_and_differ_from_the_literal_definition(worker):
    for entry in worker.hello.entry_points:
        if not entry.deviations:
            continue
        arguments = DEVIATING[entry.function]
        first = next(iter(arguments.values()))
        batch = call_batch(entry.function, "float64", {}, shape=np.shape(first), **arguments)
        _checked(worker, entry, batch)
        differs = []
        for deviation in entry.deviations:
            assert deviation.kind in ("documented", "deliberate")
            assert deviation.link.startswith("https://")
            for quantity in deviation.quantities:
                exact = [enclose(batch.call(quantity, name), "float64") for name in ("literal", deviation.definition)]
                literal, stated = (np.ldexp(item.hi, item.exponent) for item in exact)
                differs.append(bool((literal != stated).any()))
        assert any(differs)


def test_the_facts_of_the_build_are_told(worker):
    hello = worker.hello
    assert hello.threads == 1
    assert set(hello.dtypes) == set(DTYPES)
    assert hello.settings == (EAGER,)
    assert hello.version
    assert hello.build["numpy"]
    assert hello.environment["CUDA_VISIBLE_DEVICES"] == "-1"
    assert hello.environment["OMP_NUM_THREADS"] == "1"
    assert hello.cpu["machine"]


PAGE = (ROOT / "docs" / "entry-points.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FRAMEWORKS_OF_TABLE)
def test_every_entry_point_has_its_row_in_the_documentation(name):
    (section,) = re.findall(rf"\n## {name}\n\n\|.*\n\|---\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    rows = []
    for entry in framework_named(name).entry_points(None):
        options = ", ".join(f"`{each}`" for each in entry.keywords if each != "axis")
        rows.append(f"| `{entry.name}` | `{entry.function}` | {options} |")
    assert section.splitlines() == rows


@pytest.mark.parametrize("name", FRAMEWORKS_OF_TABLE)
def test_every_mode_is_named_in_the_documentation(name):
    framework = framework_named(name)
    modes, devices = (", ".join(f"`{each}`" for each in names) for names in (framework.modes, framework.devices))
    assert f"| {name} | {modes} | {devices} |" in PAGE.splitlines()
