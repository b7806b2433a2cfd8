"""Scripts for JAX: how each entry point is called, as worker/frameworks/jax.py calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ...inputs.batch import Batch
from ...inputs.geometry import axis_of
from ..arrays import Storage, plain_storage
from ..source import Snippet, indented, written

Write = Callable[[Batch], Snippet]

SETTINGS: tuple[tuple[str, str], ...] = (("eager", "cpu"),)
"""The settings that a script can be written for, as worker/frameworks/jax.py offers them."""


def _elementwise(callee: str) -> Write:
    return lambda batch: Snippet(callee, tuple(argument.name for argument in batch.spec.arguments))


def _rows(callee: str) -> Write:
    return lambda batch: Snippet(callee, ("logits", f"axis={axis_of(batch)}"))


SOURCES: Mapping[tuple[str, str], Write] = MappingProxyType(
    {
        ("sigmoid", "jax.nn.sigmoid"): _elementwise("jax.nn.sigmoid"),
        ("log_sigmoid", "jax.nn.log_sigmoid"): _elementwise("jax.nn.log_sigmoid"),
        ("softplus", "jax.nn.softplus"): _elementwise("jax.nn.softplus"),
        ("softmax", "jax.nn.softmax"): _rows("jax.nn.softmax"),
        ("log_softmax", "jax.nn.log_softmax"): _rows("jax.nn.log_softmax"),
        ("logsumexp", "jax.nn.logsumexp"): _rows("jax.nn.logsumexp"),
    }
)
"""The source of every entry point's call, by function and entry point."""


class JaxDialect:
    """What a script says in JAX."""

    settings = SETTINGS
    imports = "import jax\nimport jax.numpy as jnp\n"
    version = 'f"jax {jax.__version__}"'
    bits = "np.asarray(tensor).tobytes()"

    def setup(self, threads: int | None) -> str:
        """Return the statement that lets JAX have 64-bit numbers; threads are fixed by the environment."""
        del threads
        return 'jax.config.update("jax_enable_x64", True)\n'

    def environment(self) -> Mapping[str, str]:
        """Return the variables that must be set ahead of the import: one thread, no graphics processor."""
        one = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        return {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": one}

    def storage(self, dtype: str) -> Storage:
        """Return how numbers are held before they become an array; JAX brings NumPy's bfloat16."""
        if dtype != "bfloat16":
            return plain_storage(dtype)
        numbers = '''\
def numbers(text):
    """Return hex floats as an array: the same bits everywhere."""
    return np.array([float.fromhex(number) for number in text.split()], np.float32).astype(jnp.bfloat16)
'''
        return Storage(dtype, numbers, "jnp.bfloat16")

    def tensor(self, name: str, source: str, dtype: str) -> str:
        """Assign the JAX array of an array."""
        del dtype
        return written(f"{name} = jnp.array", (source,)) + "\n"

    def value(self, call: Snippet) -> str:
        """Compute the value."""
        return call.after("observed = ") + "\n"

    def gradient(self, call: Snippet, argument: str) -> str:
        """Compute the gradient by an argument."""
        return f"""\
def value({argument}):
{indented(call.after("return "))}


_, pullback = jax.vjp(value, {argument})
(observed,) = pullback(cotangent)
"""

    def gradient_function(self, call: Snippet) -> str:
        """Define `gradient(argument)`: the value as a function of that argument alone, taken back."""
        del call
        return """\
def gradient(argument):
    name = next(name for name, each in globals().items() if each is argument)

    def of_one(array):
        with mock.patch.dict(globals(), {name: array}):
            return value()

    return jax.vjp(of_one, argument)[1](cotangent)[0]
"""

    def twice(self) -> str:
        """Compute the value, and the same again."""
        return "results = [value(), value()]\n"

    def recorded(self, argument: str) -> str:
        """Compute the value while it is linearised in an argument."""
        return f"""\
def recorded(array):
    with mock.patch.dict(globals(), {{"{argument}": array}}):
        return value()


results.append(jax.vjp(recorded, {argument})[0])
"""
