"""PyTorch as a framework: tensors, recording, a step of training, and the entry points."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..calls import CallForm, Write, along, same
from ..entry_points import Deviation, EntryPoint, Refusal
from ..framework import Framework, Mode, Spelling
from ..layout import laid_out
from ..source import Snippet, literal
from ..wire import Array, array_of
from .numpy import number_array

if TYPE_CHECKING:
    import torch

_HALVES = {"float16": "Half", "bfloat16": "BFloat16"}
_NOT_IMPLEMENTED = re.compile(r"""^"[^"]+" not implemented for '(\w+)'""")


class Torch:
    """The tensors of PyTorch, which is imported when the first of these is made."""

    def __init__(self, threads: int | None) -> None:
        global torch  # noqa: PLW0603 - whoever writes a script reads this file without the framework
        import torch

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
            return Array("bfloat16", tensor.view(torch.int16).numpy().view(np.uint16))
        return array_of(tensor.numpy())

    def lacks(self, dtype: str, error: Exception, text: str) -> bool:
        """Whether an exception, of this text, is PyTorch's own word that it has no implementation for `dtype`."""
        # A RuntimeError in older versions, of which a NotImplementedError is one.
        match = _NOT_IMPLEMENTED.match(text) if isinstance(error, RuntimeError) else None
        return match is not None and match[1] == _HALVES.get(dtype)


def computed(call: Callable[..., Any], tensors: dict[str, Any]) -> Any:
    """Return the value, without recording."""
    with torch.no_grad():
        return call(**tensors)


def recorded(call: Callable[..., Any], tensors: dict[str, Any], argument: str, cotangent: Any) -> tuple[Any, Any]:
    """Return the value, computed while an argument requires its gradient, and that gradient."""
    leaf = tensors[argument].detach().requires_grad_()
    value = call(**{**tensors, argument: leaf})
    if not isinstance(value, torch.Tensor):
        return value, None
    if cotangent is None or not value.requires_grad:
        return value.detach(), None
    return value.detach(), torch.autograd.grad(value, leaf, cotangent, allow_unused=True)[0]


def step(features: Any, labels: Any, weights: Any, bias: Any, rate: float) -> tuple[Any, Any]:
    """Make a step of softmax regression by plain gradient descent."""
    weights, bias = weights.detach().requires_grad_(), bias.detach().requires_grad_()
    loss = torch.nn.functional.cross_entropy(features @ weights + bias, labels)
    loss.backward()
    with torch.no_grad():
        return weights - rate * weights.grad, bias - rate * bias.grad


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


def _softmax_class(form: CallForm) -> Snippet:
    return Snippet(f"torch.nn.Softmax(dim={form.axis})", form.arguments)


def _categorical_entropy(form: CallForm) -> Snippet:
    return Snippet(
        "torch.distributions.Categorical", tuple(f"probs={name}" for name in form.arguments), (), ".entropy()"
    )


def _options(form: CallForm) -> tuple[str, ...]:
    reduction = form.parameters.get("reduction", "none")
    return (*form.keywords(without=("axis", "reduction")), f"reduction={literal(reduction)}")


def _loss(callee: str) -> Write:
    return lambda form: Snippet(callee, (*form.arguments, *_options(form)))


def _loss_class(callee: str) -> Write:
    return lambda form: Snippet("loss", form.arguments, (f"loss = {callee}({', '.join(_options(form))})",))


def _kl_terms(*options: str) -> Write:
    arguments = ('reduction="none"', *options)
    return lambda form: Snippet("torch.nn.functional.kl_div", (*reversed(form.arguments), *arguments))


def _kl_rows(form: CallForm) -> Snippet:
    ahead = (
        "# kl_div reduces the whole tensor it is given, so each row is a call of its own.",
        f"tensors = labels.movedim({form.axis}, -1), log_probs.movedim({form.axis}, -1)",
        "rows = zip(*(each.reshape(-1, each.shape[-1]).unbind(0) for each in tensors))",
        'sums = [torch.nn.functional.kl_div(log_row, row, reduction="sum") for row, log_row in rows]',
    )
    return Snippet("torch.stack", ("sums",), ahead, ".reshape(tensors[0].shape[:-1])")


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


_INDEXED = ("axis", "label_smoothing", "weight", "ignore_index", "reduction")
_DENSE = ("axis", "label_smoothing", "weight", "reduction")
_NEGATIVE = ("axis", "weight", "ignore_index", "reduction")
_SPARSE = "sparse_softmax_cross_entropy"
_SIGMOID = ("pos_weight", "weight", "reduction")


def _offered(
    name: str,
    function: str,
    source: Write,
    keywords: tuple[str, ...] = (),
    deviations: tuple[Deviation, ...] = (),
    *,
    axis: str = "any",
    refusals: tuple[Refusal, ...] = (),
) -> EntryPoint:
    return EntryPoint(f"torch.{name}", function, keywords, source, deviations, axis=axis, refusals=refusals)


def _elementwise(name: str, function: str, *deviations: Deviation) -> EntryPoint:
    return _offered(name, function, same(f"torch.{name}"), (), deviations)


def _rows(name: str, function: str) -> EntryPoint:
    return _offered(name, function, along(f"torch.{name}", "dim"), ("axis",))


def _along_classes(
    name: str, function: str, kind: Callable[[str], Write], keywords: tuple[str, ...], *refusals: Refusal
) -> EntryPoint:
    return _offered(name, function, kind(f"torch.{name}"), keywords, axis="classes", refusals=refusals)


def entry_points(version: str | None = None) -> tuple[EntryPoint, ...]:  # noqa: ARG001 - every version has them all
    """Every entry point of PyTorch that is examined."""
    return (
        _elementwise("sigmoid", "sigmoid"),
        _elementwise("special.expit", "sigmoid"),
        _elementwise("nn.functional.logsigmoid", "log_sigmoid"),
        _elementwise("nn.functional.softplus", "softplus", _LINEAR_ABOVE_20),
        _elementwise("logit", "logit"),
        _elementwise("special.logit", "logit"),
        _rows("softmax", "softmax"),
        _offered("nn.Softmax", "softmax", _softmax_class, ("axis",)),
        _rows("nn.functional.log_softmax", "log_softmax"),
        _rows("logsumexp", "logsumexp"),
        _elementwise("special.entr", "entropy_terms"),
        _offered(
            "distributions.Categorical(probs=).entropy",
            "entropy",
            _categorical_entropy,
            ("axis",),
            (_NORMALISE_CLAMP_EPS,),
            axis="last",
            refusals=(_PROBS,),
        ),
        _along_classes("nn.functional.cross_entropy", "softmax_cross_entropy", _loss, _DENSE),
        _along_classes("nn.functional.cross_entropy", _SPARSE, _loss, _INDEXED, _LABELS),
        _along_classes("nn.CrossEntropyLoss", "softmax_cross_entropy", _loss_class, _DENSE),
        _along_classes("nn.CrossEntropyLoss", _SPARSE, _loss_class, _INDEXED, _LABELS),
        _along_classes("nn.functional.nll_loss", "nll_loss", _loss, _NEGATIVE, _NLL_LABELS),
        _offered(
            "nn.functional.binary_cross_entropy",
            "binary_cross_entropy",
            _loss("torch.nn.functional.binary_cross_entropy"),
            (),
            _CLAMP_LOG_100,
            refusals=_BETWEEN_0_AND_1,
        ),
        _offered(
            "nn.functional.binary_cross_entropy_with_logits",
            "sigmoid_cross_entropy",
            _loss("torch.nn.functional.binary_cross_entropy_with_logits"),
            _SIGMOID,
        ),
        _offered("nn.BCEWithLogitsLoss", "sigmoid_cross_entropy", _loss_class("torch.nn.BCEWithLogitsLoss"), _SIGMOID),
        _offered("nn.functional.kl_div", "kl_divergence_terms_from_log_probs", _kl_terms()),
        _offered("nn.functional.kl_div", "kl_divergence_from_log_probs", _kl_rows, ("axis",)),
        _offered(
            "nn.functional.kl_div(log_target=True)", "kl_divergence_terms_from_logs", _kl_terms("log_target=True")
        ),
    )


FRAMEWORK = Framework(
    name="torch",
    dtypes=("float16", "bfloat16", "float32", "float64"),
    modes={"eager": Mode(computed, recorded, step)},
    devices=("cpu",),
    open=Torch,
    entry_points=entry_points,
    spelling=Spelling(
        imports="import torch\n",
        version='f"torch {torch.__version__}"',
        bits="tensor.detach().reshape(-1).view(torch.uint8).numpy().tobytes()",
        tensor="torch.from_numpy",
        behind={"bfloat16": ".view(torch.bfloat16)"},
        bfloat16="(wide.view(np.uint32) >> 16).astype(np.uint16).view(np.int16)",
        raw_bfloat16='"<i2"',
        threads="torch.set_num_threads({threads})  # as in the run\n",
    ),
)
"""PyTorch; NumPy has its bfloat16 as bits only."""
