"""Scripts for Keras: how each entry point is called, as worker/frameworks/keras.py calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from ...inputs.batch import Batch
from ...inputs.geometry import axis_of
from ..source import Snippet, written
from .tensorflow import TensorFlowDialect, default_axis, names_of

Write = Callable[[Batch], Snippet]

SETTINGS: tuple[tuple[str, str], ...] = (("eager", "cpu"),)
"""The settings that a script can be written for, as worker/frameworks/tensorflow.py offers them."""

_REDUCTIONS = {"none": "none", "sum": "sum", "mean": "sum_over_batch_size"}


def _plain(callee: str) -> Write:
    return lambda batch: Snippet(callee, names_of(batch))


def _rows(callee: str) -> Write:
    return lambda batch: Snippet(callee, (*names_of(batch), f"axis={axis_of(batch)}"))


def _loss(name: str, batch: Batch, options: tuple[str, ...]) -> tuple[str, ...]:
    reduction = f'reduction="{_REDUCTIONS[str(batch.parameters.get("reduction", "none"))]}"'
    return (
        f'dtype = {{"dtype": "{batch.dtype}"}} if keras.__version__ >= "3" else {{}}  # Keras 2 has no such option',
        written(f"loss = keras.losses.{name}", (*options, reduction, "**dtype")),
    )


def _smoothing(batch: Batch) -> tuple[str, ...]:
    value = batch.parameters.get("label_smoothing")
    return () if value is None else (f"label_smoothing={value!r}",)


def _ignoring(batch: Batch) -> tuple[str, ...]:
    value = batch.parameters.get("ignore_index")
    return () if value is None else (f"ignore_class={value!r}",)


def _categorical_class(from_logits: str) -> Write:
    def write(batch: Batch) -> Snippet:
        options = (from_logits, f"axis={default_axis(batch)}", *_smoothing(batch))
        scores, labels = names_of(batch)
        return Snippet("loss", (labels, scores), _loss("CategoricalCrossentropy", batch, options))

    return write


def _sparse_class(from_logits: str) -> Write:
    def write(batch: Batch) -> Snippet:
        scores, labels = names_of(batch)
        options = (from_logits, *_ignoring(batch))
        return Snippet("loss", (labels, scores), _loss("SparseCategoricalCrossentropy", batch, options))

    return write


def _binary_class(from_logits: str) -> Write:
    def write(batch: Batch) -> Snippet:
        scores, labels = names_of(batch)
        weight = (f"sample_weight=tf.broadcast_to(weight, {scores}.shape)",) if "weight" in batch.parameters else ()
        ahead = _loss("BinaryCrossentropy", batch, (from_logits, *_smoothing(batch)))
        return Snippet("loss", (*_single_features(labels, scores), *weight), ahead)

    return write


def _single_features(*names: str) -> tuple[str, ...]:
    """Give every element a feature axis of length one, over which Keras averages."""
    return tuple(f"tf.expand_dims({name}, -1)" for name in names)


def _kl_class(batch: Batch) -> Snippet:
    return Snippet("loss", names_of(batch), _loss("KLDivergence", batch, ()))


def _categorical_function(callee: str, from_logits: str) -> Write:
    def write(batch: Batch) -> Snippet:
        scores, labels = names_of(batch)
        return Snippet(callee, (labels, scores, from_logits, f"axis={default_axis(batch)}", *_smoothing(batch)))

    return write


def _sparse_function(callee: str, from_logits: str) -> Write:
    def write(batch: Batch) -> Snippet:
        scores, labels = names_of(batch)
        return Snippet(callee, (labels, scores, from_logits, *_ignoring(batch)))

    return write


def _binary_function(from_logits: str) -> Write:
    def write(batch: Batch) -> Snippet:
        scores, labels = names_of(batch)
        arguments = (*_single_features(labels, scores), from_logits, *_smoothing(batch))
        return Snippet("keras.losses.binary_crossentropy", arguments)

    return write


def _binary_operation(from_logits: str) -> Write:
    def write(batch: Batch) -> Snippet:
        scores, labels = names_of(batch)
        return Snippet("keras.ops.binary_crossentropy", (labels, scores, from_logits))

    return write


def _losses() -> Iterator[tuple[tuple[str, str], Write]]:
    """Yield the losses of logits, and of probabilities."""
    of_logits = ("softmax_cross_entropy", "sparse_softmax_cross_entropy", "sigmoid_cross_entropy")
    of_probs = ("categorical_cross_entropy", "sparse_categorical_cross_entropy", "binary_cross_entropy")
    for from_logits, (dense, sparse, binary) in ((True, of_logits), (False, of_probs)):
        end, given = f"(from_logits={from_logits})", f"from_logits={from_logits}"
        yield (dense, f"keras.losses.CategoricalCrossentropy{end}"), _categorical_class(given)
        yield (sparse, f"keras.losses.SparseCategoricalCrossentropy{end}"), _sparse_class(given)
        yield (binary, f"keras.losses.BinaryCrossentropy{end}"), _binary_class(given)
        yield (binary, f"keras.losses.binary_crossentropy{end}"), _binary_function(given)
        yield (binary, f"keras.ops.binary_crossentropy{end}"), _binary_operation(given)
        for module in ("losses", "ops"):
            callee = f"keras.{module}.categorical_crossentropy"
            yield (dense, callee + end), _categorical_function(callee, given)
            callee = f"keras.{module}.sparse_categorical_crossentropy"
            yield (sparse, callee + end), _sparse_function(callee, given)


SOURCES: Mapping[tuple[str, str], Write] = MappingProxyType(
    {
        ("sigmoid", "keras.activations.sigmoid"): _plain("keras.activations.sigmoid"),
        ("softmax", "keras.activations.softmax"): _rows("keras.activations.softmax"),
        ("log_softmax", "keras.activations.log_softmax"): _rows("keras.activations.log_softmax"),
        ("sigmoid", "keras.ops.sigmoid"): _plain("keras.ops.sigmoid"),
        ("log_sigmoid", "keras.ops.log_sigmoid"): _plain("keras.ops.log_sigmoid"),
        ("softplus", "keras.ops.softplus"): _plain("keras.ops.softplus"),
        ("softmax", "keras.ops.softmax"): _rows("keras.ops.softmax"),
        ("log_softmax", "keras.ops.log_softmax"): _rows("keras.ops.log_softmax"),
        ("logsumexp", "keras.ops.logsumexp"): _rows("keras.ops.logsumexp"),
        ("kl_divergence", "keras.losses.KLDivergence()"): _kl_class,
        ("kl_divergence", "keras.losses.kl_divergence"): _plain("keras.losses.kl_divergence"),
        **dict(_losses()),
    }
)
"""The source of every entry point's call, by function and entry point."""


class KerasDialect(TensorFlowDialect):
    """What a script says in Keras on TensorFlow."""

    settings = SETTINGS
    imports = "import keras\nimport tensorflow as tf\n"
    version = 'f"keras {keras.__version__}, tensorflow {tf.__version__}"'

    def environment(self) -> Mapping[str, str]:
        """Return the variables that must be set ahead of the import."""
        return {**super().environment(), "KERAS_BACKEND": "tensorflow"}
