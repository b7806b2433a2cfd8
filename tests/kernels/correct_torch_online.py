"""Softmax in one pass over blocks of the row (Milakov & Gimelshein, arXiv 1805.02867), with a hand-written backward.

A block of nothing but -inf adds nothing, wherever in the row it stands.
"""

import correct_torch_textbook as textbook
import torch

framework = "torch"

BLOCK = 16


def _running(rows):
    """Return the maximum and the sum of exponentials of every row, read once from left to right."""
    maximum = torch.full_like(rows[..., :1], -torch.inf)
    total = torch.zeros_like(maximum)
    for block in rows.split(BLOCK, dim=-1):
        higher = torch.maximum(maximum, block.amax(-1, keepdim=True))
        pivot = torch.where(higher == -torch.inf, 0, higher)
        total = total * (maximum - pivot).exp() + (block - pivot).exp().sum(-1, keepdim=True)
        maximum = higher
    return maximum, total


def _softmax(rows):
    maximum, total = _running(rows)
    return (rows - maximum).exp() / total


class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(context, rows):
        probs = _softmax(rows)
        context.save_for_backward(probs)
        return probs

    @staticmethod
    def backward(context, cotangent):
        (probs,) = context.saved_tensors
        return probs * (cotangent - (probs * cotangent).sum(-1, keepdim=True))


class _LogSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(context, rows):
        maximum, total = _running(rows)
        context.save_for_backward(rows)
        return (rows - maximum) - total.log()

    @staticmethod
    def backward(context, cotangent):
        (rows,) = context.saved_tensors
        return cotangent - _softmax(rows) * cotangent.sum(-1, keepdim=True)


class _LogSumExp(torch.autograd.Function):
    @staticmethod
    def forward(context, rows):
        maximum, total = _running(rows)
        context.save_for_backward(rows)
        return (maximum + total.log()).squeeze(-1)

    @staticmethod
    def backward(context, cotangent):
        (rows,) = context.saved_tensors
        return cotangent.unsqueeze(-1) * _softmax(rows)


class _IndexLoss(torch.autograd.Function):
    """The fused loss: nothing of the size of the logits is stored but the logits."""

    @staticmethod
    def forward(context, rows, labels):
        maximum, total = _running(rows)
        context.save_for_backward(rows, labels)
        picked = rows.gather(-1, labels.unsqueeze(-1))
        return (total.log() - (picked - maximum)).squeeze(-1)

    @staticmethod
    def backward(context, cotangent):
        rows, labels = context.saved_tensors
        residual = _softmax(rows)
        one_hot = torch.nn.functional.one_hot(labels, rows.shape[-1]).to(rows.dtype)
        return cotangent.unsqueeze(-1) * (residual - one_hot), None


def softmax(logits, *, axis):
    return _Softmax.apply(logits.movedim(axis, -1)).movedim(-1, axis)


def log_softmax(logits, *, axis):
    return _LogSoftmax.apply(logits.movedim(axis, -1)).movedim(-1, axis)


def logsumexp(logits, *, axis):
    return _LogSumExp.apply(logits.movedim(axis, -1))


def sparse_softmax_cross_entropy(logits, labels, *, axis, weight=None, ignore_index=None, reduction="none"):
    kept, index = textbook.kept_rows(labels, ignore_index)
    of_label = torch.ones_like(logits.detach().select(axis, 0)) if weight is None else weight[index]
    losses = of_label * _IndexLoss.apply(logits.movedim(axis, -1), index)
    return textbook.reduce(torch.where(kept, losses, 0), reduction, torch.where(kept, of_label, 0).sum())
