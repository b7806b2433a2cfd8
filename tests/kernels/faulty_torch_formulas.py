"""Formulas that overflow, cancel or change the question. Every function here is wrong on purpose."""

import correct_torch_textbook as correct
import torch

framework = "torch"


def softmax(logits, *, axis):
    """No shift: the exponentials overflow."""
    terms = logits.exp()
    return terms / terms.sum(axis, keepdim=True)


def log_softmax(logits, *, axis):
    """The logarithm of the softmax: -inf where the probability underflows."""
    return correct.softmax(logits, axis=axis).log()


def logsumexp(logits, *, axis):
    """Shifted by the maximum only where that is positive: a row far below 0 sums to 0."""
    maximum = logits.amax(axis, keepdim=True).clamp(min=0)
    return maximum.squeeze(axis) + (logits - maximum).exp().sum(axis).log()


def sigmoid(x):
    """½(1 + tanh(x/2)): nothing is left of the left tail."""
    return 0.5 * (1 + torch.tanh(x / 2))


def log_sigmoid(x):
    """The logarithm of the sigmoid: -inf where it underflows."""
    return correct.sigmoid(x).log()


def softplus(x):
    """log(1 + e^x): infinite on the right, 0 on the left."""
    return (1 + x.exp()).log()


def logit(probs):
    """Clamped to [1e-6, 1 - 1e-6], and nobody says so."""
    return torch.logit(probs, eps=1e-6)


def entropy(probs, *, axis):
    """0·log 0 is NaN."""
    return -(probs * probs.log()).sum(axis)


def entropy_terms(probs):
    """In bits."""
    return -torch.xlogy(probs, probs) / torch.log(torch.tensor(2.0, dtype=probs.dtype))


def kl_divergence(labels, probs, *, axis):
    """The arguments the wrong way round."""
    return correct.kl_divergence(probs, labels, axis=axis)


def kl_divergence_from_log_probs(labels, log_probs, *, axis):
    """The mean of the terms, not their sum."""
    return correct.kl_divergence_terms_from_log_probs(labels, log_probs).mean(axis)


def kl_divergence_terms(labels, probs):
    """log((y + ε)/(p + ε))."""
    return labels * ((labels + 1e-7) / (probs + 1e-7)).log()


def kl_divergence_terms_from_log_probs(labels, log_probs):
    """The cross-entropy: the entropy of the labels is missing."""
    return -labels * log_probs


def softmax_cross_entropy(logits, labels, *, axis):
    """Clipped probabilities, and nobody says so."""
    return -(labels * correct.softmax(logits, axis=axis).clamp(1e-7, 1 - 1e-7).log()).sum(axis)


def sparse_softmax_cross_entropy(logits, labels, *, axis):
    """Labels on their way through float16: above 2048 they are rounded."""
    exact = labels.to(torch.float16).long().clamp(max=logits.shape[axis] - 1)
    return -correct.pick(correct.log_softmax(logits, axis=axis), exact, axis)


def sigmoid_cross_entropy(logits, labels):
    """From the sigmoid, ε added to the argument of the logarithm."""
    probs = correct.sigmoid(logits)
    return -(labels * (probs + 1e-12).log() + (1 - labels) * (1 - probs + 1e-12).log())


def categorical_cross_entropy(probs, labels, *, axis):
    """ε added to the argument of the logarithm."""
    return -(labels * (probs + 1e-7).log()).sum(axis)


def sparse_categorical_cross_entropy(probs, labels, *, axis):
    """Labels clamped to the first 256 classes."""
    return -correct.pick(probs, labels.clamp(max=255), axis).log()


def binary_cross_entropy(probs, labels):
    """Clipped probabilities, and nobody says so."""
    return correct.binary_cross_entropy(probs.clamp(1e-7, 1 - 1e-7), labels)


def nll_loss(log_probs, labels, *, axis, weight=None, reduction="none"):
    """A weighted mean divided by the number of rows."""
    losses = correct.nll_loss(log_probs, labels, axis=axis, weight=weight)
    return correct.reduce(losses, reduction, losses.numel())
