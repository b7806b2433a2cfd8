"""Keras on TensorFlow: its entry points in Keras 3, and in Keras 2, which is another library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..calls import CallForm, Write, along, same
from ..entry_points import Deviation, EntryPoint
from ..framework import Mode
from ..source import Snippet, literal, written
from .tensorflow import FRAMEWORK as TENSORFLOW
from .tensorflow import LABELS_IN_RANGE, LABELS_SUM_TO_ONE, TensorFlow, computed, recorded

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class Keras(TensorFlow):
    """The tensors of TensorFlow, with Keras imported beside it."""

    def __init__(self, threads: int | None) -> None:
        global keras, tf  # noqa: PLW0603 - as in TensorFlow's file
        super().__init__(threads)
        import keras
        import tensorflow as tf

    @property
    def version(self) -> str:
        """The version of Keras."""
        return str(keras.__version__)

    def build(self) -> dict[str, str]:
        """How this Keras and its TensorFlow were built."""
        return {**super().build(), "tensorflow": str(tf.version.VERSION), "keras": self.version}


def step(features: Any, labels: Any, weights: Any, bias: Any, rate: float) -> tuple[Any, Any]:
    """Make a step of softmax regression by plain gradient descent."""
    # Without its own dtype a loss of Keras 3 computes in float32 whatever it is given; Keras 2 knows no such argument.
    dtype = {} if keras.__version__.startswith("2.") else {"dtype": weights.dtype.name}
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True, **dtype)
    with tf.GradientTape() as tape:
        tape.watch([weights, bias])
        loss = loss_of(labels, tf.matmul(features, weights) + bias)
    of_weights, of_bias = tape.gradient(loss, [weights, bias])
    return weights - rate * of_weights, bias - rate * of_bias


_KL_CLIP = Deviation(
    "clip-1e-7",
    (),
    "documented",
    "https://keras.io/api/losses/probabilistic_losses/#kl_divergence-function",
    "labels and probabilities are clipped to [1e-7, 1]",
)


def _deliberate(version: str, definition: str, reason: str) -> Deviation:
    file = "backend.py" if _is_2(version) else "src/backend/tensorflow/nn.py"
    link = f"https://github.com/keras-team/keras/blob/v{version}/keras/{file}"
    return Deviation(definition, (), "deliberate", link, reason)


def _clip(version: str) -> Deviation:
    if _is_2(version):
        return _deliberate(
            version,
            "clip-add-1e-7",
            "probabilities are clipped to [1e-7, 1 - 1e-7], and 1e-7 is added once more inside both logarithms",
        )
    return _deliberate(version, "clip-1e-7", "probabilities are clipped to [1e-7, 1 - 1e-7] before the logarithm")


def _normalise_clip(version: str) -> Deviation:
    return _deliberate(
        version,
        "normalise-clip-1e-7",
        "probabilities are divided by their sum, then clipped to [1e-7, 1 - 1e-7] before the logarithm",
    )


def _clip_softmax(version: str) -> Deviation:
    return _deliberate(
        version,
        "clip-softmax-1e-7",
        "probabilities are clipped to [1e-7, 1 - 1e-7], and their logarithms taken as logits",
    )


_REDUCTIONS = {"none": "none", "sum": "sum", "mean": "sum_over_batch_size"}


def _loss(name: str, form: CallForm, options: tuple[str, ...]) -> tuple[str, ...]:
    """Return the statements that make a loss; Keras 3 computes in float32 without a dtype of its own."""
    reduction = f'reduction="{_REDUCTIONS[form.parameters.get("reduction", "none")]}"'
    return (
        f'dtype = {{"dtype": "{form.dtype}"}} if keras.__version__ >= "3" else {{}}  # Keras 2 has no such option',
        written(f"loss = keras.losses.{name}", (*options, reduction, "**dtype")),
    )


def _option(form: CallForm, name: str, spelt: str) -> tuple[str, ...]:
    return (f"{spelt}={literal(form.parameters[name])}",) if name in form.parameters else ()


def _options(form: CallForm, stated: str, *, spells_axis: bool = False) -> tuple[str, ...]:
    axis = (f"axis={form.default_axis}",) if spells_axis else ()
    smoothing = _option(form, "label_smoothing", "label_smoothing")
    return (stated, *axis, *smoothing, *_option(form, "ignore_index", "ignore_class"))


def _class(name: str, stated: str, *, spells_axis: bool = False) -> Write:
    def write(form: CallForm) -> Snippet:
        scores, labels = form.arguments
        return Snippet("loss", (labels, scores), _loss(name, form, _options(form, stated, spells_axis=spells_axis)))

    return write


def _function(callee: str, stated: str, *, spells_axis: bool = False) -> Write:
    def write(form: CallForm) -> Snippet:
        scores, labels = form.arguments
        return Snippet(callee, (labels, scores, *_options(form, stated, spells_axis=spells_axis)))

    return write


def _binary_class(stated: str) -> Write:
    def write(form: CallForm) -> Snippet:
        scores, labels = form.arguments
        weight = (f"sample_weight=tf.broadcast_to(weight, {scores}.shape)",) if "weight" in form.parameters else ()
        ahead = _loss("BinaryCrossentropy", form, _options(form, stated))
        return Snippet("loss", (*_single_features(labels, scores), *weight), ahead)

    return write


def _binary_function(callee: str, stated: str) -> Write:
    def write(form: CallForm) -> Snippet:
        scores, labels = form.arguments
        return Snippet(callee, (*_single_features(labels, scores), *_options(form, stated)))

    return write


def _single_features(*names: str) -> tuple[str, ...]:
    """Give every element a feature axis of length one: Keras averages over that axis, and so over one element."""
    return tuple(f"tf.expand_dims({name}, -1)" for name in names)


def _kl_class(form: CallForm) -> Snippet:
    return Snippet("loss", form.arguments, _loss("KLDivergence", form, ()))


def _is_2(version: str) -> bool:
    return version.startswith("2.")


def _functions(version: str) -> Iterator[EntryPoint]:
    yield EntryPoint("keras.activations.sigmoid", "sigmoid", (), same("keras.activations.sigmoid"))
    # That of Keras 2 takes no single row.
    softmax, least_rank = "keras.activations.softmax", 2 if _is_2(version) else 1
    yield EntryPoint(softmax, "softmax", ("axis",), along(softmax), least_rank=least_rank)
    if not _is_2(version):
        log_softmax = "keras.activations.log_softmax"
        yield EntryPoint(log_softmax, "log_softmax", ("axis",), along(log_softmax))
        for name in ("sigmoid", "log_sigmoid", "softplus"):
            yield EntryPoint(f"keras.ops.{name}", name, (), same(f"keras.ops.{name}"))
        for name in ("softmax", "log_softmax", "logsumexp"):
            yield EntryPoint(f"keras.ops.{name}", name, ("axis",), along(f"keras.ops.{name}"))
    for name, source in (("KLDivergence()", _kl_class), ("kl_divergence", same("keras.losses.kl_divergence"))):
        yield EntryPoint(f"keras.losses.{name}", "kl_divergence", ("axis",), source, (_KL_CLIP,), axis="last")


def _categorical(version: str, *, from_logits: bool) -> Iterator[EntryPoint]:
    function = "softmax_cross_entropy" if from_logits else "categorical_cross_entropy"
    deviations = (LABELS_SUM_TO_ONE if from_logits else _normalise_clip(version),)
    smoothed, reduced = ("axis", "label_smoothing"), ("reduction",) if from_logits else ()
    stated = f"from_logits={from_logits}"
    for callee, keywords, source in (
        (
            "keras.losses.CategoricalCrossentropy",
            smoothed + reduced,
            _class("CategoricalCrossentropy", stated, spells_axis=True),
        ),
        *(
            (callee, keywords, _function(callee, stated, spells_axis=True))
            for callee, keywords in (
                ("keras.losses.categorical_crossentropy", smoothed),
                ("keras.ops.categorical_crossentropy", ("axis",)),
            )
        ),
    ):
        yield EntryPoint(f"{callee}({stated})", function, keywords, source, deviations)


def _sparse(version: str, *, from_logits: bool) -> Iterator[EntryPoint]:
    function = "sparse_softmax_cross_entropy" if from_logits else "sparse_categorical_cross_entropy"
    deviations = () if from_logits else (_clip_softmax(version),)
    ignoring, reduced = (("ignore_index",), ("reduction",)) if from_logits else ((), ())
    stated = f"from_logits={from_logits}"
    for callee, keywords, source in (
        (
            "keras.losses.SparseCategoricalCrossentropy",
            (*ignoring, *reduced),
            _class("SparseCategoricalCrossentropy", stated),
        ),
        *(
            (callee, keywords, _function(callee, stated))
            for callee, keywords in (
                ("keras.losses.sparse_categorical_crossentropy", ignoring),
                ("keras.ops.sparse_categorical_crossentropy", ()),
            )
        ),
    ):
        yield EntryPoint(
            f"{callee}({stated})",
            function,
            ("axis", *keywords),
            source,
            deviations,
            axis="last",
            refusals=(LABELS_IN_RANGE,),
        )


def _binary(version: str, *, from_logits: bool) -> Iterator[EntryPoint]:
    function = "sigmoid_cross_entropy" if from_logits else "binary_cross_entropy"
    deviations = () if from_logits else (_clip(version),)
    weighted = ("weight", "reduction") if from_logits else ()
    stated, ending = f"from_logits={from_logits}", "binary_crossentropy"
    for callee, keywords, source in (
        ("keras.losses.BinaryCrossentropy", ("label_smoothing", *weighted), _binary_class(stated)),
        (f"keras.losses.{ending}", ("label_smoothing",), _binary_function(f"keras.losses.{ending}", stated)),
        (f"keras.ops.{ending}", (), _function(f"keras.ops.{ending}", stated)),
    ):
        yield EntryPoint(f"{callee}({stated})", function, keywords, source, deviations)


def entry_points(version: str | None = None) -> tuple[EntryPoint, ...]:
    """Every entry point of Keras that is examined; Keras 2 has no operations."""
    version = version or "3"
    losses = (
        entry
        for make in (_categorical, _sparse, _binary)
        for from_logits in (True, False)
        for entry in make(version, from_logits=from_logits)
        if not (_is_2(version) and entry.name.startswith("keras.ops."))
    )
    return (*_functions(version), *losses)


FRAMEWORK = replace(
    TENSORFLOW,
    modes={"eager": Mode(computed, recorded, step)},
    open=Keras,
    entry_points=entry_points,
    spelling=replace(
        TENSORFLOW.spelling,
        imports="import keras\nimport tensorflow as tf\n",
        version='f"keras {keras.__version__}, tensorflow {tf.__version__}"',
    ),
)
"""Keras, which computes with TensorFlow."""
