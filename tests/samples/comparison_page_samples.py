"""Comparisons for the tests of the page: a rich one, hostile ones, and one of ten thousand checks."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

import numpy as np
from comparison_samples import EXAMPLES, change, compared, compared_backend, comparison, regressed
from page_samples import HOSTILE
from picture_samples import curve, plausible_curves

from logitproof.reports import Array, ErrorSpread, Expected, array_record, hex_of
from logitproof.reports.comparison.model import (
    Change,
    Comparison,
    EntryPointChange,
    PropertyChange,
    Timing,
    change_key,
)

ROW = {
    "logits": array_record(np.arange(12, dtype=np.float32)),
    "labels": array_record(np.int64(1)),
}
X = {"x": array_record(np.float32(-88.72284))}


def scripts(
    comparison_record: Comparison, text: str = "import torch\n\nprint('a <script> of two lines & more')\n"
) -> dict[str, str]:
    """A script for every change."""
    return {change_key(check, each): text for check in comparison_record.checks for each in check.changes}


def spreads(seed: int, function: str, dtype: str, quantity: str = "value") -> tuple[ErrorSpread, ErrorSpread]:
    """How errors are spread before and after: the newer version loses more."""
    pair = []
    for backend in (0, 2):
        rng = np.random.default_rng(seed)
        curves = [
            each if backend == 0 else curve(each.by, [(_of(a), _of(u) * 40, _of(b)) for a, u, b in _points(each)])
            for each in plausible_curves(rng, function, quantity, dtype, 1)
        ]
        pair.append(
            ErrorSpread((9_000, 900, 90, 9) if backend == 0 else (8_000, 900, 500, 300, 200, 90, 9), tuple(curves))
        )
    return pair[0], pair[1]


def _points(each):
    return zip(each.at, each.ulps, each.bound, strict=True)


def _of(text):
    return float.fromhex(text)


def sample(**fields: object) -> Comparison:
    """Two frameworks, two modes, every kind of change, renamed and lost entry points, properties, times."""
    sigmoid = {"function": "sigmoid", "parameters": {}, "entry_point": "torch.sigmoid"}
    loss = {
        "function": "sparse_softmax_cross_entropy",
        "entry_point": "torch.nn.functional.cross_entropy",
        "quantity": "gradient:logits",
        "parameters": {"axis": -1, "label_smoothing": hex_of(0.125)},
    }
    keras = {"backend": "tensorflow", "entry_point": "tf.keras.losses.CategoricalCrossentropy(from_logits=True)"}
    checks = (
        compared(change("regressed", 12, inputs=X), change("farther", 300), change("identical", 9_688), **sigmoid,
                 spreads=spreads(1, "sigmoid", "float32")),
        compared(change("regressed", 3), change("nearer", 70), change("identical", 9_927), **sigmoid, mode="compiled",
                 input_class="everyday", spreads=spreads(2, "sigmoid", "float32")),
        compared(change("farther", 5), change("identical", 9_995), **sigmoid | {"dtype": "float64"},
                 spreads=spreads(3, "sigmoid", "float64")),
        compared(change("identical", 10_000), **sigmoid | {"dtype": "float16"}),
        compared(change("new NaN or infinity", 4, inputs=ROW), change("regressed", 8, inputs=ROW),
                 change("identical", 500), **loss,
                 spreads=spreads(4, "sparse_softmax_cross_entropy", "float32", "gradient:logits")),
        compared(change("new error", 512), **loss | {"dtype": "float16"}, statuses=("examined", "error"),
                 reason="RuntimeError: \"nll_loss_backward\" not implemented for 'Half'"),
        compared(change("dtype or shape changed", 1_000, after_severity=None), change("identical", 0),
                 function="entropy", entry_point="torch.special.entr", old_entry_point="torch.entr", parameters={},
                 reason="dtype float64, before float32"),
        compared(change("fixed", 30), change("gone NaN or infinity", 2), change("identical", 968),
                 function="softmax_cross_entropy", **keras),
        compared(change("gone error", 1_000), **keras | {"function": "softmax", "entry_point": "tf.nn.softmax"},
                 dtype="bfloat16", statuses=("unsupported", "examined"), reason="before: not implemented"),
        compared(change("otherwise", 5), change("identical", 995), function="log_softmax",
                 entry_point="torch.nn.functional.log_softmax"),
        compared(Change("farther", 1, EXAMPLES["farther"]), function="softplus", parameters={}, by_element=False,
                 elements=0, entry_point="torch.nn.functional.softplus",
                 reason="the outputs of the older run are missing"),
        compared(function="logit", entry_point="torch.logit", statuses=("examined", None), parameters={},
                 reason="only the older run has it"),
    )  # fmt: skip
    whole = comparison(
        *checks,
        titles=("torch==2.12.0, tensorflow-cpu==2.15.1", "torch==2.13.0, tensorflow-cpu==2.18.1"),
        backends=(compared_backend(), compared_backend("tensorflow", "2.15.1", "2.18.1")),
        entry_points=(
            *regressed().entry_points[:1],
            EntryPointChange("renamed", "torch", "torch.special.entr", "torch.entr before, the same bits"),
            *regressed().entry_points[2:],
        ),
        properties=(
            *regressed().properties,
            PropertyChange("00000000000000aa", "log-softmax-shift", "tensorflow", "float32", "holds", "undecided",
                           "log_softmax(x + c) = log_softmax(x)", (hex_of(0.5), None)),
        ),
        timings=(
            *regressed().timings,
            Timing("tensorflow", "tf.nn.softmax", hex_of(0.002), hex_of(0.0005)),
            Timing("tensorflow", "tf.nn.sigmoid", hex_of(0.0), hex_of(0.0005)),
        ),
        notes=("1 check was compared by its largest errors alone: the outputs of the older run are missing",),
    )  # fmt: skip
    return replace(whole, **fields)


CONSTRAINED = {
    *("outcome", "kind", "statuses", "before_ulps", "after_ulps", "ulps", "before_severity", "after_severity"),
    *("worst", "ratios", "by", "at", "bound", "histogram", "values", "data", "schema"),
}
"""Fields whose values the schema limits: no text of others can be there."""


def poisoned(value, text: str):
    """Return a comparison, or part of one, with every text that others may have chosen replaced by `text`."""
    if isinstance(value, str | Array):
        return text if isinstance(value, str) else value
    if isinstance(value, Timing):
        return replace(value, backend=text, entry_point=text)
    if is_dataclass(value):
        kept = CONSTRAINED - ({"before", "after"} if not hasattr(value, "before_ulps") else set())
        changeable = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in kept}
        return replace(value, **{name: poisoned(each, text) for name, each in changeable.items()})
    if isinstance(value, dict):
        return {poisoned(key, text): poisoned(each, text) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(poisoned(each, text) for each in value)
    return value


def hostile() -> Comparison:
    """The rich one with hostile text wherever others may write, and ids that are still different."""
    whole = poisoned(sample(), HOSTILE)
    checks = tuple(replace(check, id=f"{number}{HOSTILE}") for number, check in enumerate(whole.checks))
    long = HOSTILE + "x" * 50_000
    return replace(whole, checks=(replace(checks[0], reason=long), *checks[1:]), notes=(long,) * 30)


def many(count: int = 10_000) -> Comparison:
    """Very many checks of two backends, four dtypes and two modes, every fiftieth with a regression."""
    checks = [
        compared(
            *([change("regressed", 1)] if i % 50 == 0 else []),
            *([change("nearer", 3)] if i % 7 == 0 else []),
            change("identical", 96),
            backend=("torch", "keras")[i % 2],
            dtype=("float16", "bfloat16", "float32", "float64")[i // 2 % 4],
            mode=("eager", "compiled")[i // 8 % 2],
            function=("sigmoid", "softmax", "logsumexp")[i % 3],
            entry_point=f"framework.function_{i // 100}",
            input_class=f"class {i}",
        )
        for i in range(count)
    ]
    return comparison(*checks, backends=(compared_backend(), compared_backend("keras", "3.5.0", "3.15.1")))


def worded(text: str) -> Comparison:
    """The rich comparison with `text` in place of every text of others."""
    return poisoned(sample(), text)


__all__ = ["Expected", "hostile", "many", "poisoned", "sample", "scripts", "worded"]
