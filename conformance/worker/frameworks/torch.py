"""PyTorch as a framework: tensors, recording and gradients."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from ..entry_points import Deviation, EntryPoint, Refusal
from ..layout import laid_out
from ..wire import Array, array_of
from .numpy import number_array

_BY_BITS = torch.int16
_HALVES = {"float16": "Half", "bfloat16": "BFloat16"}
_NOT_IMPLEMENTED = re.compile(r"""^"[^"]+" not implemented for '(\w+)'""")


class Torch:
    """What `_evaluate` needs of PyTorch."""

    name = "torch"
    dtypes = ("float16", "bfloat16", "float32", "float64")
    settings: tuple[tuple[str, str], ...] = (("eager", "cpu"),)

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


_DOCS = "https://docs.pytorch.org/docs/stable/generated/"
_SOURCE = "https://github.com/pytorch/pytorch/blob/main/"

_LINEAR_ABOVE_20 = Deviation(
    "linear-above-20",
    ("value", "gradient:x"),
    "documented",
    _DOCS + "torch.nn.functional.softplus.html",
    "the implementation reverts to the linear function above the threshold 20",
)
_CLAMP_LOG_100 = (
    Deviation(
        "clamp-log-100",
        ("value",),
        "documented",
        _DOCS + "torch.nn.BCELoss.html",
        "both logarithms are clamped to be at least -100",
    ),
    Deviation(
        "clamp-log-100",
        ("gradient:probs",),
        "deliberate",
        _SOURCE + "aten/src/ATen/native/Loss.cpp",
        "the gradient (p - y) / max((1 - p) p, 1e-12) keeps its denominator away from zero",
    ),
)
_NORMALISE_CLAMP_EPS = Deviation(
    "normalise-clamp-eps",
    ("value", "gradient:probs"),
    "deliberate",
    _SOURCE + "torch/distributions/utils.py",
    "probs are normalised to sum to one, then clamped to [eps, 1 - eps] inside the logarithm",
)


def _cross_entropy(logits: Any, labels: Any, *, reduction: str = "none", **options: Any) -> Any:
    return functional.cross_entropy(logits, labels, reduction=reduction, **options)


def _cross_entropy_loss(logits: Any, labels: Any, *, reduction: str = "none", **options: Any) -> Any:
    return torch.nn.CrossEntropyLoss(reduction=reduction, **options)(logits, labels)


def _nll_loss(log_probs: Any, labels: Any, *, reduction: str = "none", **options: Any) -> Any:
    return functional.nll_loss(log_probs, labels, reduction=reduction, **options)


def _categorical_entropy(probs: Any) -> Any:
    return torch.distributions.Categorical(probs=probs).entropy()


def _binary_cross_entropy(probs: Any, labels: Any) -> Any:
    return functional.binary_cross_entropy(probs, labels, reduction="none")


def _with_logits(logits: Any, labels: Any, *, reduction: str = "none", **options: Any) -> Any:
    return functional.binary_cross_entropy_with_logits(logits, labels, reduction=reduction, **options)


def _with_logits_loss(logits: Any, labels: Any, *, reduction: str = "none", **options: Any) -> Any:
    return torch.nn.BCEWithLogitsLoss(reduction=reduction, **options)(logits, labels)


def _kl_terms(labels: Any, log_probs: Any) -> Any:
    return functional.kl_div(log_probs, labels, reduction="none")


def _kl_terms_from_logs(log_labels: Any, log_probs: Any) -> Any:
    return functional.kl_div(log_probs, log_labels, reduction="none", log_target=True)


def _kl_rows(labels: Any, log_probs: Any, *, axis: int) -> Any:
    # kl_div reduces the whole tensor it is given, so each row is a call of its own: nothing is summed on its behalf.
    rows = labels.movedim(axis, -1), log_probs.movedim(axis, -1)
    shape, flat = rows[0].shape, [row.reshape(-1, row.shape[-1]).unbind(0) for row in rows]
    sums = [functional.kl_div(log_row, row, reduction="sum") for row, log_row in zip(*flat)]
    return torch.stack(sums).reshape(shape[:-1])


_LABELS = Refusal(
    "labels",
    "class index",
    "IndexError",
    "out of bounds",
    _DOCS + "torch.nn.CrossEntropyLoss.html",
    "each value of a target of class indices should be in [0, C)",
)
_NLL_LABELS = Refusal(
    "labels",
    "class index",
    "IndexError",
    "out of bounds",
    _DOCS + "torch.nn.functional.nll_loss.html",
    "each value of the target is between 0 and C - 1",
)
_BETWEEN_0_AND_1 = tuple(
    Refusal(argument, "unit interval", "RuntimeError", "should be between 0 and 1", _DOCS + page, reason)
    for argument, page, reason in (
        (
            "probs",
            "torch.nn.functional.binary_cross_entropy.html",
            "the input is a tensor of probabilities",
        ),
        ("labels", "torch.nn.BCELoss.html", "targets should be numbers between 0 and 1"),
    )
)
_PROBS = Refusal(
    "probs",
    "weights",
    "ValueError",
    "to satisfy the constraint",
    "https://docs.pytorch.org/docs/stable/distributions.html#categorical",
    "probs must be non-negative, finite and have a non-zero sum",
)


def _row_function(call: Callable[..., Any]) -> Callable[..., Any]:
    return lambda logits, *, axis: call(logits, dim=axis)


_INDEXED = ("axis", "label_smoothing", "weight", "ignore_index", "reduction")
_DENSE = ("axis", "label_smoothing", "weight", "reduction")
_NEGATIVE = ("axis", "weight", "ignore_index", "reduction")
_SPARSE = "sparse_softmax_cross_entropy"
_SIGMOID = ("pos_weight", "weight", "reduction")


def _offered(
    name: str,
    function: str,
    call: Callable[..., Any],
    keywords: tuple[str, ...] = (),
    deviations: tuple[Deviation, ...] = (),
    *,
    axis: str = "any",
    refusals: tuple[Refusal, ...] = (),
) -> EntryPoint:
    return EntryPoint(f"torch.{name}", function, keywords, call, deviations, axis=axis, refusals=refusals)


def _along_classes(
    name: str, function: str, call: Callable[..., Any], keywords: tuple[str, ...], *refusals: Refusal
) -> EntryPoint:
    return _offered(name, function, call, keywords, axis="classes", refusals=refusals)


def entry_points() -> tuple[EntryPoint, ...]:
    """Every entry point of PyTorch that is examined."""
    return (
        _offered("sigmoid", "sigmoid", torch.sigmoid),
        _offered("special.expit", "sigmoid", torch.special.expit),
        _offered("nn.functional.logsigmoid", "log_sigmoid", functional.logsigmoid),
        _offered("nn.functional.softplus", "softplus", functional.softplus, (), (_LINEAR_ABOVE_20,)),
        _offered("logit", "logit", torch.logit),
        _offered("special.logit", "logit", torch.special.logit),
        _offered("softmax", "softmax", _row_function(torch.softmax), ("axis",)),
        _offered("nn.Softmax", "softmax", lambda logits, *, axis: torch.nn.Softmax(dim=axis)(logits), ("axis",)),
        _offered("nn.functional.log_softmax", "log_softmax", _row_function(functional.log_softmax), ("axis",)),
        _offered("logsumexp", "logsumexp", _row_function(torch.logsumexp), ("axis",)),
        _offered("special.entr", "entropy_terms", torch.special.entr),
        _offered(
            "distributions.Categorical(probs=).entropy",
            "entropy",
            _categorical_entropy,
            ("axis",),
            (_NORMALISE_CLAMP_EPS,),
            axis="last",
            refusals=(_PROBS,),
        ),
        _along_classes("nn.functional.cross_entropy", "softmax_cross_entropy", _cross_entropy, _DENSE),
        _along_classes("nn.functional.cross_entropy", _SPARSE, _cross_entropy, _INDEXED, _LABELS),
        _along_classes("nn.CrossEntropyLoss", "softmax_cross_entropy", _cross_entropy_loss, _DENSE),
        _along_classes("nn.CrossEntropyLoss", _SPARSE, _cross_entropy_loss, _INDEXED, _LABELS),
        _along_classes("nn.functional.nll_loss", "nll_loss", _nll_loss, _NEGATIVE, _NLL_LABELS),
        _offered(
            "nn.functional.binary_cross_entropy",
            "binary_cross_entropy",
            _binary_cross_entropy,
            (),
            _CLAMP_LOG_100,
            refusals=_BETWEEN_0_AND_1,
        ),
        _offered("nn.functional.binary_cross_entropy_with_logits", "sigmoid_cross_entropy", _with_logits, _SIGMOID),
        _offered("nn.BCEWithLogitsLoss", "sigmoid_cross_entropy", _with_logits_loss, _SIGMOID),
        _offered("nn.functional.kl_div", "kl_divergence_terms_from_log_probs", _kl_terms),
        _offered("nn.functional.kl_div", "kl_divergence_from_log_probs", _kl_rows, ("axis",)),
        _offered("nn.functional.kl_div(log_target=True)", "kl_divergence_terms_from_logs", _kl_terms_from_logs),
    )
