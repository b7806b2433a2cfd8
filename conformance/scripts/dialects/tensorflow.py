"""Scripts for TensorFlow: how each entry point is called, as worker/frameworks/tensorflow.py calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ...inputs.batch import Batch
from ...inputs.geometry import axis_of
from ..arrays import Storage, plain_storage
from ..source import Snippet, indented, written

Write = Callable[[Batch], Snippet]

SETTINGS: tuple[tuple[str, str], ...] = (("eager", "cpu"),)
"""The settings that a script can be written for, as worker/frameworks/tensorflow.py offers them."""


def names_of(batch: Batch) -> tuple[str, ...]:
    """Return the names of the arguments, in order."""
    return tuple(argument.name for argument in batch.spec.arguments)


def default_axis(batch: Batch) -> int:
    """Return -1 for the last axis, and any other as it is."""
    axis = axis_of(batch)
    return -1 if axis == batch.arguments[0].ndim - 1 else axis


def _plain(callee: str) -> Write:
    return lambda batch: Snippet(callee, names_of(batch))


def _rows(callee: str) -> Write:
    return lambda batch: Snippet(callee, (*names_of(batch), f"axis={axis_of(batch)}"))


def _cross_entropy(callee: str) -> Write:
    return lambda batch: Snippet(callee, tuple(f"{name}={name}" for name in reversed(names_of(batch))))


def _softmax_cross_entropy(batch: Batch) -> Snippet:
    arguments = ("labels=labels", "logits=logits", f"axis={default_axis(batch)}")
    return Snippet("tf.nn.softmax_cross_entropy_with_logits", arguments)


def _weighted_cross_entropy(batch: Batch) -> Snippet:
    weight = "pos_weight" if "pos_weight" in batch.parameters else "1.0"
    arguments = ("labels=labels", "logits=logits", f"pos_weight={weight}")
    return Snippet("tf.nn.weighted_cross_entropy_with_logits", arguments)


SOURCES: Mapping[tuple[str, str], Write] = MappingProxyType(
    {
        ("sigmoid", "tf.sigmoid"): _plain("tf.sigmoid"),
        ("log_sigmoid", "tf.math.log_sigmoid"): _plain("tf.math.log_sigmoid"),
        ("softplus", "tf.math.softplus"): _plain("tf.math.softplus"),
        ("softmax", "tf.nn.softmax"): _rows("tf.nn.softmax"),
        ("log_softmax", "tf.nn.log_softmax"): _rows("tf.nn.log_softmax"),
        ("logsumexp", "tf.reduce_logsumexp"): _rows("tf.reduce_logsumexp"),
        ("softmax_cross_entropy", "tf.nn.softmax_cross_entropy_with_logits"): _softmax_cross_entropy,
        ("sparse_softmax_cross_entropy", "tf.nn.sparse_softmax_cross_entropy_with_logits"): _cross_entropy(
            "tf.nn.sparse_softmax_cross_entropy_with_logits"
        ),
        ("sigmoid_cross_entropy", "tf.nn.sigmoid_cross_entropy_with_logits"): _cross_entropy(
            "tf.nn.sigmoid_cross_entropy_with_logits"
        ),
        ("sigmoid_cross_entropy", "tf.nn.weighted_cross_entropy_with_logits"): _weighted_cross_entropy,
    }
)
"""The source of every entry point's call, by function and entry point."""


class TensorFlowDialect:
    """What a script says in TensorFlow."""

    settings = SETTINGS
    imports = "import tensorflow as tf\n"
    version = 'f"tensorflow {tf.__version__}"'
    bits = "tensor.numpy().tobytes()"

    def setup(self, threads: int | None) -> str:
        """Return the statements that fix how many threads compute."""
        if not threads:
            return ""
        return (
            f"tf.config.threading.set_intra_op_parallelism_threads({threads})  # as in the run\n"
            f"tf.config.threading.set_inter_op_parallelism_threads({threads})\n"
        )

    def environment(self) -> Mapping[str, str]:
        """Return the variables that must be set ahead of the import: no graphics processor, fewer notices."""
        return {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}

    def storage(self, dtype: str) -> Storage:
        """Return how numbers are held before they become a tensor; TensorFlow brings NumPy's bfloat16."""
        if dtype != "bfloat16":
            return plain_storage(dtype)
        numbers = '''\
def numbers(text):
    """Return hex floats as an array: the same bits everywhere."""
    wide = np.array([float.fromhex(number) for number in text.split()], np.float32)
    return wide.astype(tf.bfloat16.as_numpy_dtype)
'''
        return Storage(dtype, numbers, "tf.bfloat16.as_numpy_dtype")

    def tensor(self, name: str, source: str, dtype: str) -> str:
        """Assign the tensor of an array."""
        del dtype
        return written(f"{name} = tf.constant", (source,)) + "\n"

    def value(self, call: Snippet) -> str:
        """Compute the value, without recording."""
        return call.after("observed = ") + "\n"

    def gradient(self, call: Snippet, argument: str) -> str:
        """Compute the gradient by an argument."""
        return (
            f"{self._tape(argument)}{indented(call.after('value = '))}\n"
            f"observed = tape.gradient(value, {argument}, output_gradients=cotangent)\n"
        )

    def gradient_function(self, call: Snippet) -> str:
        """Define `gradient(argument)`, which gives None where there is no gradient."""
        del call
        return f"""\
def gradient(argument):
{indented(self._tape("argument"))}        result = value()
    found = tape.gradient(result, argument, output_gradients=cotangent)
    return found if found is None else tf.convert_to_tensor(found)
"""

    def twice(self) -> str:
        """Compute the value without recording, and the same again."""
        return "results = [value(), value()]\n"

    def recorded(self, argument: str) -> str:
        """Compute the value while gradients by an argument are recorded."""
        return f"{self._tape(argument)}    results.append(value())\n"

    def _tape(self, argument: str) -> str:
        return f"with tf.GradientTape(watch_accessed_variables=False) as tape:\n    tape.watch({argument})\n"
