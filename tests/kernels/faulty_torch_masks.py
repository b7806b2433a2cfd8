"""Rows with -inf in them, mishandled. Every function here is wrong on purpose."""

import correct_torch_textbook as correct
import torch

framework = "torch"


def softmax(logits, *, axis):
    """One pass over blocks: a first block of nothing but -inf gives -inf - -inf."""
    rows = logits.movedim(axis, -1)
    maximum, total = torch.full_like(rows[..., :1], -torch.inf), torch.zeros_like(rows[..., :1])
    for block in rows.split(2, dim=-1):
        higher = torch.maximum(maximum, block.amax(-1, keepdim=True))
        total = total * (maximum - higher).exp() + (block - higher).exp().sum(-1, keepdim=True)
        maximum = higher
    return ((rows - maximum).exp() / total).movedim(-1, axis)


def log_softmax(logits, *, axis):
    """A mask is a large finite number."""
    return correct.log_softmax(logits.clamp(min=-1e4), axis=axis)


def logsumexp(logits, *, axis):
    """A row of nothing but -inf gives NaN."""
    maximum = logits.amax(axis, keepdim=True)
    return maximum.squeeze(axis) + (logits - maximum).exp().sum(axis).log()


class _NanAtMask(torch.autograd.Function):
    @staticmethod
    def forward(context, logits):
        context.save_for_backward(logits)
        return logits.clone()

    @staticmethod
    def backward(context, cotangent):
        (logits,) = context.saved_tensors
        return cotangent + 0 * logits


def sparse_softmax_cross_entropy(logits, labels, *, axis):
    """Masked entries have the gradient 0·inf."""
    return correct.sparse_softmax_cross_entropy(_NanAtMask.apply(logits), labels, axis=axis)


def softmax_cross_entropy(logits, labels, *, axis):
    """An impossible label costs nothing."""
    log_probs = correct.log_softmax(logits, axis=axis)
    return -torch.where(log_probs == -torch.inf, 0, labels * log_probs).sum(axis)
