"""A function of this process, examined as if it were the module of a worker."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

from logitproof.reports import Setting

from ..inputs.batch import Batch
from ..worker.evaluate import failure
from ..worker.main import WorkerSession
from .frameworks import MODULE_FRAMEWORKS
from .protocol import Hello, Reply, evaluate_request, hello_request, read_answer, read_hello

_MODULE = "logitproof_examined_function"


@dataclass(frozen=True)
class InProcess:
    """One function with its framework; it answers like a worker, but in this process, unprotected.

    Attributes:
        name: what checks call the backend: the function's own name.
        hello: what the worker's code tells of it.
    """

    name: str
    hello: Hello
    _session: WorkerSession

    @classmethod
    def of(
        cls, call: Callable[..., object], function: str, framework: str, vjp: Callable[..., object] | None
    ) -> InProcess:
        """Wrap a function in a module, as §9 of the design has it, and open that.

        Raises:
            ValueError: the framework is none of those that a module may name.
            ImportError: the framework is not installed.
        """
        if framework not in MODULE_FRAMEWORKS:
            raise ValueError(f"unknown framework {framework!r}: choose from {', '.join(MODULE_FRAMEWORKS)}")
        module = ModuleType(_MODULE)
        module.__dict__.update({"framework": framework, function: call, f"{function}_vjp": vjp})
        session = WorkerSession()
        sys.modules[_MODULE] = module
        try:
            # No threads are fixed: they are this process's own.
            header, _ = session.answer(hello_request(_MODULE, None), [])
        except Exception as error:  # noqa: BLE001 - whatever opening a framework raises, it is not usable here
            raise ImportError(str(error)) from None
        finally:
            del sys.modules[_MODULE]
        return cls(getattr(call, "__qualname__", type(call).__name__), read_hello(header), session)

    def evaluate(
        self, batch: Batch, entry_point: str, quantities: Sequence[str], *, setting: Setting | None = None
    ) -> Reply:
        """Compute quantities of a batch, in the first setting unless said otherwise; an exception is an answer."""
        header, arrays = evaluate_request(batch, entry_point, quantities, setting=setting or self.hello.settings[0])
        try:
            answer, results = self._session.answer(header, arrays)
        except Exception as error:  # noqa: BLE001 - whatever the function raises is an answer
            answer, results = {"message": "error", **failure(error)}, []
        return read_answer(answer, results)
