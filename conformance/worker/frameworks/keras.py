"""The public entry points of Keras on TensorFlow: of Keras 3, and of Keras 2, which is another library."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import keras
import tensorflow as tf

from ..entry_points import Deviation, EntryPoint, last_axis_as_default
from .tensorflow import LABELS_IN_RANGE, LABELS_SUM_TO_ONE


def keras_version() -> str:
    """The version of Keras."""
    return str(keras.__version__)


_IS_2 = keras.__version__.startswith("2.")
_TAG = f"https://github.com/keras-team/keras/blob/v{keras.__version__}/keras/"
_BACKEND = _TAG + ("backend.py" if _IS_2 else "src/backend/tensorflow/nn.py")

_CLIP = Deviation(
    "clip-1e-7", (), "deliberate", _BACKEND, "probabilities are clipped to [1e-7, 1 - 1e-7] before the logarithm"
)
_CLIP_ADD = Deviation(
    "clip-add-1e-7",
    (),
    "deliberate",
    _BACKEND,
    "probabilities are clipped to [1e-7, 1 - 1e-7], and 1e-7 is added once more inside both logarithms",
)
_NORMALISE_CLIP = Deviation(
    "normalise-clip-1e-7",
    (),
    "deliberate",
    _BACKEND,
    "probabilities are divided by their sum, then clipped to [1e-7, 1 - 1e-7] before the logarithm",
)
_CLIP_SOFTMAX = Deviation(
    "clip-softmax-1e-7",
    (),
    "deliberate",
    _BACKEND,
    "probabilities are clipped to [1e-7, 1 - 1e-7], and their logarithms taken as logits",
)
_KL_CLIP = Deviation(
    "clip-1e-7",
    (),
    "documented",
    "https://keras.io/api/losses/probabilistic_losses/#kl_divergence-function",
    "labels and probabilities are clipped to [1e-7, 1]",
)


def _loss(kind: Callable[..., Any], **fixed: Any) -> Callable[..., Any]:
    """Return a maker of the loss `kind` that makes each configuration once."""
    return cache(partial(kind, **fixed))


def _dtype(scores: Any) -> dict[str, str]:
    """Return the dtype to make a loss with: Keras 3 computes in float32 without, Keras 2 in that of its inputs."""
    return {} if _IS_2 else {"dtype": scores.dtype.name}


_REDUCTIONS = {"none": "none", "sum": "sum", "mean": "sum_over_batch_size"}


def _categorical_class(*, from_logits: bool) -> Callable[..., Any]:
    make = _loss(keras.losses.CategoricalCrossentropy, from_logits=from_logits)

    def call(scores: Any, labels: Any, *, axis: int, label_smoothing: float = 0.0, reduction: str = "none") -> Any:
        loss = make(
            axis=last_axis_as_default(axis, scores.shape.rank),
            label_smoothing=label_smoothing,
            reduction=_REDUCTIONS[reduction],
            **_dtype(scores),
        )
        return loss(labels, scores)

    return call


def _sparse_class(*, from_logits: bool) -> Callable[..., Any]:
    make = _loss(keras.losses.SparseCategoricalCrossentropy, from_logits=from_logits)

    def call(scores: Any, labels: Any, *, ignore_index: int | None = None, reduction: str = "none") -> Any:
        loss = make(ignore_class=ignore_index, reduction=_REDUCTIONS[reduction], **_dtype(scores))
        return loss(labels, scores)

    return call


def _binary_class(*, from_logits: bool) -> Callable[..., Any]:
    make = _loss(keras.losses.BinaryCrossentropy, from_logits=from_logits)

    def call(
        scores: Any, labels: Any, *, weight: Any = None, label_smoothing: float = 0.0, reduction: str = "none"
    ) -> Any:
        loss = make(label_smoothing=label_smoothing, reduction=_REDUCTIONS[reduction], **_dtype(scores))
        if weight is not None:
            weight = tf.broadcast_to(weight, scores.shape)
        return loss(*_single_features(labels, scores), sample_weight=weight)

    return call


def _single_features(labels: Any, scores: Any) -> tuple[Any, Any]:
    """Give every element a feature axis of length one: Keras averages over that axis, and so over one element."""
    return tf.expand_dims(labels, -1), tf.expand_dims(scores, -1)


def _kl_class() -> Callable[..., Any]:
    make = _loss(keras.losses.KLDivergence, reduction="none")

    def call(labels: Any, probs: Any) -> Any:
        return make(**_dtype(probs))(labels, probs)

    return call


def _kl_function(labels: Any, probs: Any) -> Any:
    return keras.losses.kl_divergence(labels, probs)


def _categorical_function(function: Callable[..., Any], *, from_logits: bool) -> Callable[..., Any]:
    def call(scores: Any, labels: Any, *, axis: int, **keywords: Any) -> Any:
        axis = last_axis_as_default(axis, scores.shape.rank)
        return function(labels, scores, from_logits=from_logits, axis=axis, **keywords)

    return call


def _sparse_function(function: Callable[..., Any], *, from_logits: bool) -> Callable[..., Any]:
    def call(scores: Any, labels: Any, **keywords: Any) -> Any:
        if "ignore_index" in keywords:
            keywords["ignore_class"] = keywords.pop("ignore_index")
        return function(labels, scores, from_logits=from_logits, **keywords)

    return call


def _binary_function(*, from_logits: bool) -> Callable[..., Any]:
    def call(scores: Any, labels: Any, **keywords: Any) -> Any:
        labels, scores = _single_features(labels, scores)
        return keras.losses.binary_crossentropy(labels, scores, from_logits=from_logits, **keywords)

    return call


def _plain_entry_points() -> tuple[EntryPoint, ...]:
    activations = keras.activations
    sigmoid = EntryPoint("keras.activations.sigmoid", "sigmoid", (), activations.sigmoid)
    # That of Keras 2 takes no single row.
    softmax = EntryPoint(
        "keras.activations.softmax", "softmax", ("axis",), activations.softmax, least_rank=2 if _IS_2 else 1
    )
    divergences = (
        EntryPoint("keras.losses.KLDivergence()", "kl_divergence", ("axis",), _kl_class(), (_KL_CLIP,), axis="last"),
        EntryPoint("keras.losses.kl_divergence", "kl_divergence", ("axis",), _kl_function, (_KL_CLIP,), axis="last"),
    )
    if _IS_2:
        return (sigmoid, softmax, *divergences)
    log_softmax = EntryPoint("keras.activations.log_softmax", "log_softmax", ("axis",), activations.log_softmax)
    return (sigmoid, softmax, log_softmax, *_operations(), *divergences)


def _operations() -> tuple[EntryPoint, ...]:
    ops = keras.ops
    return (
        EntryPoint("keras.ops.sigmoid", "sigmoid", (), ops.sigmoid),
        EntryPoint("keras.ops.log_sigmoid", "log_sigmoid", (), ops.log_sigmoid),
        EntryPoint("keras.ops.softplus", "softplus", (), ops.softplus),
        EntryPoint("keras.ops.softmax", "softmax", ("axis",), ops.softmax),
        EntryPoint("keras.ops.log_softmax", "log_softmax", ("axis",), ops.log_softmax),
        EntryPoint("keras.ops.logsumexp", "logsumexp", ("axis",), ops.logsumexp),
    )


def _categorical_entry_points(*, from_logits: bool) -> tuple[EntryPoint, ...]:
    function = "softmax_cross_entropy" if from_logits else "categorical_cross_entropy"
    deviations = (LABELS_SUM_TO_ONE if from_logits else _NORMALISE_CLIP,)
    smoothed, reduced = ("axis", "label_smoothing"), ("reduction",) if from_logits else ()
    losses, end = keras.losses, f"(from_logits={from_logits})"
    return (
        EntryPoint(
            "keras.losses.CategoricalCrossentropy" + end,
            function,
            smoothed + reduced,
            _categorical_class(from_logits=from_logits),
            deviations,
        ),
        EntryPoint(
            "keras.losses.categorical_crossentropy" + end,
            function,
            smoothed,
            _categorical_function(losses.categorical_crossentropy, from_logits=from_logits),
            deviations,
        ),
        EntryPoint(
            "keras.ops.categorical_crossentropy" + end,
            function,
            ("axis",),
            _categorical_function(_operation("categorical_crossentropy"), from_logits=from_logits),
            deviations,
        ),
    )


def _sparse_entry_points(*, from_logits: bool) -> tuple[EntryPoint, ...]:
    function = "sparse_softmax_cross_entropy" if from_logits else "sparse_categorical_cross_entropy"
    deviations = () if from_logits else (_CLIP_SOFTMAX,)
    ignoring, reduced = (("ignore_index",), ("reduction",)) if from_logits else ((), ())
    losses, end = keras.losses, f"(from_logits={from_logits})"
    return (
        EntryPoint(
            "keras.losses.SparseCategoricalCrossentropy" + end,
            function,
            ("axis", *ignoring, *reduced),
            _sparse_class(from_logits=from_logits),
            deviations,
            axis="last",
            refusals=(LABELS_IN_RANGE,),
        ),
        EntryPoint(
            "keras.losses.sparse_categorical_crossentropy" + end,
            function,
            ("axis", *ignoring),
            _sparse_function(losses.sparse_categorical_crossentropy, from_logits=from_logits),
            deviations,
            axis="last",
            refusals=(LABELS_IN_RANGE,),
        ),
        EntryPoint(
            "keras.ops.sparse_categorical_crossentropy" + end,
            function,
            ("axis",),
            _sparse_function(_operation("sparse_categorical_crossentropy"), from_logits=from_logits),
            deviations,
            axis="last",
            refusals=(LABELS_IN_RANGE,),
        ),
    )


def _binary_entry_points(*, from_logits: bool) -> tuple[EntryPoint, ...]:
    function = "sigmoid_cross_entropy" if from_logits else "binary_cross_entropy"
    deviations = () if from_logits else (_CLIP_ADD if _IS_2 else _CLIP,)
    weighted = ("weight", "reduction") if from_logits else ()
    end = f"(from_logits={from_logits})"
    return (
        EntryPoint(
            "keras.losses.BinaryCrossentropy" + end,
            function,
            ("label_smoothing", *weighted),
            _binary_class(from_logits=from_logits),
            deviations,
        ),
        EntryPoint(
            "keras.losses.binary_crossentropy" + end,
            function,
            ("label_smoothing",),
            _binary_function(from_logits=from_logits),
            deviations,
        ),
        EntryPoint(
            "keras.ops.binary_crossentropy" + end,
            function,
            (),
            lambda scores, labels: _operation("binary_crossentropy")(labels, scores, from_logits=from_logits),
            deviations,
        ),
    )


def _operation(name: str) -> Callable[..., Any]:
    """Return an operation of Keras 3; Keras 2 has none, and then its entry points are left out."""
    return getattr(getattr(keras, "ops", None), name, None)  # type: ignore[return-value]


def entry_points() -> tuple[EntryPoint, ...]:
    """Every entry point of Keras that is examined."""
    kinds = (_categorical_entry_points, _sparse_entry_points, _binary_entry_points)
    losses = [entry for make in kinds for from_logits in (True, False) for entry in make(from_logits=from_logits)]
    offered = [entry for entry in losses if not (_IS_2 and entry.name.startswith("keras.ops."))]
    return (*_plain_entry_points(), *offered)
