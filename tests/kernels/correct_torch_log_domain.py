"""Everything from logarithms of probabilities.

Sums are trees of logaddexp, softmax is exp(log-softmax), sigmoid the softmax of two classes, softplus the sum of two.
"""

import correct_torch_textbook as textbook
import torch

framework = "torch"


def _logaddexp(a, b):
    # NaN is in `smaller` wherever it comes from, and so in the sum and in both gradients.
    a_larger = a >= b
    larger, smaller = torch.where(a_larger, a, b), torch.where(a_larger, b, a)
    return larger + torch.log1p(torch.exp(smaller - larger))


def _tree(rows):
    """Return log Σ exp over the last axis by adding neighbours, and the sums of neighbours, and so on."""
    while rows.shape[-1] > 1:
        even = rows.shape[-1] // 2 * 2
        sums = _logaddexp(rows[..., 0:even:2], rows[..., 1:even:2])
        rows = torch.cat((sums, rows[..., even:]), dim=-1)
    return rows


def _log_softmax(rows):
    shifted = rows - rows.detach().amax(-1, keepdim=True)
    # What is so far below the maximum that it adds nothing stays finite: two infinities have no difference.
    return shifted - _tree(torch.where(shifted < -1e4, -1e4, shifted))


def log_softmax(logits, *, axis):
    return _log_softmax(logits.movedim(axis, -1)).movedim(-1, axis)


def softmax(logits, *, axis):
    return log_softmax(logits, axis=axis).exp()


def sparse_softmax_cross_entropy(
    logits, labels, *, axis, label_smoothing=0.0, weight=None, ignore_index=None, reduction="none"
):
    log_probs = log_softmax(logits, axis=axis)
    return textbook.index_losses(log_probs, labels, axis, label_smoothing, weight, ignore_index, reduction)


def _two_classes(x):
    # Far beyond where the result has stopped changing; an infinite logit has no distance to itself.
    near = torch.where(x.abs() > 1e4, 1e4 * x.sign(), x)
    return torch.stack((near, torch.zeros_like(x)), dim=-1)


def sigmoid(x):
    return torch.softmax(_two_classes(x), dim=-1)[..., 0]


def softplus(x):
    return torch.logaddexp(x, torch.zeros_like(x))
