"""The faults that are planted in `tests/kernels/faulty_*.py`, and the causes that are told of them.

What is planted stands beside each function there. Those that the catalogue has are told by their names, the others have
no cause: a wrong one would be worse than none.
"""

from __future__ import annotations

import pytest
from checkout import PLANTED
from setting_samples import EAGER

from logitproof.conformance.corpus.corpus import build, keys
from logitproof.conformance.judge.tally import identity_of
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.reference import FUNCTIONS

pytestmark = [pytest.mark.slow, pytest.mark.framework("torch", "tensorflow")]


MODULES = (
    "faulty_numpy_formulas",
    "faulty_tensorflow",
    "faulty_torch_formulas",
    "faulty_torch_gradients",
    "faulty_torch_masks",
    "faulty_torch_options",
    "faulty_torch_places",
    "faulty_torch_precision",
)

EPSILON = "1e-7 added to a probability"
NOT_SHIFTED = "exp without the shift by the maximum"
SHIFT = "shift by the maximum only where it is positive"
CLIPPED = "probabilities clipped to 1e-7"
EXCHANGED = "labels and probabilities exchanged"
SUM_IN_BFLOAT16 = "sum accumulated in bfloat16"
OTHER_CLASSES = "label smoothing shared among the other classes"
POSITIVE = "weight of the positive term on the negative one"
OVER_ALL_CLASSES = "mean over all classes of all rows"
NEAR_1 = "log of a sum near 1"
AT_ZERO = "derivative of |x| and max(x, 0) at 0"

DEFECTS = {
    ("faulty_numpy_formulas", "log_softmax"): {"value": {"x - lse"}},
    ("faulty_numpy_formulas", "logsumexp"): {"value": {"the largest term counted twice"}},
    ("faulty_numpy_formulas", "kl_divergence"): {"value": {"probabilities normalised first"}},
    ("faulty_numpy_formulas", "softmax_cross_entropy"): {"value": {"labels normalised first"}},
    ("faulty_numpy_formulas", "categorical_cross_entropy"): {"value": {"wrong sign"}},
    ("faulty_numpy_formulas", "nll_loss"): {"value": {"ignored rows counted"}},
    ("faulty_tensorflow", "sigmoid"): {"value": {"logits clipped to ±30"}, "x": {"logits clipped to ±30"}},
    ("faulty_tensorflow", "softplus"): {"value": {"log(1 + e) instead of log1p"}},
    ("faulty_tensorflow", "softmax"): {"value": {"computed in float16"}, "logits": {"computed in float16"}},
    # The row of -inf is another fault of the same kernel.
    ("faulty_tensorflow", "logsumexp"): {
        "value": {SUM_IN_BFLOAT16, "inf - inf in a masked row"},
        "logits": {SUM_IN_BFLOAT16},
    },
    ("faulty_torch_formulas", "softmax"): {"value": {NOT_SHIFTED}, "logits": {NOT_SHIFTED}},
    ("faulty_torch_formulas", "log_softmax"): {"value": {"log of softmax"}},
    ("faulty_torch_formulas", "logsumexp"): {"value": {SHIFT}, "logits": {SHIFT}},
    ("faulty_torch_formulas", "sigmoid"): {"value": {"sigmoid by way of tanh"}},
    ("faulty_torch_formulas", "log_sigmoid"): {"value": {"log of sigmoid"}},
    ("faulty_torch_formulas", "softplus"): {
        "value": {"log(1 + e) instead of log1p"},
        "x": {"log(1 + e) instead of log1p"},
    },
    ("faulty_torch_formulas", "logit"): {
        "value": {"probabilities clipped to 1e-6"},
        "probs": {"probabilities clipped to 1e-6"},
    },
    ("faulty_torch_formulas", "entropy"): {"value": {"0 times infinity"}},
    ("faulty_torch_formulas", "kl_divergence"): {"value": {EXCHANGED}, "labels": {EXCHANGED}, "probs": {EXCHANGED}},
    ("faulty_torch_formulas", "softmax_cross_entropy"): {
        "value": {CLIPPED},
        "logits": {CLIPPED},
        "labels": {CLIPPED},
    },
    ("faulty_torch_formulas", "categorical_cross_entropy"): {
        "value": {EPSILON},
        "probs": {EPSILON},
        "labels": {EPSILON},
    },
    ("faulty_torch_formulas", "binary_cross_entropy"): {"value": {CLIPPED}, "probs": {CLIPPED}, "labels": {CLIPPED}},
    ("faulty_torch_formulas", "nll_loss"): {
        "value": {"weighted mean divided by the number of rows"},
        "log_probs": {"weighted mean divided by the number of rows"},
    },
    ("faulty_torch_gradients", "softmax"): {"logits": {"the diagonal of the Jacobian alone"}},
    ("faulty_torch_gradients", "log_softmax"): {"logits": {"computed in float16"}},
    ("faulty_torch_gradients", "logsumexp"): {"logits": {"cotangent ignored"}},
    ("faulty_torch_gradients", "log_sigmoid"): {"x": {AT_ZERO}},
    ("faulty_torch_gradients", "entropy"): {"probs": {"derivative of the logarithm missing"}},
    ("faulty_torch_gradients", "kl_divergence"): {"probs": {"labels missing in the gradient"}},
    ("faulty_torch_gradients", "softmax_cross_entropy"): {"logits": {"sum of the labels missing in the gradient"}},
    ("faulty_torch_gradients", "categorical_cross_entropy"): {"probs": {"gradient as if after a softmax"}},
    ("faulty_torch_gradients", "binary_cross_entropy"): {"probs": {"1e-6 added to a denominator"}},
    ("faulty_torch_masks", "logsumexp"): {"value": {"inf - inf in a masked row"}},
    ("faulty_torch_options", "softmax_cross_entropy"): {
        "value": {OTHER_CLASSES},
        "logits": {OTHER_CLASSES},
        "labels": {OTHER_CLASSES},
    },
    ("faulty_torch_options", "sparse_softmax_cross_entropy"): {
        "value": {"ignored rows count in the mean"},
        "logits": {"ignored rows count in the mean"},
    },
    ("faulty_torch_options", "nll_loss"): {"value": {"weights forgotten"}, "log_probs": {"weights forgotten"}},
    ("faulty_torch_options", "binary_cross_entropy"): {
        "value": {"label smoothing towards 0"},
        "probs": {"label smoothing towards 0"},
    },
    ("faulty_torch_places", "entropy"): {"value": {"logarithm to the base 2"}, "probs": {"logarithm to the base 2"}},
    ("faulty_torch_places", "softmax_cross_entropy"): {
        "value": {OVER_ALL_CLASSES},
        "logits": {OVER_ALL_CLASSES},
        "labels": {OVER_ALL_CLASSES},
    },
    ("faulty_torch_places", "nll_loss"): {
        "value": {"the class before the label"},
        "log_probs": {"the class before the label"},
    },
    ("faulty_torch_precision", "softmax"): {
        "value": {"sum accumulated in float16"},
        "logits": {"sum accumulated in float16"},
    },
    ("faulty_torch_precision", "logsumexp"): {"value": {SUM_IN_BFLOAT16}, "logits": {SUM_IN_BFLOAT16}},
    ("faulty_torch_precision", "sigmoid"): {"value": {"computed in float16"}, "x": {"computed in float16"}},
    ("faulty_torch_precision", "softplus"): {
        "value": {"softplus taken as x above 10"},
        "x": {"softplus taken as x above 10"},
    },
    ("faulty_torch_precision", "softmax_cross_entropy"): {
        "value": {"inputs rounded to bfloat16"},
        "logits": {"inputs rounded to bfloat16"},
        "labels": {"inputs rounded to bfloat16"},
    },
    ("faulty_torch_precision", "sparse_softmax_cross_entropy"): {"value": {"x - lse"}},
}
"""What is told of the defects of a function: by quantity, gradients by the names of their arguments."""

WEAKNESSES = {
    # What is right but for the fault is the textbook's.
    ("log_softmax", "value"): {NEAR_1},
    ("logsumexp", "value"): {NEAR_1},
    ("softmax_cross_entropy", "value"): {NEAR_1},
    ("softmax_cross_entropy", "labels"): {NEAR_1},
    ("sparse_softmax_cross_entropy", "value"): {NEAR_1},
}
"""What else may be told of weaknesses, of any module."""

WEAKNESSES_OF = {
    ("faulty_torch_formulas", "logit", "value"): {"log(1 - p) instead of log1p"},
    ("faulty_torch_gradients", "sigmoid", "x"): {"1 - p that cancels"},
    # TensorFlow's threads flush to zero.
    ("faulty_tensorflow", "softplus", "x"): {"subnormal numbers flushed to zero"},
    ("faulty_tensorflow", "logsumexp", "logits"): {"subnormal numbers flushed to zero"},
}
"""And of one module."""

FUNCTIONS_EXAMINED = tuple(sorted({function for _, function in DEFECTS} | {"sparse_categorical_cross_entropy"}))


def _checks():
    """Every check of the smoke profile in float32, but those of long rows, which take the time of all others."""
    batches = [
        build(key)
        for key in keys("smoke", functions=FUNCTIONS_EXAMINED, dtypes=("float32",))
        if "wide" not in key.name or key.function == "sparse_categorical_cross_entropy"
    ]
    return tuple(
        {
            identity_of(module, batch.function, EAGER, batch, quantity).id
            for module in MODULES
            for batch in batches
            for quantity in FUNCTIONS[batch.function].quantities
        }
    )


@pytest.fixture(scope="module")
def assigned():
    """What was told: severity, module, function and quantity of every discrepancy, and its cause."""
    paths = tuple(str(PLANTED / f"{module}.py") for module in MODULES)
    request = RunRequest(paths, FUNCTIONS_EXAMINED, dtypes=("float32",), checks=_checks(), profile="smoke")
    return [
        (each.severity, each.backend, each.function, each.quantity.removeprefix("gradient:"), each.cause)
        for each in run(request, Silence()).discrepancies
    ]


@pytest.mark.parametrize(("module", "function"), DEFECTS)
def test_a_planted_fault_that_the_catalogue_has_is_told(assigned, module, function):
    causes = {}
    for severity, *examined, quantity, cause in assigned:
        if (severity, *examined) == ("defect", module, function) and cause is not None:
            causes.setdefault(quantity, set()).add(cause)
    assert causes == DEFECTS[module, function]


@pytest.mark.parametrize("module", MODULES)
def test_other_faults_have_no_cause(assigned, module):
    wrong = [
        (function, quantity, cause)
        for severity, backend, function, quantity, cause in assigned
        if backend == module and severity == "defect" and cause is not None and (module, function) not in DEFECTS
    ]
    assert wrong == []


@pytest.mark.parametrize("module", MODULES)
def test_weaknesses_have_the_cause_of_the_defects_or_that_of_the_textbook(assigned, module):
    wrong = []
    for severity, backend, function, quantity, cause in assigned:
        if backend == module and severity == "weakness" and cause is not None:
            causes_of_defects = DEFECTS.get((module, function), {}).get(quantity, set())
            others = WEAKNESSES.get((function, quantity), set()) | WEAKNESSES_OF.get(
                (module, function, quantity), set()
            )
            if cause not in causes_of_defects | others:
                wrong.append((function, quantity, cause))
    assert wrong == []
