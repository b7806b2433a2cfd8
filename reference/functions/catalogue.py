"""The catalogue: the mathematical functions logitproof knows, under their canonical names and signatures."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Kind = Literal["logits", "probs", "log_probs", "labels", "log_labels", "index"]
Shape = Literal["element", "row", "vector"]


@dataclass(frozen=True)
class Argument:
    """A positional argument of a function: its name and what its numbers mean.

    `logits` are any reals, `probs` and `labels` lie in [0, 1], `log_probs` and `log_labels` are their logarithms,
    `index` is an int64 class index per row and has no derivative.
    """

    name: str
    kind: Kind

    @property
    def is_real(self) -> bool:
        """Whether derivatives with respect to it exist."""
        return self.kind != "index"


@dataclass(frozen=True)
class Function:
    """A mathematical function of the catalogue.

    `result` tells the shape of the value: "element" (like the first argument), "vector" (like the first argument,
    each entry depending on its whole row) or "row" (the first argument's shape without `axis`).
    `options` are the keywords besides `axis`, with their defaults.
    """

    name: str
    arguments: tuple[Argument, ...]
    result: Shape
    formula: str
    options: MappingProxyType[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def has_axis(self) -> bool:
        """Whether the signature has `axis`: rows run along it."""
        return self.result != "element"

    @property
    def keywords(self) -> tuple[str, ...]:
        """Every keyword of the signature, `axis` first."""
        return (("axis",) if self.has_axis else ()) + tuple(self.options)

    @property
    def quantities(self) -> tuple[str, ...]:
        """What can be judged: the value, and the gradient by each real argument."""
        return ("value", *(f"gradient:{argument.name}" for argument in self.arguments if argument.is_real))

    @property
    def signature(self) -> str:
        """The signature as §8 of the design writes it, e.g. `softmax(logits, *, axis)`."""
        keywords = [*(("axis",) if self.has_axis else ()), *(f"{key}={value!r}" for key, value in self.options.items())]
        star = ["*", *keywords] if keywords else []
        return f"{self.name}({', '.join([argument.name for argument in self.arguments] + star)})"


_X = (Argument("x", "logits"),)
_LOGITS = (Argument("logits", "logits"),)
_PROBS = (Argument("probs", "probs"),)
_LABELS = Argument("labels", "labels")
_INDEX = Argument("labels", "index")

_REDUCTION = {"reduction": "none"}
_WEIGHTED = {"weight": None, **_REDUCTION}
_SMOOTHED = {"label_smoothing": 0.0}
_INDEXED = {"weight": None, "ignore_index": None, **_REDUCTION}


def _function(name: str, arguments: tuple[Argument, ...], result: Shape, formula: str, **options: object) -> Function:
    return Function(name, arguments, result, formula, MappingProxyType(options))


FUNCTIONS = MappingProxyType(
    {
        function.name: function
        for function in (
            _function("sigmoid", _X, "element", "1 / (1 + exp(-x))"),
            _function("log_sigmoid", _X, "element", "log(1 / (1 + exp(-x)))"),
            _function("softplus", _X, "element", "log(1 + exp(x))"),
            _function("logit", _PROBS, "element", "log(p / (1 - p))"),
            _function("softmax", _LOGITS, "vector", "exp(x_i) / sum_j exp(x_j)"),
            _function("log_softmax", _LOGITS, "vector", "log(exp(x_i) / sum_j exp(x_j))"),
            _function("logsumexp", _LOGITS, "row", "log(sum_j exp(x_j))"),
            _function("entropy", _PROBS, "row", "-sum_j p_j log p_j"),
            _function("kl_divergence", (_LABELS, *_PROBS), "row", "sum_j y_j log(y_j / p_j)"),
            _function(
                "kl_divergence_from_log_probs",
                (_LABELS, Argument("log_probs", "log_probs")),
                "row",
                "sum_j y_j (log y_j - l_j)",
            ),
            _function(
                "softmax_cross_entropy",
                (*_LOGITS, _LABELS),
                "row",
                "-sum_j w_j y'_j log softmax(x)_j",
                **_SMOOTHED,
                **_WEIGHTED,
            ),
            _function(
                "sparse_softmax_cross_entropy",
                (*_LOGITS, _INDEX),
                "row",
                "-sum_j w_j y'_j log softmax(x)_j, y one-hot at the label",
                **_SMOOTHED,
                **_INDEXED,
            ),
            _function(
                "sigmoid_cross_entropy",
                (*_LOGITS, _LABELS),
                "element",
                "-w (pos_weight z' log sigmoid(x) + (1 - z') log(1 - sigmoid(x)))",
                pos_weight=None,
                weight=None,
                **_SMOOTHED,
                **_REDUCTION,
            ),
            _function("categorical_cross_entropy", (*_PROBS, _LABELS), "row", "-sum_j y'_j log p_j", **_SMOOTHED),
            _function("sparse_categorical_cross_entropy", (*_PROBS, _INDEX), "row", "-log p_y"),
            _function(
                "binary_cross_entropy",
                (*_PROBS, _LABELS),
                "element",
                "-(z' log p + (1 - z') log(1 - p))",
                **_SMOOTHED,
            ),
            _function("nll_loss", (Argument("log_probs", "log_probs"), _INDEX), "row", "-w_y l_y", **_INDEXED),
            _function("entropy_terms", _PROBS, "element", "-p log p"),
            _function("kl_divergence_terms", (_LABELS, *_PROBS), "element", "y log(y / p)"),
            _function(
                "kl_divergence_terms_from_log_probs",
                (_LABELS, Argument("log_probs", "log_probs")),
                "element",
                "y (log y - l)",
            ),
            _function(
                "kl_divergence_terms_from_logs",
                (Argument("log_labels", "log_labels"), Argument("log_probs", "log_probs")),
                "element",
                "exp(k) (k - l)",
            ),
        )
    }
)
"""Every function of the catalogue, by name."""


def function_named(name: str) -> Function:
    """Return the function called `name`.

    Raises:
        ValueError: there is no such function; the message lists the ones there are.
    """
    try:
        return FUNCTIONS[name]
    except KeyError:
        raise ValueError(f"unknown function {name!r}: choose from {', '.join(FUNCTIONS)}") from None
