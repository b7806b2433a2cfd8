"""Comparisons made by hand, for the tests of their codec and renderings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from setting_samples import id_of

from logitproof.reports import Curve, ErrorSpread, Expected, array_record, hex_of
from logitproof.reports.comparison.model import (
    COMPARISON_SCHEMA_VERSION,
    Change,
    ChangeExample,
    ChangeKind,
    ComparedBackend,
    ComparedCheck,
    Comparison,
    ComparisonEnvironment,
    EntryPointChange,
    PropertyChange,
    Timing,
    outcome_of,
)

LOGITS = {"logits": array_record(np.array([0.0, 88.8, -3.5], np.float32))}
EXACT = Expected(hex_of(2.7e-39), hex_of(2.7000000000001e-39), "2.7000000000000512e-39")
NOTHING = Expected("", "", "")
CHOICE = Expected("choice", "choice", "choice")


def compared_backend(name: str = "torch", old: str | None = "2.12.0", new: str | None = "2.13.0") -> ComparedBackend:
    """A framework in two versions."""
    variables = {"TF_ENABLE_ONEDNN_OPTS": "0"} if name == "tensorflow" else {}
    environments = tuple(
        ComparisonEnvironment("3.11", 1, {name: version}, {"model": "x86-64"}, variables) if version else None
        for version in (old, new)
    )
    return ComparedBackend(
        name=name,
        framework=name,
        old=old,
        new=new,
        environments=environments,
        target=name,
    )


def example(**changes: object) -> ChangeExample:
    """An element whose severity rose from none to defect."""
    template = ChangeExample(
        batch="overflow/n=3",
        case="c0ffee",
        index=(3, 1),
        inputs=LOGITS,
        parameters={"axis": -1},
        before=hex_of(np.float32(2.7e-39)),
        after=hex_of(np.float32(0)),
        failure="",
        expected=EXACT,
        before_ulps=hex_of(0.25),
        after_ulps=hex_of(1926724.25),
        ulps=hex_of(1926724.0),
        before_severity=None,
        after_severity="defect",
    )
    return replace(template, **changes)


_INF = {"after": hex_of(np.float32(np.nan)), "after_ulps": "inf", "ulps": "inf"}
_ONE = {"after": hex_of(np.float32(2.6e-39)), "after_ulps": hex_of(71362.5), "ulps": hex_of(71363.0)}
_BETTER = {"before_ulps": hex_of(3.5), "after_ulps": hex_of(0.5), "ulps": hex_of(3.0), "after_severity": None}

EXAMPLES: dict[ChangeKind, ChangeExample] = {
    "new NaN or infinity": example(**_INF),
    "new error": example(
        after="ValueError: axis must be -1", failure="error", before_ulps=hex_of(0.25), after_ulps="inf", ulps="inf"
    ),
    "regressed": example(),
    "dtype or shape changed": example(failure="dtype", after=hex_of(2.7e-39), after_ulps=hex_of(0.0)),
    "farther": example(**_ONE, after_severity=None),
    "otherwise": example(**{**_INF, "after_severity": "convention"}, expected=CHOICE, before_severity="convention"),
    "gone NaN or infinity": example(
        before=hex_of(np.float32(np.inf)), before_ulps="inf", after_ulps=hex_of(0.5), ulps="inf",
        before_severity="defect", after_severity=None, after=hex_of(np.float32(2.7e-39)),
    ),
    "gone error": example(
        before="RuntimeError: not implemented for 'Half'", failure="error", before_ulps="inf", ulps="inf",
        before_severity="defect", after_severity=None, after_ulps=hex_of(0.5), after=hex_of(np.float32(2.7e-39)),
    ),
    "fixed": example(**_BETTER, before_severity="weakness"),
    "nearer": example(**_BETTER),
}  # fmt: skip


def change(kind: ChangeKind, elements: int = 7, **changes: object) -> Change:
    """So many elements that changed in one way."""
    if kind == "identical":
        return Change(kind, elements, None)
    return Change(kind, elements, replace(EXAMPLES[kind], **changes))


def spread(worst: float) -> ErrorSpread:
    """Errors of a check, the largest at confident inputs."""
    positions = tuple(hex_of(2.0**-power) for power in (20, 10, 1))
    curve = Curve("confidence", positions, tuple(hex_of(worst / by) for by in (1, 2, 4)), (hex_of(4.5),) * 3)
    return ErrorSpread((900, 80, 20), (curve,))


def compared(*changes: Change, backend: str = "torch", **fields: object) -> ComparedCheck:
    """A check of softmax with these changes."""
    identity = {
        "function": "softmax",
        "backend": backend,
        "entry_point": "torch.nn.functional.softmax",
        "dtype": "float32",
        "mode": "eager",
        "device": "cpu",
        "quantity": "value",
        "parameters": {"axis": -1},
        "input_class": "overflow",
    }
    changed = any(each.kind != "identical" for each in changes)
    whole = ComparedCheck(
        id="",
        **identity,
        old_entry_point=None,
        statuses=("examined", "examined"),
        reason=None,
        by_element=True,
        elements=sum(each.elements for each in changes),
        changes=changes,
        worst=(hex_of(0.5), hex_of(71362.5)) if changed else (hex_of(0.5), hex_of(0.5)),
        spreads=(spread(1.0), spread(64.0)) if changed else (None, None),
    )
    whole = replace(whole, **fields)
    return whole if whole.id else replace(whole, id=id_of(whole))


def comparison(*checks: ComparedCheck, **fields: object) -> Comparison:
    """A comparison of torch 2.12 with 2.13; its outcome is what these parts amount to."""
    whole = Comparison(
        schema=COMPARISON_SCHEMA_VERSION,
        complete=True,
        outcome="safe",
        titles=("torch==2.12.0", "torch==2.13.0"),
        profile="ci",
        started=("2026-01-02T03:04:05+00:00", "2026-02-03T04:05:06+00:00"),
        commands=("logitproof run --backend torch", "logitproof run --backend torch"),
        backends=(compared_backend(),),
        entry_points=(),
        checks=checks,
        properties=(),
        timings=(),
        notes=(),
    )
    whole = replace(whole, **fields)
    amounts = outcome_of(
        complete=whole.complete, entry_points=whole.entry_points, checks=whole.checks, properties=whole.properties
    )
    return whole if "outcome" in fields else replace(whole, outcome=amounts)


def safe() -> Comparison:
    """Nothing changed but for the better."""
    return comparison(
        compared(change("identical", 1000)),
        compared(change("fixed", 3), change("nearer", 40), change("identical", 957), function="sigmoid", parameters={}),
    )


def changed() -> Comparison:
    """Results differ, and none is graver."""
    return comparison(
        compared(change("farther", 12), change("otherwise", 1), change("nearer", 30), change("identical", 957)),
        compared(change("identical", 1000), function="log_softmax"),
    )


def regressed() -> Comparison:
    """Every kind of change, an entry point of every kind, properties, timings, and checks of one run only."""
    kinds = ("new NaN or infinity", "regressed", "farther", "otherwise", "gone NaN or infinity", "fixed", "nearer")
    return comparison(
        compared(*(change(kind, 3) for kind in kinds), change("identical", 979)),
        compared(
            change("new error", 20), change("identical", 980), function="log_softmax", statuses=("examined", "error"),
            reason="ValueError: axis must be -1",
        ),
        compared(
            change("gone error", 1000), function="logsumexp", dtype="float16", statuses=("unsupported", "examined"),
            reason="before: RuntimeError: not implemented for 'Half'",
        ),
        compared(
            change("dtype or shape changed", 1000), function="sigmoid", parameters={},
            entry_point="torch.sigmoid", reason="dtype float64, before float32",
        ),
        compared(
            Change("farther", 1, EXAMPLES["farther"]), function="softplus", parameters={}, by_element=False, elements=0,
            entry_point="torch.nn.functional.softplus", reason="the outputs of the older run are missing",
        ),
        compared(change("identical", 64), function="entropy", entry_point="torch.special.entr", parameters={},
                 old_entry_point="torch.entr"),
        compared(function="logit", entry_point="torch.logit", statuses=("examined", None), parameters={},
                 reason="only the older run has it"),
        compared(function="kl_divergence", entry_point="torch.kl", statuses=(None, "examined"),
                 reason="only the newer run has it"),
        backends=(compared_backend(), compared_backend("keras", "3.5.0", None)),
        entry_points=(
            EntryPointChange("removed", "torch", "torch.logit", "computed logit"),
            EntryPointChange("renamed", "torch", "torch.special.entr", "torch.entr before, the same bits"),
            EntryPointChange("default changed", "torch", "torch.nn.functional.softmax", "dim=-1, before dim=None"),
            EntryPointChange("signature changed", "torch", "torch.sigmoid", "out is gone"),
            EntryPointChange("added", "torch", "torch.kl", "computes kl_divergence"),
        ),
        properties=(
            PropertyChange("0123456789abcdef", "softmax-sums-to-one", "torch", "float32", "holds", "broken",
                           "softmax(x) sums to 1", (hex_of(0.25), hex_of(12.0))),
            PropertyChange("fedcba9876543210", "sigmoid-symmetry", "torch", "float16", "broken", "holds",
                           "sigmoid(x) + sigmoid(-x) = 1", (hex_of(3.0), hex_of(0.5))),
        ),
        timings=(
            Timing("torch", "torch.nn.functional.softmax", hex_of(1.5), hex_of(0.75)),
            Timing("torch", "torch.sigmoid", hex_of(0.125), hex_of(0.25)),
        ),
        notes=("1 check was compared by its largest errors alone: the outputs of the older run are missing",),
    )  # fmt: skip


def incomplete() -> Comparison:
    """Two runs of which the newer was cut short."""
    return comparison(
        compared(change("identical", 1000)),
        complete=False,
        notes=("the newer run is incomplete: torch 2.13.0: the run was interrupted",),
    )


def many(count: int = 400) -> Comparison:
    """Very many checks with regressions."""
    return comparison(
        *(compared(change("regressed", 1), change("identical", 9), input_class=f"class {n}") for n in range(count))
    )


SAMPLES = {"safe": safe, "changed": changed, "regressed": regressed, "incomplete": incomplete}
"""By name: what makes it."""
