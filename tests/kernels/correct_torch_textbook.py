"""The whole catalogue in PyTorch from elementary operations in the dtype of the inputs, differentiated by autograd.

Softmax shifts by the maximum and is differentiated through it. Where a formula has two branches, both are finite
everywhere, so that `where` never multiplies an infinity by zero.
"""

import torch

framework = "torch"


def sigmoid(x):
    tail = torch.exp(torch.where(x >= 0, -x, x))
    return torch.where(x >= 0, 1 / (1 + tail), tail / (1 + tail))


def softplus(x):
    return torch.where(x > 0, x, 0) + torch.log1p(torch.exp(torch.where(x > 0, -x, x)))


def log_sigmoid(x):
    return -softplus(-x)


def logit(probs):
    return torch.log(probs) - torch.log1p(-probs)


def _shifted(logits, axis):
    return logits - logits.amax(axis, keepdim=True)


def _log_total(terms, axis, *, keepdim=False):
    """log Σ; the sum of many ones is beyond float16, its logarithm is not."""
    wide = torch.promote_types(terms.dtype, torch.float32)
    return terms.sum(axis, keepdim=keepdim, dtype=wide).log().to(terms.dtype)


def softmax(logits, *, axis):
    terms = _shifted(logits, axis).exp()
    return terms / terms.sum(axis, keepdim=True)


def log_softmax(logits, *, axis):
    shifted = _shifted(logits, axis)
    return shifted - _log_total(shifted.exp(), axis, keepdim=True)


def logsumexp(logits, *, axis):
    maximum = logits.amax(axis, keepdim=True)
    maximum = torch.where(maximum.isinf(), 0, maximum)
    return maximum.squeeze(axis) + _log_total((logits - maximum).exp(), axis)


def entropy_terms(probs):
    return -torch.xlogy(probs, probs)


def entropy(probs, *, axis):
    return entropy_terms(probs).sum(axis)


def kl_divergence_terms(labels, probs):
    return torch.xlogy(labels, labels) - torch.xlogy(labels, probs)


def kl_divergence(labels, probs, *, axis):
    return kl_divergence_terms(labels, probs).sum(axis)


def kl_divergence_terms_from_log_probs(labels, log_probs):
    return torch.xlogy(labels, labels) - labels * log_probs


def kl_divergence_from_log_probs(labels, log_probs, *, axis):
    return kl_divergence_terms_from_log_probs(labels, log_probs).sum(axis)


class _TermsFromLogs(torch.autograd.Function):
    """Products with the label first: the cotangent times a difference of logarithms may overflow."""

    @staticmethod
    def forward(context, log_labels, log_probs):
        context.save_for_backward(log_labels, log_probs)
        return log_labels.exp() * (log_labels - log_probs)

    @staticmethod
    def backward(context, cotangent):
        log_labels, log_probs = context.saved_tensors
        factor = cotangent * log_labels.exp()
        return factor * (log_labels - log_probs) + factor, -factor


def kl_divergence_terms_from_logs(log_labels, log_probs):
    return _TermsFromLogs.apply(log_labels, log_probs)


def per_class(weight, like, axis):
    """Lay one number per class along the axis of the classes."""
    shape = [1] * like.ndim
    shape[axis] = -1
    return weight.reshape(shape)


def dense_targets(labels, axis, label_smoothing, weight):
    if label_smoothing:
        labels = labels * (1 - label_smoothing) + label_smoothing / labels.shape[axis]
    return labels if weight is None else labels * per_class(weight, labels, axis)


def reduce(losses, reduction, divisor):
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.sum() / divisor


def softmax_cross_entropy(logits, labels, *, axis, label_smoothing=0.0, weight=None, reduction="none"):
    targets = dense_targets(labels, axis, label_smoothing, weight)
    # Half the distance to the maximum is finite for any two finite logits; a label of 0 takes no part.
    half = logits / 2 - (logits / 2).amax(axis, keepdim=True)
    losses = targets.sum(axis) * _log_total((2 * half).exp(), axis) - 2 * (targets * half).sum(axis)
    return reduce(losses, reduction, losses.numel())


def pick(rows, labels, axis):
    return rows.gather(axis, labels.unsqueeze(axis)).squeeze(axis)


def kept_rows(labels, ignore_index):
    kept = torch.ones_like(labels, dtype=torch.bool) if ignore_index is None else labels != ignore_index
    return kept, torch.where(kept, labels, 0)


def index_losses(log_probs, labels, axis, label_smoothing, weight, ignore_index, reduction):
    kept, index = kept_rows(labels, ignore_index)
    of_label = torch.ones_like(log_probs.detach().select(axis, 0)) if weight is None else weight[index]
    losses = -of_label * pick(log_probs, index, axis)
    if label_smoothing:
        weighted = log_probs if weight is None else log_probs * per_class(weight, log_probs, axis)
        uniform = -weighted.sum(axis)
        losses = (1 - label_smoothing) * losses + label_smoothing / log_probs.shape[axis] * uniform
    losses = torch.where(kept, losses, 0)
    return reduce(losses, reduction, torch.where(kept, of_label, 0).sum())


def sparse_softmax_cross_entropy(
    logits, labels, *, axis, label_smoothing=0.0, weight=None, ignore_index=None, reduction="none"
):
    log_probs = log_softmax(logits, axis=axis)
    return index_losses(log_probs, labels, axis, label_smoothing, weight, ignore_index, reduction)


def nll_loss(log_probs, labels, *, axis, weight=None, ignore_index=None, reduction="none"):
    return index_losses(log_probs, labels, axis, 0.0, weight, ignore_index, reduction)


def sigmoid_cross_entropy(logits, labels, *, pos_weight=None, weight=None, label_smoothing=0.0, reduction="none"):
    labels = smooth_binary(labels, label_smoothing)
    positive = labels if pos_weight is None else pos_weight * labels
    losses = positive * softplus(-logits) + (1 - labels) * softplus(logits)
    losses = losses if weight is None else losses * weight
    return reduce(losses, reduction, losses.numel())


def smooth_binary(labels, label_smoothing):
    return labels * (1 - label_smoothing) + label_smoothing / 2 if label_smoothing else labels


def categorical_cross_entropy(probs, labels, *, axis, label_smoothing=0.0):
    return -torch.xlogy(dense_targets(labels, axis, label_smoothing, None), probs).sum(axis)


def sparse_categorical_cross_entropy(probs, labels, *, axis):
    return -pick(probs, labels, axis).log()


def binary_cross_entropy(probs, labels, *, label_smoothing=0.0):
    labels = smooth_binary(labels, label_smoothing)
    return -(torch.xlogy(labels, probs) + torch.special.xlog1py(1 - labels, -probs))
