"""The whole catalogue in PyTorch, computed in float64 and rounded once to the dtype of the inputs."""

from functools import wraps

import correct_torch_textbook as textbook
import torch

framework = "torch"


def _widened(value):
    return value.double() if isinstance(value, torch.Tensor) and value.is_floating_point() else value


def _in_float64(function):
    @wraps(function)
    def call(*arguments, **parameters):
        result = function(*map(_widened, arguments), **{name: _widened(value) for name, value in parameters.items()})
        return result.to(arguments[0].dtype)

    return call


sigmoid = _in_float64(torch.sigmoid)
log_sigmoid = _in_float64(torch.nn.functional.logsigmoid)
softplus = _in_float64(textbook.softplus)
logit = _in_float64(textbook.logit)
softmax = _in_float64(textbook.softmax)
log_softmax = _in_float64(textbook.log_softmax)
logsumexp = _in_float64(textbook.logsumexp)
entropy = _in_float64(textbook.entropy)
entropy_terms = _in_float64(textbook.entropy_terms)
kl_divergence = _in_float64(textbook.kl_divergence)
kl_divergence_terms = _in_float64(textbook.kl_divergence_terms)
kl_divergence_from_log_probs = _in_float64(textbook.kl_divergence_from_log_probs)
kl_divergence_terms_from_log_probs = _in_float64(textbook.kl_divergence_terms_from_log_probs)
kl_divergence_terms_from_logs = _in_float64(textbook.kl_divergence_terms_from_logs)
softmax_cross_entropy = _in_float64(textbook.softmax_cross_entropy)
sparse_softmax_cross_entropy = _in_float64(textbook.sparse_softmax_cross_entropy)
sigmoid_cross_entropy = _in_float64(textbook.sigmoid_cross_entropy)
categorical_cross_entropy = _in_float64(textbook.categorical_cross_entropy)
sparse_categorical_cross_entropy = _in_float64(textbook.sparse_categorical_cross_entropy)
binary_cross_entropy = _in_float64(textbook.binary_cross_entropy)
nll_loss = _in_float64(textbook.nll_loss)
