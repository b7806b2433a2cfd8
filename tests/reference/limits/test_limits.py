"""The table of limits: every entry reached, every status where it belongs, and ordinary neighbours untouched."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import inf, nan

import numpy as np
import pytest
from exact_calls import enclosed
from reference_inputs import DTYPES, stored

from logitproof.reference import LIMITS, Enclosure, Status

FIN, POS, NEG, NAN = Status.FINITE, Status.POSITIVE_INFINITY, Status.NEGATIVE_INFINITY, Status.NAN
LOST, FREE = Status.NOT_FINITE, Status.CHOICE


@dataclass(frozen=True)
class Case:
    """A call, the statuses it must give, and the entries of the table it must name."""

    function: str
    arguments: tuple[object, ...]
    status: object
    limits: tuple[str, ...]
    quantity: str = "value"
    cotangent: object = None
    options: dict[str, object] = field(default_factory=dict)
    definition: str = "literal"


CE, SPARSE, BCE = "softmax_cross_entropy", "sparse_softmax_cross_entropy", "binary_cross_entropy"
CCE, SCCE, SCE, KL = (
    "categorical_cross_entropy", "sparse_categorical_cross_entropy", "sigmoid_cross_entropy", "kl_divergence",
)  # fmt: skip
KLQ, KLL = "kl_divergence_from_log_probs", "kl_divergence_terms_from_logs"
X, P, L, Y = "gradient:logits", "gradient:probs", "gradient:log_probs", "gradient:labels"

ELEMENT_CASES = [
    Case("sigmoid", ([inf, -inf, nan, 1.0],), [FIN, FIN, LOST, FIN], ("sigmoid-at-infinity", "nan")),
    Case("log_sigmoid", ([inf, -inf, nan],), [FIN, NEG, LOST],
         ("vanishing-at-infinity", "log-sigmoid-at-minus-infinity")),
    Case("softplus", ([inf, -inf, nan],), [POS, FIN, LOST], ("softplus-at-infinity", "vanishing-at-infinity")),
    Case("sigmoid", ([inf, -inf, nan, 0.0],), [FREE, FREE, LOST, FIN], ("edge-of-domain", "nan"), "gradient:x"),
    Case("softplus", ([nan, nan],), [LOST, FREE], ("nan", "nan-without-influence"), "gradient:x", [1.0, 0.0]),
    Case("logit", ([0.0, 1.0, -0.5, 1.5, nan, 0.5, inf],), [NEG, POS, NAN, NAN, LOST, FIN, NAN],
         ("logit-of-zero", "logit-of-one", "logit-outside")),
    Case("logit", ([0.0, 1.0, 2.0, nan, 0.5],), [FREE, FREE, FREE, LOST, FIN], ("edge-of-domain",), P),
    Case("entropy_terms", ([0.0, -0.25, nan, inf, 1.0],), [FIN, FREE, LOST, FREE, FIN],
         ("zero-log-zero", "outside-domain")),
    Case("entropy_terms", ([0.0, -0.25, nan, 1.0],), [FREE, FREE, LOST, FIN], ("edge-of-domain", "infinite-value"), P),
    Case("kl_divergence_terms", ([0.5, 0.0, 0.0, -0.5, nan], [0.0, 0.0, 0.5, 0.5, 0.5]), [POS, FREE, FIN, FREE, LOST],
         ("label-on-zero-probability", "zero-label-on-zero-probability", "zero-log-zero", "outside-domain")),
    Case("kl_divergence_terms", ([0.5, 0.0, 0.0, nan], [0.0, 0.0, 0.5, 0.5]), [FREE, FREE, FIN, LOST],
         ("infinite-value",), P),
    Case("kl_divergence_terms", ([0.5, 0.0, 0.5, 0.5], [0.0, 0.5, 0.5, nan]), [FREE, FREE, FIN, LOST],
         ("edge-of-domain",), Y),
    Case("kl_divergence_terms_from_log_probs", ([0.5, 0.0, 0.0, 0.5], [-inf, -inf, -1.0, inf]), [POS, FREE, FIN, FREE],
         ("label-on-zero-probability", "zero-label-on-zero-probability")),
    Case("kl_divergence_terms_from_log_probs", ([0.5, nan, 0.0], [nan, -1.0, -1.0]), [FREE, LOST, FIN],
         ("nan-without-influence", "nan"), L),
    Case(KLL, ([-inf, -1.0, -1.0], [-1.0, -inf, -1.0]), [FREE, POS, FIN],
         ("outside-domain", "label-on-zero-probability")),
    Case(KLL, ([-1.0, nan], [nan, -1.0]), [FREE, LOST], ("nan-without-influence",), L),
    Case(BCE, ([0.0, 0.0, 1.0, 1.0, 1.5, nan], [1.0, 0.0, 0.5, 1.0, 0.5, 0.5]), [POS, FREE, POS, FREE, FREE, LOST],
         ("label-on-zero-probability", "zero-label-on-zero-probability", "outside-domain")),
    Case(BCE, ([0.0, 1.0], [0.0, 1.0]), [POS, POS], (), options={"label_smoothing": 0.25}),
    Case(BCE, ([0.0, 0.5], [0.5, 0.5]), [FREE, FIN], ("infinite-value",), P),
    Case(BCE, ([0.5, nan], [nan, 0.5]), [FREE, LOST], ("nan-without-influence",), Y),
    Case(SCE, ([inf, -inf, nan, 1.0, 1.0], [0.5, 0.5, 0.5, nan, inf]), [FREE, FREE, LOST, LOST, FREE],
         ("infinite-logit-sigmoid", "outside-domain")),
    Case(SCE, ([1.0, nan, 1.0], [nan, 0.5, 0.5]), [LOST, LOST, FIN], (), X),
    Case(SCE, ([1.0, nan, 1.0], [nan, 0.5, 0.5]), [FREE, LOST, FIN], ("nan-without-influence",), Y),
    Case(SCE, ([1.0, inf], [0.5, 0.5]), FREE, ("infinite-logit-sigmoid",), options={"reduction": "mean"}),
    Case(SCE, ([], []), FREE, ("mean-over-nothing",), options={"reduction": "mean"}),
    Case(BCE, ([0.0, 1.0, nan], [1.0, 1.0, 0.5]), [FIN, FIN, LOST], (), definition="clamp-log-100"),
    Case(BCE, ([0.0, 1.0, 0.5], [1.0, 1.0, 0.5]), [FREE, FREE, FIN], ("edge-of-domain",), Y,
         definition="clamp-log-100"),
    Case("softplus", ([inf, -inf, 25.0],), [POS, FIN, FIN], (), definition="linear-above-20"),
]  # fmt: skip

ROW_CASES = [
    Case("logsumexp", ([[-inf, -inf], [nan, 0], [inf, 0], [-inf, 1], [nan, -inf]],), [NEG, LOST, FREE, FIN, LOST],
         ("logsumexp-all-masked", "nan", "infinite-logit")),
    Case("softmax", ([[-inf, -inf], [nan, 0], [inf, 0], [-inf, 1], [1, -inf]],),
         [[FREE, FREE], [LOST, LOST], [FREE, FREE], [FIN, FIN], [FIN, FIN]], ("all-masked-row", "masked-softmax")),
    Case("log_softmax", ([[-inf, -inf], [nan, 0], [inf, 0], [-inf, 1]],),
         [[FREE, FREE], [LOST, LOST], [FREE, FREE], [NEG, FIN]], ("masked-log-softmax",)),
    Case("softmax", ([[-inf, 1, 2], [nan, 1, 2], [-inf, -inf, -inf]],), [[FIN] * 3, [LOST] * 3, [FREE] * 3],
         ("masked-gradient",), X, [[1, 2, 3]] * 3),
    Case("logsumexp", ([[-inf, 1, 2], [nan, 1, 2], [nan, 1, 2]],), [[FIN] * 3, [LOST] * 3, [FREE] * 3],
         ("masked-gradient", "nan-without-influence"), X, [1, 1, 0]),
    Case("log_softmax", ([[-inf, 1, 2], [-inf, 1, 2]],), [[FREE] * 3, [FREE, FIN, FIN]],
         ("masked-log-softmax-gradient",), X, [[1, 2, 3], [0, 2, 3]]),
    Case("entropy", ([[0, 0.5, 0.5], [nan, 0.5, 0.5], [-0.5, 1, 0.5]],), [FIN, LOST, FREE], ("nan", "outside-domain")),
    Case("entropy", ([[0, 0.5], [nan, 0.5]],), [[FREE, FIN], [LOST, FREE]], ("nan-without-influence",), P),
    Case(KL, ([[0.5, 0.5], [0, 1], [0.5, 0.5]], [[0, 1], [0, 1], [0.5, 0.5]]), [POS, FREE, FIN],
         ("label-on-zero-probability", "zero-label-on-zero-probability")),
    Case(KL, ([[0.5, 0.5], [0, 1]], [[0, 1], [0.5, 0.5]]), [[FREE, FREE], [FREE, FIN]],
         ("infinite-value", "edge-of-domain"), Y),
    Case(KLQ, ([[0.5, 0.5], [0, 1]], [[-inf, 0], [-inf, 0]]), [POS, FREE], ("zero-label-on-zero-probability",)),
    Case(CE,
         ([[-inf, 0, 0]] * 4 + [[nan, 0, 0], [0, 0, 0]],
          [[1, 0, 0], [0, 1, 0], [-1, 2, 0], [0.5, 0.5, 0], [0, 1, 0], [nan, 1, 0]]),
         [POS, FREE, FREE, POS, LOST, LOST], ("label-on-zero-probability", "zero-label-on-zero-probability")),
    Case(CE, ([[-inf, 0, 0], [-inf, 0, 0], [nan, 0, 0], [0, 0, 0]], [[1, 0, 0], [0, 1, 0], [0, 1, 0], [nan, 1, 0]]),
         [[FREE] * 3, [FIN] * 3, [LOST] * 3, [FREE] * 3],
         ("infinite-value", "masked-gradient", "nan-without-influence"), X),
    Case(CE, ([[-inf, 0, 0], [nan, 0, 0], [0, 0, 0]], [[0, 1, 0], [0, 1, 0], [nan, 1, 0]]),
         [[FREE, FIN, FIN], [LOST] * 3, [FREE] * 3], ("edge-of-domain",), Y),
    Case(CE, ([[-inf, 0, 0]], [[0, 1, 0]]), [POS], (), options={"label_smoothing": 0.25}),
    Case(CE, ([[-inf, 0]] * 2, [[1, 0]] * 2), FREE, (), options={"weight": [0.0, 1.0], "reduction": "mean"}),
    Case(CE, ([[0, 0], [inf, 0]], [[1, 0]] * 2), FREE, ("infinite-logit",), options={"reduction": "sum"}),
    Case(CE, ([[0, 0], [-inf, 0]], [[1, 0]] * 2), POS, ("label-on-zero-probability",), options={"reduction": "sum"}),
    Case(CE, ([[-inf, 0], [inf, 0]], [[1, 0]] * 2), FREE, ("infinite-logit",), options={"reduction": "sum"}),
    Case(CE, ([[-inf, 0], [0, nan]], [[1, 0]] * 2), LOST, ("nan",), options={"reduction": "mean"}),
    Case(CE, ([[0, nan], [inf, 0]], [[1, 0]] * 2), LOST, ("nan",), options={"reduction": "mean"}),
    Case(SPARSE, ([[-inf, 0, 1]] * 3 + [[-inf] * 3, [nan, 0, 0]], [0, 1, 2, 0, 0]), [POS, FIN, FIN, FREE, LOST],
         ("label-on-zero-probability", "all-masked-row")),
    Case(SPARSE, ([[-inf, 0, 1]] * 3, [0, 1, 2]), [[FREE] * 3, [FIN] * 3, [FIN] * 3], ("masked-gradient",), X),
    Case(SPARSE, ([[0, 1]] * 4, [-1, 2, -100, 1]), [FREE, FREE, FREE, FIN], ("label-out-of-range",)),
    Case(SPARSE, ([[0, 1], [nan, 1], [-inf, -inf], [-inf, 1]], [-100] * 4), [FIN, FREE, FREE, FIN], ("ignored-row",),
         options={"ignore_index": -100}),
    Case(SPARSE, ([[0, 1]] * 2, [1, 1]), FREE, ("mean-over-nothing",),
         options={"ignore_index": 1, "reduction": "mean"}),
    Case(SPARSE, ([[0, 1]] * 2, [1, 1]), FIN, (), options={"ignore_index": 1, "reduction": "sum"}),
    Case(SPARSE, ([[0, 1]] * 2, [0, 1]), [[FREE] * 2] * 2, ("mean-over-nothing",), X,
         options={"weight": [1.0, -1.0], "reduction": "mean"}),
    Case(SPARSE, ([[-inf, 1], [0, 1]], [0, 1]), FREE, (), options={"weight": [1.0, -2.0], "reduction": "mean"}),
    Case(SPARSE, ([[-inf, 1], [0, 1]], [0, 1]), POS, (), options={"weight": [1.0, -2.0], "reduction": "sum"}),
    Case(SPARSE, ([[0, 1]] * 2, [0, 5]), FREE, ("mean-over-nothing",), options={"reduction": "mean"}),
    Case(SPARSE, ([[0, 1], [nan, 1]], [0, 0]), [[FIN] * 2, [LOST] * 2], (), X, options={"reduction": "mean"}),
    Case("nll_loss", ([[-inf, -1], [-1, nan], [nan, -1], [inf, -1], [-1, -inf]], [0, 0, 0, 1, 0]),
         [POS, FREE, LOST, FREE, FIN], ("label-on-zero-probability", "nan-without-influence", "outside-domain")),
    Case("nll_loss", ([[-inf, -1], [nan, -1]], [0, 0]), [FREE, LOST], ("zero-label-on-zero-probability",),
         options={"weight": [0.0, 1.0]}),
    Case("nll_loss", ([[-inf, -1], [-1, -1]], [0, 0]), [[FREE] * 2, [FIN] * 2], ("infinite-value",), L),
    Case(CCE, ([[0, 1], [0, 1], [0.5, 0.5], [-1, 1]], [[1, 0], [0, 1], [0, 1], [0, 1]]), [POS, FREE, FIN, FREE],
         ("label-on-zero-probability", "zero-label-on-zero-probability", "outside-domain")),
    Case(CCE, ([[0.5, 0.5], [nan, 0.5]], [[nan, 1], [1, 0]]), [[FREE, FREE], [LOST, FREE]], (), Y),
    Case(SCCE, ([[0, 1], [0.5, 0.5], [0.5, nan]], [0, 1, 0]), [POS, FIN, FREE], ("nan-without-influence",)),
    Case(SCCE, ([[0, 1], [0.5, 0.5]], [0, 1]), [[FREE] * 2, [FIN] * 2], ("infinite-value",), P),
    Case(CCE, ([[0, 0], [0, 1], [nan, 1]], [[1, 0]] * 3), [FREE, FIN, LOST], ("empty-normaliser",),
         definition="normalise-clip-1e-7"),
    Case("entropy", ([[0, 0], [0, 1], [0.5, 0.5]],), [FREE, FIN, FIN], ("empty-normaliser",),
         definition="normalise-clamp-eps"),
    Case(KL, ([[1, 0], [0.5, 0.5]], [[0, 1], [0.5, 0.5]]), [[FREE, FIN], [FIN, FIN]], ("edge-of-clip",), Y,
         definition="clip-1e-7"),
    Case(KL, ([[1, 0]], [[0, 1]]), [FIN], (), definition="clip-1e-7"),
    Case(KL, ([[nan, 0.5]], [[0.5, 0.5]]), [[FREE, FREE]], ("nan-at-clip",), Y, definition="clip-1e-7"),
    Case(KL, ([[nan, 0.5]], [[0.5, 0.5]]), [LOST], (), definition="clip-1e-7"),
    Case(BCE, ([0.0, 1.0, nan, 0.5], [1.0, 0.0, 0.5, 0.25]), [FIN, FIN, LOST, FIN], (), definition="clip-add-1e-7"),
    Case(SCCE, ([[nan, 0.5], [0.5, 0.25]], [0, 1]), [[FREE] * 2, [FIN] * 2], ("nan-at-clip",), P,
         definition="clip-softmax-1e-7"),
]  # fmt: skip

# Constants of definitions round to 1 or 0 in sixteen bits, and their edges are numbers that inputs often are.
SIXTEEN_BIT_CASES = [
    Case(BCE, ([1.0, 1.0, 0.0], [1.0, 0.5, 1.0]), [FREE, POS, FIN], (), definition="clip-1e-7"),
    Case(BCE, ([1.0, 1.0, 0.0], [1.0, 0.5, 1.0]), [FIN, FIN, FIN], (), definition="clip-add-1e-7"),
    Case(BCE, ([1.0, 0.5], [1.0, 0.5]), [FREE, FIN], ("edge-of-clip",), P, definition="clip-add-1e-7"),
    Case(BCE, ([0.0, 0.5], [1.0, 1.0]), [FREE, FIN], ("vanishing-denominator",), P, definition="clamp-log-100"),
    # 2^-10 is the edge; its share of the sum is 2^-10·(1 − 2^-10), which float16 cannot tell from it
    Case(
        "entropy",
        ([[2.0**-10, 1.0], [0.25, 0.75]],),
        [[FREE] * 2, [FIN] * 2],
        ("edge-of-clip",),
        P,
        definition="normalise-clamp-eps",
    ),
    Case(
        CCE,
        ([[1, 0], [1, 0]], [[1, 0], [0, 1]]),
        [[FREE] * 2, [FIN] * 2],
        ("edge-of-clip",),
        P,
        definition="normalise-clip-1e-7",
    ),
    Case(
        SCCE,
        ([[1, 0], [0.5, 0.5]], [0, 0]),
        [[FREE, FIN], [FIN, FIN]],
        ("edge-of-clip",),
        P,
        definition="clip-softmax-1e-7",
    ),
]


def evaluate(case: Case, dtype: str) -> Enclosure:
    arguments = [
        np.asarray(values, dtype=np.int64)
        if position == 1 and case.function in (SPARSE, SCCE, "nll_loss")
        else np.asarray(values, dtype=np.float64).astype(stored([0.0], dtype).dtype)
        for position, values in enumerate(case.arguments)
    ]
    options = {name: stored(value, dtype) if name == "weight" else value for name, value in case.options.items()}
    return enclosed(
        case.function,
        arguments,
        options,
        quantity=case.quantity,
        dtype=dtype,
        cotangent=None if case.cotangent is None else stored(case.cotangent, dtype),
        definition=case.definition,
    )


CASES = ELEMENT_CASES + ROW_CASES


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES, ids=[f"{case.function}-{number}" for number, case in enumerate(CASES)])
def test_limit_gives_its_status(case, dtype):
    enclosure = evaluate(case, dtype)
    np.testing.assert_array_equal(enclosure.status, np.asarray(case.status))
    assert set(case.limits) <= {LIMITS[index].id for index in enclosure.limit.ravel() if index >= 0}


@pytest.mark.parametrize("case", SIXTEEN_BIT_CASES, ids=lambda case: f"{case.quantity}-{case.definition}")
def test_limit_of_sixteen_bits_gives_its_status(case):
    np.testing.assert_array_equal(evaluate(case, "float16").status, np.asarray(case.status))


def test_every_entry_of_the_table_is_reached():
    reached = {
        LIMITS[index].id
        for case in CASES + SIXTEEN_BIT_CASES
        for index in evaluate(case, "float16").limit.ravel()
        if index >= 0
    }
    assert reached == {limit.id for limit in LIMITS}


def test_a_decided_element_has_the_status_of_its_entry():
    for case in CASES:
        enclosure = evaluate(case, "float32")
        for status, index in zip(enclosure.status.ravel(), enclosure.limit.ravel(), strict=True):
            assert index < 0 or status == LIMITS[index].expected


def test_every_entry_says_what_it_requires_and_why():
    assert len({limit.id for limit in LIMITS}) == len(LIMITS)
    for limit in LIMITS:
        assert limit.applies_to
        assert limit.reason
        assert (limit.kind == "choice") == (limit.expected == Status.CHOICE)


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(("function", "quantity"), [("softmax", "value"), ("softmax", X), ("logsumexp", X)])
def test_a_mask_changes_nothing_for_the_other_classes(function, quantity, position):
    row = [0.5, -1.25]
    cotangent = [1.0, 2.0]
    options = {"quantity": quantity, "dtype": "float64"}
    if function == "softmax" and quantity == X:
        options["cotangent"] = np.array([cotangent])
    unmasked = enclosed(function, [np.array([row])], {"axis": -1}, **options)
    if "cotangent" in options:
        options["cotangent"] = np.insert(options["cotangent"], position, 7.0, axis=1)
    masked = enclosed(function, [np.insert(np.array([row]), position, -inf, axis=1)], {"axis": -1}, **options)
    others = Enclosure(*(np.delete(getattr(masked, part.name), position, axis=1) for part in fields(Enclosure)))
    np.testing.assert_array_equal(others.status, unmasked.status)
    np.testing.assert_array_equal(others.exponent, unmasked.exponent)
    apart = (others.hi - unmasked.hi) + (others.lo - unmasked.lo)
    assert (np.abs(apart) <= others.radius + unmasked.radius).all()
    assert masked.hi[0, position] == 0
    assert masked.radius[0, position] == 0


def test_known_limits_are_exact_numbers():
    enclosure = enclosed("sigmoid", [np.array([inf, -inf])], {}, quantity="value", dtype="float64")
    np.testing.assert_array_equal(np.ldexp(enclosure.hi, enclosure.exponent), [1.0, 0.0])
    np.testing.assert_array_equal(enclosure.radius, 0.0)


def test_elements_that_are_not_finite_carry_no_number():
    enclosure = enclosed("softplus", [np.array([inf, nan])], {}, quantity="value", dtype="float64")
    for name in ("hi", "lo", "exponent", "radius"):
        np.testing.assert_array_equal(getattr(enclosure, name), 0)
