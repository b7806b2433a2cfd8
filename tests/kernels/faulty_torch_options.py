"""Axes, shapes, layouts and options misread. Every function here is wrong on purpose."""

import correct_torch_textbook as correct
import torch

framework = "torch"


def softmax(logits, *, axis):
    """Where all sides are equally long, rows are taken along the last axis."""
    return correct.softmax(logits, axis=-1 if len(set(logits.shape)) == 1 else axis)


class _AsIfContiguous(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x.as_strided(x.shape, torch.empty(x.shape).stride())

    @staticmethod
    def backward(context, cotangent):
        return cotangent


def log_softmax(logits, *, axis):
    """Strides are ignored: whatever follows in memory is read."""
    return correct.log_softmax(_AsIfContiguous.apply(logits), axis=axis)


def logsumexp(logits, *, axis):
    """The reduced axis is kept."""
    return correct.logsumexp(logits, axis=axis).unsqueeze(axis)


def entropy(probs, *, axis):
    """The entropy of the whole batch."""
    return correct.entropy(probs, axis=axis).sum()


def softmax_cross_entropy(logits, labels, *, axis, label_smoothing=0.0, weight=None, reduction="none"):
    """Label smoothing shared among the K - 1 other classes."""
    if label_smoothing:
        classes = labels.shape[axis]
        labels = labels * (1 - label_smoothing) + (1 - labels) * (label_smoothing / (classes - 1))
    return correct.softmax_cross_entropy(logits, labels, axis=axis, weight=weight, reduction=reduction)


def sparse_softmax_cross_entropy(
    logits, labels, *, axis, label_smoothing=0.0, weight=None, ignore_index=None, reduction="none"
):
    """Ignored rows count in the mean."""
    losses = correct.sparse_softmax_cross_entropy(
        logits, labels, axis=axis, label_smoothing=label_smoothing, weight=weight, ignore_index=ignore_index
    )
    _, index = correct.kept_rows(labels, ignore_index)
    divisor = losses.numel() if weight is None else weight[index].sum()
    return correct.reduce(losses, reduction, divisor)


def sigmoid_cross_entropy(logits, labels, *, pos_weight=None, weight=None, label_smoothing=0.0, reduction="none"):
    """The weight of the positive term is on the negative one."""
    labels = correct.smooth_binary(labels, label_smoothing)
    negative = (1 - labels) if pos_weight is None else pos_weight * (1 - labels)
    losses = labels * correct.softplus(-logits) + negative * correct.softplus(logits)
    losses = losses if weight is None else losses * weight
    return correct.reduce(losses, reduction, losses.numel())


def categorical_cross_entropy(probs, labels, *, axis, label_smoothing=0.0):
    """Smoothed by ε/(K + 1)."""
    classes = labels.shape[axis]
    smooth = labels * (1 - label_smoothing) + label_smoothing / (classes + 1) if label_smoothing else labels
    return correct.categorical_cross_entropy(probs, smooth, axis=axis)


def binary_cross_entropy(probs, labels, *, label_smoothing=0.0):
    """Smoothed towards 0, not towards ½."""
    return correct.binary_cross_entropy(probs, labels * (1 - label_smoothing))


def nll_loss(log_probs, labels, *, axis, weight=None, ignore_index=None, reduction="none"):
    """The weights are taken and forgotten."""
    return correct.nll_loss(log_probs, labels, axis=axis, ignore_index=ignore_index, reduction=reduction)
