"""Less precision inside than the inputs have, and masks handled wrongly. Every function here is wrong on purpose."""

import correct_torch_textbook as correct
import torch

framework = "torch"


def softmax(logits, *, axis):
    """The sum of the exponentials in float16."""
    terms = (logits - logits.amax(axis, keepdim=True)).exp()
    return terms / terms.half().sum(axis, keepdim=True, dtype=torch.float16).to(terms.dtype)


def log_softmax(logits, *, axis):
    """float64 computed in float32."""
    return correct.log_softmax(logits.float(), axis=axis).to(logits.dtype)


def logsumexp(logits, *, axis):
    """The sum of the exponentials in bfloat16."""
    maximum = logits.amax(axis, keepdim=True)
    maximum = torch.where(maximum.isinf(), 0, maximum)
    total = (logits - maximum).exp().bfloat16().sum(axis).to(logits.dtype)
    return maximum.squeeze(axis) + total.log()


def sigmoid(x):
    """In half precision."""
    return correct.sigmoid(x.half()).to(x.dtype)


def log_sigmoid(x):
    """NaN is hidden."""
    return correct.log_sigmoid(x).nan_to_num(nan=0.0, posinf=torch.inf, neginf=-torch.inf)


def softplus(x):
    """The argument itself above 10."""
    return torch.where(x > 10, x, correct.softplus(x))


def softmax_cross_entropy(logits, labels, *, axis):
    """Logits rounded to bfloat16."""
    return correct.softmax_cross_entropy(logits.bfloat16().to(logits.dtype), labels, axis=axis)


def sparse_softmax_cross_entropy(logits, labels, *, axis):
    """lse - x: the offset drowns the loss."""
    return correct.logsumexp(logits, axis=axis) - correct.pick(logits, labels, axis)


def sigmoid_cross_entropy(logits, labels):
    """max(x, 0) - x z + log1p(e^-|x|): right in value, and at 0 its derivative is -z."""
    return logits.clamp(min=0) - logits * labels + torch.log1p(torch.exp(-logits.abs()))


def entropy(probs, *, axis):
    """NaN is hidden."""
    return correct.entropy(probs, axis=axis).nan_to_num(nan=0.0)


def nll_loss(log_probs, labels, *, axis):
    """A log-probability below -1e4 is cut off."""
    return correct.nll_loss(log_probs.clamp(min=-1e4), labels, axis=axis)
