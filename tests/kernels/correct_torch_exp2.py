"""Exponentials by powers of two: e^d = 2^(d log₂ e), the product with log₂ e held in two words.

The high word alone would lose |d| ulps. 16-bit inputs are computed in float32.
"""

import correct_torch_textbook as textbook
import torch

framework = "torch"

# log2(e) to 106 bits, high word first.
HIGH = {torch.float32: 1.4426950216293335, torch.float64: 1.4426950408889634}
LOW = {torch.float32: 1.925963033500e-08, torch.float64: 2.0355273740931033e-17}
SPLITTER = {torch.float32: 2.0**12 + 1, torch.float64: 2.0**27 + 1}
LN2 = 0.6931471805599453


def _halves(x, splitter):
    """Split into two numbers of half the bits (Veltkamp), so that products of halves are exact."""
    big = x * splitter
    high = big - (big - x)
    return high, x - high


def _exp(d):
    # Beyond -2000 every format has long underflowed; the clip keeps infinities out of the exact products.
    d = d.clamp(min=-2000.0)
    factor = torch.tensor(HIGH[d.dtype], dtype=d.dtype)
    product = d * factor
    (a, b), (c, e) = _halves(d, SPLITTER[d.dtype]), _halves(factor, SPLITTER[d.dtype])
    error = ((a * c - product) + a * e + b * c) + b * e
    rest = error + d * LOW[d.dtype]
    return torch.exp2(product) * (1 + rest * LN2)


def _rows(logits, axis):
    wide = logits.double() if logits.dtype == torch.float64 else logits.float()
    maximum = wide.amax(axis, keepdim=True)
    shifted = wide - torch.where(maximum.isinf(), 0, maximum)
    terms = _exp(shifted)
    return shifted, torch.where(shifted == -torch.inf, 0, terms)


class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(context, logits, axis):
        _, terms = _rows(logits, axis)
        probs = terms / terms.sum(axis, keepdim=True)
        context.save_for_backward(probs)
        context.axis = axis
        return probs.to(logits.dtype)

    @staticmethod
    def backward(context, cotangent):
        (probs,) = context.saved_tensors
        wide = cotangent.to(probs.dtype)
        dot = (probs * wide).sum(context.axis, keepdim=True)
        return (probs * (wide - dot)).to(cotangent.dtype), None


class _LogSoftmax(torch.autograd.Function):
    @staticmethod
    def forward(context, logits, axis):
        shifted, terms = _rows(logits, axis)
        total = terms.sum(axis, keepdim=True)
        context.save_for_backward(terms / total)
        context.axis = axis
        return (shifted - torch.log2(total) * LN2).to(logits.dtype)

    @staticmethod
    def backward(context, cotangent):
        (probs,) = context.saved_tensors
        wide = cotangent.to(probs.dtype)
        return (wide - probs * wide.sum(context.axis, keepdim=True)).to(cotangent.dtype), None


def softmax(logits, *, axis):
    return _Softmax.apply(logits, axis)


def log_softmax(logits, *, axis):
    return _LogSoftmax.apply(logits, axis)


def sparse_softmax_cross_entropy(
    logits, labels, *, axis, label_smoothing=0.0, weight=None, ignore_index=None, reduction="none"
):
    log_probs = log_softmax(logits, axis=axis)
    return textbook.index_losses(log_probs, labels, axis, label_smoothing, weight, ignore_index, reduction)
