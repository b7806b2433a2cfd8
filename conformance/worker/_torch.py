"""PyTorch as a framework: tensors, recording and gradients."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ._layout import laid_out
from ._numpy import number_array
from ._wire import Array, array_of

_BY_BITS = torch.int16
_HALVES = {"float16": "Half", "bfloat16": "BFloat16"}
_NOT_IMPLEMENTED = re.compile(r"""^"[^"]+" not implemented for '(\w+)'""")


class Torch:
    """What `_evaluate` needs of PyTorch."""

    name = "torch"
    dtypes = ("float16", "bfloat16", "float32", "float64")
    devices = ("cpu",)

    def __init__(self, threads: int | None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
            torch.set_num_interop_threads(threads)

    @property
    def version(self) -> str:
        """The version of PyTorch."""
        return str(torch.__version__)

    def build(self) -> dict[str, str]:
        """How this PyTorch was built."""
        capability = getattr(torch.backends.cpu, "get_cpu_capability", lambda: "unknown")
        return {
            "torch": self.version,
            "git_version": str(torch.version.git_version),
            "cpu_capability": capability(),
            "configuration": torch.__config__.show().strip(),
        }

    def tensor(self, array: Array, layout: str) -> torch.Tensor:
        """Return a tensor of its own memory with the elements of `array`."""
        data = laid_out(array.data, layout)
        if array.dtype == "bfloat16":
            return torch.from_numpy(data.view(np.int16)).view(torch.bfloat16)
        return torch.from_numpy(data)

    def array(self, value: Any) -> Array:
        """Return what a call returned, ready to travel, dtype and shape as they are.

        Raises:
            TypeError: it is neither a tensor nor a number.
        """
        if not isinstance(value, torch.Tensor):
            return number_array(value)
        tensor = value.detach().cpu().contiguous()
        if tensor.dtype == torch.bfloat16:
            return Array("bfloat16", tensor.view(_BY_BITS).numpy().view(np.uint16))
        return array_of(tensor.numpy())

    def lacks(self, dtype: str, error: Exception, text: str) -> bool:
        """Whether an exception, of this text, is PyTorch's own word that it has no implementation for `dtype`."""
        # A RuntimeError in older versions, of which a NotImplementedError is one.
        found = _NOT_IMPLEMENTED.match(text) if isinstance(error, RuntimeError) else None
        return found is not None and found[1] == _HALVES.get(dtype)

    def plain(self, call: Callable[..., Any], arguments: Sequence[Any], parameters: dict[str, Any]) -> Any:
        """Call without gradient recording."""
        with torch.no_grad():
            return call(*arguments, **parameters)

    def recorded(
        self,
        call: Callable[..., Any],
        arguments: Sequence[Any],
        parameters: dict[str, Any],
        position: int,
        cotangent: Any | None,
    ) -> tuple[Any, Any | None]:
        """Call with the argument at `position` requiring its gradient; return the value and the gradient.

        The gradient is None where there is no cotangent, or where the framework has none to give.
        """
        leaf = arguments[position].detach().requires_grad_()
        value = call(*arguments[:position], leaf, *arguments[position + 1 :], **parameters)
        if cotangent is None or not isinstance(value, torch.Tensor) or not value.requires_grad:
            return value, None
        return value, torch.autograd.grad(value, leaf, cotangent, allow_unused=True)[0]
