"""Right algorithms for the wrong question: options misread, labels rounded, factors and signs forgotten."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from logitproof.reference import FUNCTIONS

from ..algorithms.arithmetic import FloatArithmetic
from ..algorithms.correct import misread_styles
from ..algorithms.normal_form import NormalForm
from .kind import KernelPart, MistakeKind
from .mistake import Mistake, Result, Style, quantities, storage_of

_WEIGHTED = ("softmax_cross_entropy", "sparse_softmax_cross_entropy", "sigmoid_cross_entropy", "nll_loss")
_INDEXED = ("sparse_softmax_cross_entropy", "nll_loss")
_SMOOTHED = (
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
    "sigmoid_cross_entropy",
    "categorical_cross_entropy",
    "binary_cross_entropy",
)
_LABELLED = (*_INDEXED, "sparse_categorical_cross_entropy")


@dataclass(frozen=True)
class Twist:
    """A misreading of a call: the case that a kernel takes it for, None where that is the case itself."""

    kind: MistakeKind
    formula: str
    functions: tuple[str, ...]
    twisted: Callable[[NormalForm], NormalForm | None]


def _when(applies: Callable[[NormalForm], bool], **changes: object) -> Callable[[NormalForm], NormalForm | None]:
    return lambda case: case.with_(**changes) if applies(case) else None


def _mean(case: NormalForm) -> bool:
    return case.reduction == "mean"


def _weighted_mean(case: NormalForm) -> bool:
    return case.weight is not None and case.reduction == "mean"


def _counting_ignored(case: NormalForm) -> NormalForm | None:
    """Divide a mean as if no row were ignored; with weights, an ignored row has that of class 0."""
    if not _mean(case) or case.kept.all():
        return None
    return case.with_(divides_by="rows" if case.weight is None else "weights of all rows")


def _has_smoothing(case: NormalForm) -> bool:
    return bool(case.smoothing)


def _last_axis(case: NormalForm) -> NormalForm | None:
    same = case.last_axis == case.arguments[0].shape[1]
    return None if same or not case.smoothing else case.with_(outcomes=case.last_axis)


def _relabelled(change: Callable[[np.ndarray, int], np.ndarray]) -> Callable[[NormalForm], NormalForm | None]:
    def twisted(case: NormalForm) -> NormalForm | None:
        assert case.labels is not None
        classes = case.arguments[0].shape[1]
        kept = case.labels != case.ignore_index
        labels = np.where(kept, np.clip(change(case.labels, classes), 0, classes - 1), case.labels)
        return None if (labels == case.labels).all() else case.with_(labels=labels)

    return twisted


def _rounded_to(dtype: str) -> Callable[[np.ndarray, int], np.ndarray]:
    def change(labels: np.ndarray, classes: int) -> np.ndarray:
        numbers = np.asarray(labels, dtype=np.float64)
        rounded = numbers.astype(np.float16).astype(np.float64) if dtype == "float16" else _bfloat16(numbers)
        return np.where(np.isfinite(rounded), rounded, classes).astype(np.int64)

    return change


def _bfloat16(numbers: np.ndarray) -> np.ndarray:
    """Round to eight bits."""
    mantissa, exponent = np.frexp(numbers)
    return np.asarray(np.ldexp(np.rint(np.ldexp(mantissa, 8)), exponent - 8))


def _labels_normalised(case: NormalForm) -> NormalForm | None:
    x, y = case.arguments
    wide = y.astype(np.float64)
    return case.with_(arguments=(x, (wide / wide.sum(axis=1, keepdims=True)).astype(y.dtype)))


def _rounded_to_dtype(case: NormalForm) -> NormalForm | None:
    return _relabelled(_rounded_to(case.dtype))(case) if case.dtype in ("float16", "bfloat16") else None


def _rounded_ids(dtype: str) -> MistakeKind:
    """Return the kind of class ids in a format; each covers the others: one is the dtype of the loss."""
    return MistakeKind(f"class ids rounded to {dtype}", None, parameter=dtype, covers=("class ids rounded to …",))


TWISTS: tuple[Twist, ...] = (
    Twist(_rounded_ids("the dtype of the loss"), "y = dtype(y)", _LABELLED, _rounded_to_dtype),
    Twist(_rounded_ids("float16"), "y = float16(y)", _LABELLED, _relabelled(_rounded_to("float16"))),
    Twist(_rounded_ids("bfloat16"), "y = bfloat16(y)", _LABELLED, _relabelled(_rounded_to("bfloat16"))),
    Twist(
        MistakeKind("the class before the label", KernelPart.LABEL),
        "y - 1 for y",
        _LABELLED,
        _relabelled(lambda labels, _classes: labels - 1),
    ),
    Twist(
        MistakeKind("the class after the label", KernelPart.LABEL),
        "y + 1 for y",
        _LABELLED,
        _relabelled(lambda labels, _classes: labels + 1),
    ),
    Twist(
        MistakeKind("labels normalised first", None),
        "y / sum(y) for y",
        ("softmax_cross_entropy", "categorical_cross_entropy"),
        _labels_normalised,
    ),
    Twist(
        MistakeKind("weighted mean divided by the number of rows", KernelPart.MEAN),
        "sum(w_y loss) / rows",
        _INDEXED,
        _when(_weighted_mean, divides_by="rows"),
    ),
    Twist(
        MistakeKind("mean divided by the weights", KernelPart.MEAN),
        "sum(loss) / sum(w)",
        ("softmax_cross_entropy",),
        _when(_weighted_mean, divides_by="weights"),
    ),
    Twist(
        MistakeKind("mean over all classes of all rows", KernelPart.MEAN),
        "sum(loss) / (rows * classes)",
        ("softmax_cross_entropy", *_INDEXED),
        _when(_mean, divides_by="elements"),
    ),
    Twist(
        MistakeKind("ignored rows count in the mean", KernelPart.MEAN),
        "sum(loss) / rows",
        _INDEXED,
        _counting_ignored,
    ),
    Twist(
        MistakeKind("mean not divided", KernelPart.MEAN),
        "sum(loss)",
        _WEIGHTED,
        _when(_mean, divides_by="nothing", reduction="sum"),
    ),
    Twist(
        MistakeKind("weights forgotten", None),
        "w = 1",
        _WEIGHTED,
        _when(lambda case: case.weight is not None, weight=None),
    ),
    Twist(
        MistakeKind("weight of the positive term forgotten", KernelPart.POSITIVE_TERM),
        "pos_weight = 1",
        ("sigmoid_cross_entropy",),
        _when(lambda case: case.pos_weight is not None, pos_weight=None),
    ),
    Twist(
        MistakeKind("weight of the positive term on the negative one", KernelPart.POSITIVE_TERM),
        "z (-log p) + pos_weight (1 - z) (-log(1 - p))",
        ("sigmoid_cross_entropy",),
        _when(lambda case: case.pos_weight is not None, swaps_pos_weight=True),
    ),
    Twist(
        MistakeKind("ignored rows counted", None),
        "ignored rows as rows of class 0",
        _INDEXED,
        _when(lambda case: not case.kept.all(), counts_ignored=True),
    ),
    Twist(
        MistakeKind("label smoothing by the length of the last axis", KernelPart.SMOOTHING),
        "(1 - ε) y + ε / shape[-1]",
        ("softmax_cross_entropy", "sparse_softmax_cross_entropy", "categorical_cross_entropy"),
        _last_axis,
    ),
    Twist(
        MistakeKind("label smoothing not divided by the number of classes", KernelPart.SMOOTHING),
        "(1 - ε) y + ε",
        _SMOOTHED,
        _when(_has_smoothing, outcomes=1.0),
    ),
    Twist(
        MistakeKind("label smoothing towards 0", KernelPart.SMOOTHING),
        "(1 - ε) y",
        _SMOOTHED,
        _when(_has_smoothing, outcomes=math.inf),
    ),
    Twist(
        MistakeKind("label smoothing shared among the other classes", KernelPart.SMOOTHING),
        "(1 - ε) y + ε / (K - 1) for the other classes",
        _SMOOTHED[:2] + _SMOOTHED[3:4],
        _when(_has_smoothing, smooths="others"),
    ),
    Twist(
        MistakeKind("label smoothing forgotten", KernelPart.SMOOTHING),
        "ε = 0",
        _SMOOTHED,
        _when(_has_smoothing, smoothing=0.0),
    ),
)
"""What a call may be mistaken for."""


def _of_twist(style: Style, twist: Twist) -> Result:
    def result(case: NormalForm, machine: FloatArithmetic) -> np.ndarray | None:
        taken = twist.twisted(case)
        return None if taken is None else style(taken, machine)

    return result


def _scaled(style: Style, factor: Callable[[NormalForm], float]) -> Style:
    def result(case: NormalForm, machine: FloatArithmetic) -> np.ndarray:
        numbers = style(case, machine).astype(machine.working)
        return (numbers * np.asarray(factor(case)).astype(machine.working)).astype(storage_of(case))

    return result


def _by_base(style: Style, base: float) -> Style:
    def result(case: NormalForm, machine: FloatArithmetic) -> np.ndarray:
        numbers = style(case, machine).astype(machine.working)
        return (numbers / np.asarray(math.log(base)).astype(machine.working)).astype(storage_of(case))

    return result


_WRONG_SIGN = MistakeKind("wrong sign", None)
_WITHOUT_COTANGENT = MistakeKind("cotangent ignored", None)
_MEAN_OVER_CLASSES = MistakeKind("mean over the classes instead of their sum", KernelPart.MEAN)

_INFORMATION = ("entropy", "entropy_terms", "kl_divergence", "kl_divergence_terms")
_SUMMED = ("entropy", "kl_divergence", "kl_divergence_from_log_probs", "categorical_cross_entropy")


def _of_results(function: str, quantity: str, style: Style) -> Iterator[Mistake]:
    yield Mistake(
        _WRONG_SIGN, "the negative of the result", function, quantity, _scaled(style, lambda _: -1.0), mended=style
    )
    if quantity != "value":
        yield Mistake(
            _WITHOUT_COTANGENT,
            "the gradient with cotangent 1",
            function,
            quantity,
            lambda case, machine: style(case.with_(cotangent=np.ones_like(case.cotangent)), machine),
            mended=style,
        )
    if function in _INFORMATION:
        for base in (2, 10):
            yield Mistake(
                MistakeKind(f"logarithm to the base {base}", None, parameter=str(base)),
                f"the result / log({base})",
                function,
                quantity,
                _by_base(style, base),
                mended=style,
            )
    if function in _SUMMED:
        yield Mistake(
            _MEAN_OVER_CLASSES,
            "the result / K",
            function,
            quantity,
            _scaled(style, lambda case: 1 / case.arguments[0].shape[1]),
            mended=style,
        )


def option_mistakes() -> Iterator[Mistake]:
    """Yield the misreadings, each with every right algorithm that may follow it."""
    for function in FUNCTIONS:
        for quantity in quantities(function):
            for style in misread_styles(function, quantity):
                for twist in TWISTS:
                    if function in twist.functions:
                        formula = f"a right algorithm with {twist.formula}"
                        yield Mistake(twist.kind, formula, function, quantity, _of_twist(style, twist), mended=style)
                yield from _of_results(function, quantity, style)
