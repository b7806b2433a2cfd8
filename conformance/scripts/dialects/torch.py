"""Scripts for PyTorch: how each entry point is called, as worker/frameworks/torch.py calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ...inputs.batch import Batch
from ...inputs.geometry import axis_of
from ..arrays import Storage, plain_storage
from ..source import Snippet, indented, keywords, written

Write = Callable[[Batch], Snippet]

SETTINGS: tuple[tuple[str, str], ...] = (("eager", "cpu"),)
"""The settings that a script can be written for, as worker/frameworks/torch.py offers them."""


def _names(batch: Batch) -> tuple[str, ...]:
    return tuple(argument.name for argument in batch.spec.arguments)


def _plain(callee: str) -> Write:
    return lambda batch: Snippet(callee, _names(batch))


def _rows(callee: str) -> Write:
    return lambda batch: Snippet(callee, (*_names(batch), f"dim={axis_of(batch)}"))


def _softmax_class(batch: Batch) -> Snippet:
    return Snippet(f"torch.nn.Softmax(dim={axis_of(batch)})", _names(batch))


def _entropy(batch: Batch) -> Snippet:
    (probs,) = _names(batch)
    return Snippet("torch.distributions.Categorical", (f"probs={probs}",), behind=".entropy()")


def _options(batch: Batch) -> tuple[str, ...]:
    given = keywords(batch, without=("axis", "reduction"))
    return (*given, f'reduction="{batch.parameters.get("reduction", "none")}"')


def _loss(callee: str) -> Write:
    return lambda batch: Snippet(callee, (*_names(batch), *_options(batch)))


def _loss_class(callee: str) -> Write:
    return lambda batch: Snippet("loss", _names(batch), (f"loss = {callee}({', '.join(_options(batch))})",))


def _binary_cross_entropy(batch: Batch) -> Snippet:
    return Snippet("torch.nn.functional.binary_cross_entropy", (*_names(batch), 'reduction="none"'))


def _kl_terms(batch: Batch) -> Snippet:
    return Snippet("torch.nn.functional.kl_div", (*reversed(_names(batch)), 'reduction="none"'))


def _kl_terms_from_logs(batch: Batch) -> Snippet:
    return Snippet("torch.nn.functional.kl_div", (*reversed(_names(batch)), 'reduction="none"', "log_target=True"))


def _kl_rows(batch: Batch) -> Snippet:
    axis = axis_of(batch)
    ahead = (
        "# kl_div reduces the whole tensor it is given, so each row is a call of its own.",
        f"tensors = labels.movedim({axis}, -1), log_probs.movedim({axis}, -1)",
        "rows = zip(*(each.reshape(-1, each.shape[-1]).unbind(0) for each in tensors))",
        'sums = [torch.nn.functional.kl_div(log_row, row, reduction="sum") for row, log_row in rows]',
    )
    return Snippet("torch.stack", ("sums",), ahead, ".reshape(tensors[0].shape[:-1])")


SOURCES: Mapping[tuple[str, str], Write] = MappingProxyType(
    {
        ("sigmoid", "torch.sigmoid"): _plain("torch.sigmoid"),
        ("sigmoid", "torch.special.expit"): _plain("torch.special.expit"),
        ("log_sigmoid", "torch.nn.functional.logsigmoid"): _plain("torch.nn.functional.logsigmoid"),
        ("softplus", "torch.nn.functional.softplus"): _plain("torch.nn.functional.softplus"),
        ("logit", "torch.logit"): _plain("torch.logit"),
        ("logit", "torch.special.logit"): _plain("torch.special.logit"),
        ("softmax", "torch.softmax"): _rows("torch.softmax"),
        ("softmax", "torch.nn.Softmax"): _softmax_class,
        ("log_softmax", "torch.nn.functional.log_softmax"): _rows("torch.nn.functional.log_softmax"),
        ("logsumexp", "torch.logsumexp"): _rows("torch.logsumexp"),
        ("entropy_terms", "torch.special.entr"): _plain("torch.special.entr"),
        ("entropy", "torch.distributions.Categorical(probs=).entropy"): _entropy,
        ("softmax_cross_entropy", "torch.nn.functional.cross_entropy"): _loss("torch.nn.functional.cross_entropy"),
        ("sparse_softmax_cross_entropy", "torch.nn.functional.cross_entropy"): _loss(
            "torch.nn.functional.cross_entropy"
        ),
        ("softmax_cross_entropy", "torch.nn.CrossEntropyLoss"): _loss_class("torch.nn.CrossEntropyLoss"),
        ("sparse_softmax_cross_entropy", "torch.nn.CrossEntropyLoss"): _loss_class("torch.nn.CrossEntropyLoss"),
        ("nll_loss", "torch.nn.functional.nll_loss"): _loss("torch.nn.functional.nll_loss"),
        ("binary_cross_entropy", "torch.nn.functional.binary_cross_entropy"): _binary_cross_entropy,
        ("sigmoid_cross_entropy", "torch.nn.functional.binary_cross_entropy_with_logits"): _loss(
            "torch.nn.functional.binary_cross_entropy_with_logits"
        ),
        ("sigmoid_cross_entropy", "torch.nn.BCEWithLogitsLoss"): _loss_class("torch.nn.BCEWithLogitsLoss"),
        ("kl_divergence_terms_from_log_probs", "torch.nn.functional.kl_div"): _kl_terms,
        ("kl_divergence_from_log_probs", "torch.nn.functional.kl_div"): _kl_rows,
        ("kl_divergence_terms_from_logs", "torch.nn.functional.kl_div(log_target=True)"): _kl_terms_from_logs,
    }
)
"""The source of every entry point's call, by function and entry point."""


class TorchDialect:
    """What a script says in PyTorch."""

    settings = SETTINGS
    imports = "import torch\n"
    version = 'f"torch {torch.__version__}"'
    bits = "tensor.detach().reshape(-1).view(torch.uint8).numpy().tobytes()"

    def setup(self, threads: int | None) -> str:
        """Return the statements that fix how many threads compute."""
        return f"torch.set_num_threads({threads})  # as in the run\n" if threads else ""

    def environment(self) -> Mapping[str, str]:
        """Return the variables that must be set ahead of the import."""
        return {}

    def storage(self, dtype: str) -> Storage:
        """Return how numbers are held before they become a tensor; NumPy has bfloat16 as bits only."""
        if dtype != "bfloat16":
            return plain_storage(dtype)
        numbers = '''\
def numbers(text):
    """Return hex floats as the bits of bfloat16, which NumPy does not have."""
    wide = np.array([float.fromhex(number) for number in text.split()], np.float32)
    return (wide.view(np.uint32) >> 16).astype(np.uint16).view(np.int16)
'''
        return Storage(dtype, numbers, '"<i2"')

    def tensor(self, name: str, source: str, dtype: str) -> str:
        """Assign the tensor of an array."""
        behind = ".view(torch.bfloat16)" if dtype == "bfloat16" else ""
        return written(f"{name} = torch.from_numpy", (source,), behind) + "\n"

    def value(self, call: Snippet) -> str:
        """Compute the value, without recording."""
        return f"with torch.no_grad():\n{indented(call.after('observed = '))}\n"

    def gradient(self, call: Snippet, argument: str) -> str:
        """Compute the gradient by an argument."""
        return (
            f"{argument}.requires_grad_()\n{call.after('value = ')}\n"
            f"observed = torch.autograd.grad(value, {argument}, cotangent)[0]\n"
        )

    def gradient_function(self, call: Snippet) -> str:
        """Define `gradient(argument)`, which gives None where there is no gradient."""
        del call
        return """\
def gradient(argument):
    argument.requires_grad_()
    result = value()
    recorded = isinstance(result, torch.Tensor) and result.requires_grad
    found = torch.autograd.grad(result, argument, cotangent, allow_unused=True)[0] if recorded else None
    argument.requires_grad_(False)
    return found
"""

    def twice(self) -> str:
        """Compute the value without recording, and the same again."""
        return "with torch.no_grad():\n    results = [value(), value()]\n"

    def recorded(self, argument: str) -> str:
        """Compute the value while gradients by an argument are recorded."""
        return f"{argument}.requires_grad_()\nresults.append(value().detach())\n{argument}.requires_grad_(False)\n"
