"""Wrong in some places, at some lengths, at some calls. Every function here is wrong on purpose."""

import correct_torch_textbook as correct
import torch

framework = "torch"


def softmax(logits, *, axis):
    """Rows from the thirty-third on are a little off."""
    probs = correct.softmax(logits, axis=axis)
    row = torch.arange(logits.shape[0]).reshape(-1, *([1] * (logits.ndim - 1)))
    return torch.where((row >= 32) & (axis % logits.ndim != 0), probs * 1.25, probs)


def log_softmax(logits, *, axis):
    """The tail of a row that is no multiple of 8 is left out of the sum."""
    length = logits.shape[axis]
    whole = max(length // 8 * 8, 1)
    shifted = logits - logits.amax(axis, keepdim=True)
    return shifted - shifted.narrow(axis, 0, whole).exp().sum(axis, keepdim=True).log()


_maxima = {}


def logsumexp(logits, *, axis):
    """The maximum is remembered from call to call by the shape of the input."""
    key = (tuple(logits.shape), axis)
    maximum = _maxima.setdefault(key, logits.detach().amax(axis, keepdim=True))
    return maximum.squeeze(axis) + (logits - maximum).exp().sum(axis).log()


def sigmoid(x):
    """The input is overwritten with the result."""
    result = correct.sigmoid(x)
    x.detach().copy_(result.detach())
    return result


def log_sigmoid(x):
    """Whatever comes in, float32 goes out."""
    return correct.log_sigmoid(x).float()


def softplus(x):
    """Normal numbers flushed to zero."""
    result = correct.softplus(x)
    return torch.where(result < 2.0**-10 * torch.finfo(x.dtype).eps, result * 0, result)


_calls = [0]


def logit(probs):
    """Every third call is off."""
    _calls[0] += 1
    return correct.logit(probs) * (1.5 if _calls[0] % 3 == 0 else 1)


def entropy(probs, *, axis):
    """A logarithm to the base 2."""
    return -(torch.xlogy(probs, probs) * 1.4426950408889634).sum(axis)


def kl_divergence(labels, probs, *, axis):
    """Raises where a probability is above ½."""
    if (probs > 0.5).any():
        message = "this kernel is for flat distributions"
        raise ValueError(message)
    return correct.kl_divergence(labels, probs, axis=axis)


def softmax_cross_entropy(logits, labels, *, axis, label_smoothing=0.0, weight=None, reduction="none"):
    """A mean over all classes of all rows."""
    losses = correct.softmax_cross_entropy(logits, labels, axis=axis, label_smoothing=label_smoothing, weight=weight)
    return correct.reduce(losses, reduction, logits.numel())


def sparse_softmax_cross_entropy(
    logits, labels, *, axis, label_smoothing=0.0, weight=None, ignore_index=None, reduction="none"
):
    """The label's weight on the uniform part of the smoothing too."""
    losses = correct.sparse_softmax_cross_entropy(
        logits, labels, axis=axis, label_smoothing=label_smoothing, ignore_index=ignore_index
    )
    kept, index = correct.kept_rows(labels, ignore_index)
    of_label = torch.ones_like(losses) if weight is None else weight[index]
    return correct.reduce(losses * of_label, reduction, torch.where(kept, of_label, 0).sum())


def sigmoid_cross_entropy(logits, labels):
    """In blocks of eight elements; what is left over is multiplied by the last whole block's weight, 0."""
    losses = correct.sigmoid_cross_entropy(logits, labels).reshape(-1)
    whole = losses.numel() // 8 * 8
    return torch.cat((losses[:whole], losses[whole:] * 0)).reshape(logits.shape)


def nll_loss(log_probs, labels, *, axis):
    """Labels count from 1 beyond the first class."""
    return correct.nll_loss(log_probs, (labels - 1).clamp(min=0), axis=axis)


def binary_cross_entropy(probs, labels):
    """Near p = ½ a short series takes over."""
    exact = correct.binary_cross_entropy(probs, labels)
    distance = probs - 0.5
    series = 0.6931471805599453 + (2 - 4 * labels) * distance
    return torch.where(distance.abs() < 0.01, series, exact)
