"""Right values, wrong gradients. Every function here is wrong on purpose."""

import correct_torch_textbook as correct
import torch

framework = "torch"


def _with_gradient(value, pullback):
    """Return a function whose value is right and whose gradients are what `pullback` says."""

    class Pair(torch.autograd.Function):
        @staticmethod
        def forward(context, *arguments):
            context.save_for_backward(*arguments)
            return value(*arguments)

        @staticmethod
        def backward(context, cotangent):
            return pullback(cotangent, *context.saved_tensors)

    return Pair.apply


def softmax(logits, *, axis):
    """The diagonal of the Jacobian alone: v y (1 - y)."""

    def pullback(cotangent, x):
        probs = correct.softmax(x, axis=axis)
        return cotangent * probs * (1 - probs)

    return _with_gradient(lambda x: correct.softmax(x, axis=axis), pullback)(logits)


def log_softmax(logits, *, axis):
    """The backward pass in half precision."""

    def pullback(cotangent, x):
        probs = correct.softmax(x.half(), axis=axis)
        return (cotangent.half() - probs * cotangent.half().sum(axis, keepdim=True)).to(x.dtype)

    return _with_gradient(lambda x: correct.log_softmax(x, axis=axis), pullback)(logits)


def logsumexp(logits, *, axis):
    """The cotangent is ignored."""
    value = _with_gradient(
        lambda x: correct.logsumexp(x, axis=axis), lambda cotangent, x: correct.softmax(x, axis=axis)
    )
    return value(logits)


def sigmoid(x):
    """y(1 - y) with y kept from 0 and 1."""

    def pullback(cotangent, number):
        probs = correct.sigmoid(number).clamp(1e-7, 1 - 1e-7)
        return cotangent * probs * (1 - probs)

    return _with_gradient(correct.sigmoid, pullback)(x)


def log_sigmoid(x):
    """min(x, 0) - log1p(e^-|x|): at 0 the derivatives of min and of the absolute value do not meet."""
    return x.clamp(max=0) - torch.log1p(torch.exp(-x.abs()))


def softplus(x):
    """Cut off from the graph."""
    return correct.softplus(x.detach())


def logit(probs):
    """1/p + 1/(1 - p) without the cotangent's sign."""
    return _with_gradient(correct.logit, lambda cotangent, p: cotangent.abs() / (p * (1 - p)))(probs)


def entropy(probs, *, axis):
    """-log p: the derivative of log p is missing."""
    return _with_gradient(
        lambda p: correct.entropy(p, axis=axis), lambda cotangent, p: -cotangent.unsqueeze(axis) * p.log()
    )(probs)


def kl_divergence(labels, probs, *, axis):
    """The gradient by the probabilities without the labels: -1/p."""

    def pullback(cotangent, y, p):
        factor = cotangent.unsqueeze(axis)
        return factor * (y.log() - p.log() + 1), -factor / p

    return _with_gradient(lambda y, p: correct.kl_divergence(y, p, axis=axis), pullback)(labels, probs)


def softmax_cross_entropy(logits, labels, *, axis):
    """p - y: labels are taken to sum to one, and nobody says so."""

    def pullback(cotangent, x, y):
        factor = cotangent.unsqueeze(axis)
        return factor * (correct.softmax(x, axis=axis) - y), -factor * correct.log_softmax(x, axis=axis)

    return _with_gradient(lambda x, y: correct.softmax_cross_entropy(x, y, axis=axis), pullback)(logits, labels)


def sparse_softmax_cross_entropy(logits, labels, *, axis, ignore_index=None):
    """Ignored rows have no loss, but a gradient."""
    _, index = correct.kept_rows(labels, ignore_index)

    def pullback(cotangent, x):
        one_hot = torch.zeros_like(x).scatter(axis, index.unsqueeze(axis), 1)
        return cotangent.unsqueeze(axis) * (correct.softmax(x, axis=axis) - one_hot)

    return _with_gradient(
        lambda x: correct.sparse_softmax_cross_entropy(x, labels, axis=axis, ignore_index=ignore_index), pullback
    )(logits)


def sigmoid_cross_entropy(logits, labels):
    """The gradient by the labels has the wrong sign."""

    def pullback(cotangent, x, z):
        return cotangent * (correct.sigmoid(x) - z), cotangent * x

    return _with_gradient(correct.sigmoid_cross_entropy, pullback)(logits, labels)


def categorical_cross_entropy(probs, labels, *, axis):
    """The gradient of the loss after a softmax, p - y, though there is none."""

    def pullback(cotangent, p, y):
        factor = cotangent.unsqueeze(axis)
        return factor * (p - y), -factor * p.log()

    return _with_gradient(lambda p, y: correct.categorical_cross_entropy(p, y, axis=axis), pullback)(probs, labels)


def binary_cross_entropy(probs, labels):
    """(p - z)/(p(1 - p) + ε)."""

    def pullback(cotangent, p, z):
        return cotangent * (p - z) / (p * (1 - p) + 1e-6), cotangent * ((1 - p).log() - p.log())

    return _with_gradient(correct.binary_cross_entropy, pullback)(probs, labels)


def nll_loss(log_probs, labels, *, axis, reduction="none"):
    """A mean whose gradient is that of the sum."""

    def pullback(cotangent, rows):
        one_hot = torch.zeros_like(rows).scatter(axis, labels.unsqueeze(axis), 1)
        return -(cotangent if reduction != "none" else cotangent.unsqueeze(axis)) * one_hot

    return _with_gradient(lambda rows: correct.nll_loss(rows, labels, axis=axis, reduction=reduction), pullback)(
        log_probs
    )
