"""Losses and measures of information, each wrong in a way of its own: for every property the kernel that breaks it."""

from __future__ import annotations

import numpy as np
from logit_kernels import log_sigmoid, log_softmax, logsumexp, sigmoid, softmax
from loss_kernels import (
    binary,
    categorical,
    column,
    cross_entropy,
    cross_entropy_by_logits,
    dense,
    kl_terms,
    kl_terms_from_log_probs,
    nll_loss,
    nll_loss_by_log_probs,
    plogp,
    sigmoid_cross_entropy,
    sigmoid_cross_entropy_by_logits,
    times,
)

DENSE, INDEX, SIGMOID = "softmax_cross_entropy", "sparse_softmax_cross_entropy", "sigmoid_cross_entropy"


CATEGORICAL, BINARY = "categorical_cross_entropy", "binary_cross_entropy"


BITS = 1 / np.log(2)


def class_factors(x):
    """A factor for every place that differs from 1."""
    return 1 + np.arange(x.shape[-1]) / 100


def hardest(y):
    """The label as one-hot: its largest class."""
    return np.eye(y.shape[-1])[y.argmax(-1)]


def to_the_others(epsilon, y, like):
    """Smoothing that gives the other K − 1 classes what it takes."""
    hot = dense(y, like)
    return (1 - epsilon) * hot + epsilon * (1 - hot) / max(like.shape[-1] - 1, 1)


def only_the_named(x, y, v):
    """The gradient that reaches the neuron of the right class alone."""
    return times(dense(y, x), cross_entropy_by_logits(x, y, v))


def at_zero(x, z, v, **options):
    """The gradient of TensorFlow's weighted loss, in which max(-x, 0) and |x| have no slope at 0."""
    return np.where(x == 0, v * (1 - z) * (1 - 0.5), sigmoid_cross_entropy_by_logits(x, z, v, **options))


def as_class_zero(loss):
    """A loss, or its gradient, that takes a row whose label does not count for one of the first class."""
    return lambda x, k, *v, ignore_index=None, **options: loss(x, np.where(k == ignore_index, 0, k), *v, **options)


def by_rows(loss):
    """A loss whose mean divides by the number of rows, whatever they weigh, and whether or not they count."""

    def of(x, k, *v, reduction="none", **options):
        share = 1 / len(x) if reduction == "mean" else 1
        return share * loss(x, k, *v, reduction="none" if reduction == "none" else "sum", **options)

    return of


def by_weights(x, y, *, reduction="none", weight=None, **options):
    losses = cross_entropy(x, y, weight=weight, **options)
    return losses if reduction == "none" else losses.sum() / (weight[y.argmax(-1)].sum() if reduction == "mean" else 1)


def normalised_weight(loss):
    """A loss whose weights are divided by their mean."""
    return lambda *inputs, weight=None, **options: loss(
        *inputs, weight=None if weight is None else weight / weight.mean(), **options
    )


def over_everything(loss):
    """A loss whose mean divides by the number of logits."""
    return lambda x, y, reduction="none": loss(x, y, reduction=reduction) / (x.shape[-1] if reduction == "mean" else 1)


def undivided(loss):
    """A loss, or a gradient, whose mean is the sum."""
    return lambda *inputs, reduction="none": loss(*inputs, reduction="sum" if reduction == "mean" else reduction)


def twice(loss):
    """A loss of logits that is given probabilities, or one that normalises twice."""
    return lambda x, *rest, **options: loss(softmax(x), *rest, **options)


def in_bits(loss):
    return lambda *inputs, **options: BITS * loss(*inputs, **options)


def clipped(loss):
    return lambda x, *rest, **options: loss(np.clip(x, -10, 10), *rest, **options)


def cooled(loss):
    return lambda x, *rest, **options: loss(x / 2, *rest, **options)


def negative(kernel):
    return lambda *inputs, **options: -kernel(*inputs, **options)


def whole_weight(x, y, *, weight):
    """Weights by the largest label of the row."""
    return weight[y.argmax(-1)] * cross_entropy(x, y)


OF_INFORMATION = {
    "information-content": {"sparse_categorical_cross_entropy": in_bits(categorical)},
    "entropy-definition": {"entropy": lambda p: BITS * plogp(p).sum(-1)},
    "entropy-terms-definition": {"entropy_terms": lambda p: -p * np.log(p + 1e-3)},
    "entropy-terms-sum": {"entropy": lambda p: plogp(p).mean(-1)},
    "entropy-permutation": {"entropy": lambda p: (class_factors(p) * plogp(p)).sum(-1)},
    "entropy-concave": {"entropy": lambda p: -plogp(p).sum(-1)},
    "entropy-independence": {"entropy": lambda p: 1 - (p**2).sum(-1)},
    "entropy-splitting": {"entropy": lambda p: plogp(p).sum(-1) / np.log(p.shape[-1] + 1)},
    "entropy-gradient": {"entropy__probs": lambda p, v: -column(v) * np.log(p)},
    "entropy-terms-gradient": {"entropy_terms__probs": lambda p, v: -v * np.log(p)},
    "entropy-tangent": {"entropy__probs": lambda p, v: column(v) * (np.log(p) + 1)},
    "kl-definition": {"kl_divergence": lambda y, q: times(y, np.log(y + 1e-6) - np.log(q + 1e-6)).sum(-1)},
    "kl-nonnegative": {"kl_divergence": lambda y, q: -kl_terms(y, q).sum(-1)},
    "kl-gradient": {"kl_divergence__labels": lambda y, q, v: column(v) * (np.log(y) - np.log(q))},
    "kl-definition-log-probs": {"kl_divergence_from_log_probs": lambda y, lp: -(y * lp).sum(-1)},
    "kl-nonnegative-log-probs": {"kl_divergence_from_log_probs": lambda y, lp: (y * lp).sum(-1)},
    "kl-gradient-log-probs": {"kl_divergence_from_log_probs__log_probs": lambda y, lp, v: column(v) * (np.exp(lp) - y)},
    "kl-definition-terms": {"kl_divergence_terms": lambda y, q: np.abs(kl_terms(y, q))},
    "kl-nonnegative-terms": {"kl_divergence_terms": lambda y, q: kl_terms(y, q) - 0.01},
    "kl-gradient-terms": {"kl_divergence_terms__probs": lambda y, q, v: -v / q},
    "kl-definition-terms-log-probs": {
        "kl_divergence_terms_from_log_probs": lambda y, lp: y * np.log(y + 1e-6) - y * lp
    },
    "kl-nonnegative-terms-log-probs": {"kl_divergence_terms_from_log_probs": lambda y, lp: kl_terms(y, np.exp(lp)) - y},
    "kl-gradient-terms-log-probs": {
        "kl_divergence_terms_from_log_probs__labels": lambda y, lp, v: v * (np.log(y) - lp)
    },
    "kl-definition-terms-logs": {"kl_divergence_terms_from_logs": lambda k, lp: np.exp(lp) * (k - lp)},
    "kl-nonnegative-terms-logs": {"kl_divergence_terms_from_logs": lambda k, lp: k * (k - lp)},
    "kl-gradient-terms-logs": {"kl_divergence_terms_from_logs__log_labels": lambda k, lp, v: v * np.exp(k) * (k - lp)},
    "kl-terms-sum": {"kl_divergence": lambda y, q: kl_terms(y, q).mean(-1)},
    "kl-terms-sum-log-probs": {"kl_divergence_from_log_probs": lambda y, lp: kl_terms_from_log_probs(y, lp).mean(-1)},
    "kl-through-logarithms": {"kl_divergence": lambda y, q: kl_terms(y, np.maximum(q, 1e-3)).sum(-1)},
    "kl-terms-through-logarithms": {"kl_divergence_terms": lambda y, q: kl_terms(y, np.maximum(q, 1e-3))},
    "kl-terms-both-logarithms": {"kl_divergence_terms_from_logs": lambda k, lp: np.exp(k) * (lp - k)},
    "kl-zero-class": {"kl_divergence": lambda y, q: kl_terms(np.maximum(y, 1e-3), q).sum(-1)},
    "kl-split-class": {"kl_divergence": lambda y, q: kl_terms(y, q).mean(-1)},
    "kl-convex": {"kl_divergence": lambda y, q: np.sqrt(np.abs(kl_terms(y, q).sum(-1)))},
    "cross-entropy-decomposition": {CATEGORICAL: in_bits(categorical)},
    "cross-entropy-minus-divergence": {"kl_divergence": lambda y, q: categorical(q, y)},
    "cross-entropy-decomposition-logits": {DENSE: twice(cross_entropy)},
    "cross-entropy-definition": {CATEGORICAL: lambda p, y: categorical(p, y) - ((1 - y) * np.log1p(-p / 2)).sum(-1)},
    "cross-entropy-gibbs": {CATEGORICAL: lambda p, y: (y * (1 - p)).sum(-1)},
    "one-hot-cross-entropy": {"sparse_categorical_cross_entropy": lambda p, k: categorical(np.roll(p, 1, -1), k)},
    "one-hot-cross-entropy-gradient": {
        "sparse_categorical_cross_entropy__probs": lambda p, k, v: column(v) * (p - dense(k, p))
    },
    "categorical-cross-entropy-gradient": {f"{CATEGORICAL}__labels": lambda p, y, v: -column(v) * (np.log(p) + 1)},
    "cross-entropy-linear-in-labels": {CATEGORICAL: lambda p, y: categorical(p, hardest(y))},
    "cross-entropy-permutation": {CATEGORICAL: lambda p, y: categorical(p, y * class_factors(y))},
    "nll-is-mle": {INDEX: in_bits(cross_entropy)},
    "binary-cross-entropy-definition": {BINARY: lambda p, z: -times(z, np.log(p))},
    "binary-is-two-class": {CATEGORICAL: lambda p, y: categorical(p, y) / p.shape[-1]},
    "binary-cross-entropy-symmetry": {BINARY: lambda p, z: -times(z, np.log(p)) - 2 * times(1 - z, np.log1p(-p))},
    "binary-cross-entropy-gibbs": {BINARY: lambda p, z: (p - z) ** 2},
    "binary-cross-entropy-gradient": {f"{BINARY}__probs": lambda p, z, v: v * (p - z)},
    "label-smoothing-binary": {BINARY: lambda p, z, label_smoothing: binary(p, np.minimum(z + label_smoothing, 1))},
    "label-smoothing-categorical": {
        CATEGORICAL: lambda p, y, label_smoothing: categorical(p, to_the_others(label_smoothing, y, p))
    },
}


OF_LOSSES = {
    "cross-entropy-loss-definition": {INDEX: twice(cross_entropy)},
    "cross-entropy-log-sum-exp": {"logsumexp": lambda x: logsumexp(x) - np.log(x.shape[-1])},
    "cross-entropy-shift-invariance": {INDEX: clipped(cross_entropy)},
    "cross-entropy-index-permutation": {INDEX: lambda x, k: class_factors(x)[k] * cross_entropy(x, k)},
    "cross-entropy-bounds": {INDEX: cooled(cross_entropy)},
    "cross-entropy-masked-classes": {INDEX: lambda x, k: cross_entropy(np.maximum(x, x.max(-1, keepdims=True) - 5), k)},
    "cross-entropy-tangent": {f"{INDEX}__logits": negative(cross_entropy_by_logits)},
    "cross-entropy-dense-definition": {DENSE: lambda x, y: cross_entropy(x, y / y.sum(-1, keepdims=True))},
    "cross-entropy-dense-log-sum-exp": {DENSE: lambda x, y: cross_entropy(x, hardest(y))},
    "dense-equals-sparse": {f"{INDEX}__logits": lambda x, k, v: column(v) * softmax(x)},
    "dense-equals-sparse-any-size": {DENSE: lambda x, y: -times(y, np.maximum(log_softmax(x), -1e4)).sum(-1)},
    "cross-entropy-dense-shift-invariance": {DENSE: clipped(cross_entropy)},
    "cross-entropy-dense-permutation": {DENSE: lambda x, y: cross_entropy(x, y * class_factors(y))},
    "cross-entropy-dense-bounds": {DENSE: cooled(cross_entropy)},
    "cross-entropy-dense-linear-in-labels": {DENSE: lambda x, y: cross_entropy(x, hardest(y))},
    "cross-entropy-dense-tangent": {f"{DENSE}__logits": negative(cross_entropy_by_logits)},
    "cross-entropy-gradient": {f"{DENSE}__logits": lambda x, y, v: softmax(x) - y},
    "cross-entropy-gradient-any-labels": {f"{DENSE}__logits": lambda x, y, v: column(v) * (softmax(x) - y)},
    "cross-entropy-gradient-index": {f"{INDEX}__logits": lambda x, k, v: cross_entropy_by_logits(x, k, v) / len(x)},
    "weight-gradient": {f"{DENSE}__logits": only_the_named},
    "cross-entropy-gradient-sums-to-zero": {f"{DENSE}__logits": lambda x, y, v: column(v) * (softmax(x) - y)},
    "cross-entropy-gradient-index-sums-to-zero": {f"{INDEX}__logits": only_the_named},
    "cross-entropy-gradient-linear": {f"{DENSE}__labels": lambda x, y, v: -log_softmax(x)},
    "cross-entropy-gradient-index-linear": {
        f"{INDEX}__logits": lambda x, k, v: np.clip(cross_entropy_by_logits(x, k, v), -0.5, 0.5)
    },
    "cross-entropy-gradient-labels": {f"{DENSE}__labels": lambda x, y, v: -column(v) * softmax(x)},
    "cross-entropy-weight": {INDEX: normalised_weight(cross_entropy)},
    "cross-entropy-dense-weight": {DENSE: whole_weight},
    "cross-entropy-dense-weight-gradient": {
        f"{DENSE}__logits": lambda x, y, v, weight: softmax(x) * y.sum(-1, keepdims=True) - weight * y
    },
    "cross-entropy-ignore-index": {INDEX: as_class_zero(cross_entropy)},
    "label-smoothing": {
        DENSE: lambda x, y, label_smoothing=0.0: cross_entropy(x, to_the_others(label_smoothing, y, x))
    },
    "label-smoothing-index": {
        INDEX: lambda x, k, label_smoothing=0.0: cross_entropy(x, to_the_others(label_smoothing, k, x))
    },
    "label-smoothing-gradient": {
        f"{DENSE}__logits": lambda x, y, v, label_smoothing: (1 - label_smoothing) * cross_entropy_by_logits(x, y, v)
    },
    "label-smoothing-gradient-index": {
        f"{INDEX}__logits": lambda x, k, v, label_smoothing: (1 - label_smoothing) * cross_entropy_by_logits(x, k, v)
    },
    "label-smoothing-weight": {
        INDEX: lambda x, k, label_smoothing, weight: weight[k] * cross_entropy(x, k, label_smoothing=label_smoothing)
    },
    "dense-equals-sparse-options": {DENSE: by_weights},
    "sigmoid-cross-entropy-forms": {SIGMOID: lambda x, z: -z * log_sigmoid(x) - (1 - z) * log_sigmoid(x)},
    "sigmoid-cross-entropy-softplus": {SIGMOID: lambda x, z: -np.log(np.where(z > 0.5, sigmoid(x), sigmoid(-x)))},
    "sigmoid-cross-entropy-gradient": {
        f"{SIGMOID}__logits": lambda x, z, v: v * (sigmoid(x) - z) * sigmoid(x) * sigmoid(-x)
    },
    "sigmoid-cross-entropy-gradient-labels": {f"{SIGMOID}__labels": lambda x, z, v: -v * sigmoid(x)},
    "sigmoid-cross-entropy-symmetry": {f"{SIGMOID}__logits": at_zero},
    "sigmoid-cross-entropy-linear-in-labels": {SIGMOID: lambda x, z: sigmoid_cross_entropy(x, z > 0.5)},
    "sigmoid-cross-entropy-bounds": {SIGMOID: in_bits(sigmoid_cross_entropy)},
    "sigmoid-cross-entropy-tangent": {f"{SIGMOID}__logits": negative(sigmoid_cross_entropy_by_logits)},
    "sigmoid-cross-entropy-two-classes": {f"{SIGMOID}__logits": at_zero},
    "softmax-versus-sigmoid-shape": {DENSE: lambda x, y: cross_entropy(x, hardest(y))},
    "sigmoid-cross-entropy-weight": {SIGMOID: normalised_weight(sigmoid_cross_entropy)},
    "sigmoid-cross-entropy-pos-weight": {
        SIGMOID: lambda x, z, pos_weight=1.0: pos_weight * sigmoid_cross_entropy(x, z)
    },
    "sigmoid-cross-entropy-pos-weight-gradient": {
        f"{SIGMOID}__logits": lambda x, z, v, pos_weight: v * (sigmoid(x) - pos_weight * z)
    },
    "label-smoothing-sigmoid": {
        SIGMOID: lambda x, z, label_smoothing=0.0: sigmoid_cross_entropy(x, (1 - label_smoothing) * z + label_smoothing)
    },
    "nll-definition": {"nll_loss": lambda lp, k: nll_loss(lp, k) + 1e-7},
    "nll-gradient": {"nll_loss__log_probs": lambda lp, k, v: nll_loss_by_log_probs(lp, k, v) / len(lp)},
    "nll-weight": {"nll_loss": normalised_weight(nll_loss)},
    "nll-ignore-index": {"nll_loss": as_class_zero(nll_loss)},
    "cross-entropy-reductions": {INDEX: over_everything(cross_entropy)},
    "cross-entropy-dense-reductions": {DENSE: over_everything(cross_entropy)},
    "sigmoid-cross-entropy-reductions": {SIGMOID: undivided(sigmoid_cross_entropy)},
    "nll-reductions": {"nll_loss": over_everything(nll_loss)},
    "cross-entropy-reductions-gradient": {f"{INDEX}__logits": undivided(cross_entropy_by_logits)},
    "cross-entropy-dense-reductions-gradient": {f"{DENSE}__logits": undivided(cross_entropy_by_logits)},
    "sigmoid-cross-entropy-reductions-gradient": {f"{SIGMOID}__logits": undivided(sigmoid_cross_entropy_by_logits)},
    "nll-reductions-gradient": {"nll_loss__log_probs": undivided(nll_loss_by_log_probs)},
    "cross-entropy-weighted-reductions": {INDEX: by_rows(cross_entropy)},
    "cross-entropy-dense-weighted-reductions": {DENSE: by_weights},
    "nll-weighted-reductions": {"nll_loss": by_rows(nll_loss)},
    "cross-entropy-dropped-rows": {INDEX: by_rows(cross_entropy)},
    "nll-dropped-rows": {"nll_loss": by_rows(nll_loss)},
    "from-logits": {DENSE: twice(cross_entropy)},
    "from-logits-index": {INDEX: twice(cross_entropy)},
    "from-logits-binary": {SIGMOID: lambda x, z: sigmoid_cross_entropy(sigmoid(x), z)},
    "nll-of-log-softmax": {"nll_loss": negative(nll_loss)},
    "nll-of-log-softmax-options": {"nll_loss": by_rows(nll_loss)},
}
"""For each property a kernel as one might write it by mistake, which it is there to find."""


WRONG = OF_INFORMATION | OF_LOSSES
