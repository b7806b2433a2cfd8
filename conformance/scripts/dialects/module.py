"""Scripts for a user's module: how it is loaded and called, and NumPy as its framework."""

from __future__ import annotations

from collections.abc import Mapping

from ...inputs.batch import Batch
from ..arrays import Storage, plain_storage
from ..source import Snippet, indented, keywords, literal
from .tensorflow import names_of

SETTINGS: tuple[tuple[str, str], ...] = (("eager", "cpu"),)
"""The settings that a script can be written for, as worker/frameworks/numpy.py offers them."""


def module_call(batch: Batch) -> Snippet:
    """Return the call of a module's function, as the contract of a call has it."""
    return Snippet(f"module.{batch.function}", (*names_of(batch), *keywords(batch)))


def loading(target: str) -> str:
    """Return the statements that load a module: from its file, or by its name; argv may name another one."""
    if not target.endswith(".py"):
        return (
            f"name = sys.argv[1] if len(sys.argv) > 1 else {literal(target)}\n"
            "sys.path.insert(0, os.getcwd())\n"
            "module = importlib.import_module(name)\n"
        )
    return f"""\
path = {literal(target)}
path = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else path)
sys.path.insert(0, os.path.dirname(path))
place = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
module = importlib.util.module_from_spec(place)
sys.modules.setdefault(place.name, module)
place.loader.exec_module(module)
"""


class NumPyDialect:
    """What a script says where a module computes with NumPy and brings its own gradients."""

    settings = SETTINGS
    imports = ""
    version = 'f"numpy {np.__version__}"'
    bits = "tensor.tobytes()"

    def setup(self, threads: int | None) -> str:
        """Return nothing: NumPy's own loops have one thread."""
        del threads
        return ""

    def environment(self) -> Mapping[str, str]:
        """Return the variables that must be set ahead of the import: none."""
        return {}

    def storage(self, dtype: str) -> Storage:
        """Return how numbers are held."""
        return plain_storage(dtype)

    def tensor(self, name: str, source: str, dtype: str) -> str:
        """Assign the tensor of an array: the array."""
        del dtype
        return f"{name} = {source}\n"

    def value(self, call: Snippet) -> str:
        """Compute the value."""
        return call.after("observed = ") + "\n"

    def gradient(self, call: Snippet, argument: str) -> str:
        """Compute the gradient by an argument."""
        return (
            f"{self._vjp(call).after('found = ')}\n"
            f"observed = found[{call.arguments.index(argument)}] if isinstance(found, (tuple, list)) else found\n"
        )

    def gradient_function(self, call: Snippet) -> str:
        """Define `gradient(argument)`, which gives None where there is no gradient."""
        real = ", ".join(name for name in call.arguments if "=" not in name)
        return f"""\
def gradient(argument):
{indented(self._vjp(call).after("found = "))}
    found = found if isinstance(found, (tuple, list)) else (found,)
    place = next(place for place, each in enumerate(({real},)) if each is argument)
    return found[place] if place < len(found) else None
"""

    def twice(self) -> str:
        """Compute the value, and the same again."""
        return "results = [value(), value()]\n"

    def recorded(self, argument: str) -> str:
        """Compute nothing more: NumPy records no gradients."""
        del argument
        return ""

    def _vjp(self, call: Snippet) -> Snippet:
        return Snippet(f"{call.callee}_vjp", ("cotangent", *call.arguments))
