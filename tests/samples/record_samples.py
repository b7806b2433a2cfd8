"""Records made by hand, for the tests of storage and renderings."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from setting_samples import EAGER, id_of

from logitproof.reports import (
    SCHEMA_VERSION,
    Backend,
    Check,
    CorpusInfo,
    Discrepancy,
    Expected,
    Extreme,
    Record,
    RunInfo,
    array_record,
    discrepancy_id,
    hex_of,
)

INPUTS = {"x": array_record(np.float32(-88.72284))}


def backend(name: str = "torch", version: str = "2.13.0") -> Backend:
    """A backend that finished."""
    return Backend(
        name=name,
        framework=name,
        version=version,
        python="3.11.9",
        target=name,
        build={"cuda": "none"},
        cpu={"name": "a processor"},
        threads=1,
        environment={"TF_ENABLE_ONEDNN_OPTS": "0"},
        dtypes=("float32",),
        entry_points=(f"{name}.sigmoid",),
        status="complete",
        reason=None,
    )


def check(name: str = "torch", version: str = "2.13.0", **changes: object) -> Check:
    """A check of sigmoid that found two defects among ten results."""
    identity = {
        "function": "sigmoid",
        "backend": name,
        "entry_point": f"{name}.sigmoid",
        "dtype": "float32",
        "mode": "eager",
        "device": "cpu",
        "quantity": "value",
        "parameters": {},
        "input_class": "overflow",
    }
    extreme = Extreme(
        ulps=hex_of(2097151.5),
        bound_ratio=hex_of(1.25),
        case="c0ffee",
        batch="overflow/n=10",
        index=(3,),
        inputs=INPUTS,
        observed=hex_of(np.float32(0)),
        expected="2.9387e-39",
    )
    template = Check(
        id=id_of(SimpleNamespace(**identity, setting=EAGER)),
        version=version,
        **identity,
        status="examined",
        reason=None,
        cases=10,
        elements=10,
        tiers={"C": 7, "M": 1, "outside": 2},
        severities={"defect": 2},
        worst_ulps=extreme,
        worst_ratio=extreme,
        coverage=None,
        outputs=None,
    )
    return replace(template, **changes)


def discrepancy(of: Check, **changes: object) -> Discrepancy:
    """The worst defect of a check."""
    template = Discrepancy(
        id=discrepancy_id(of.id, "beyond the bound", "c0ffee"),
        severity="defect",
        kind="beyond the bound",
        cause=None,
        function=of.function,
        backend=of.backend,
        version=of.version,
        entry_point=of.entry_point,
        dtype=of.dtype,
        mode=of.mode,
        device=of.device,
        quantity=of.quantity,
        input_class=of.input_class,
        parameters=of.parameters,
        check=of.id,
        batch="overflow/n=10",
        case="c0ffee",
        index=(3,),
        inputs=INPUTS,
        observed=hex_of(np.float32(0)),
        expected=Expected(lower=hex_of(2.9387e-39), upper=hex_of(2.9388e-39), decimal="2.9387e-39"),
        error_ulps=hex_of(2097151.5),
        error_bound_ratio=hex_of(1.25),
        explanation="The result is zero although the truth is a subnormal number.",
        count=2,
    )
    return replace(template, **changes)


def record(*checks: Check, discrepancies: tuple[Discrepancy, ...] = (), complete: bool = True) -> Record:
    """A run with these checks and discrepancies."""
    return Record(
        schema=SCHEMA_VERSION,
        complete=complete,
        run=RunInfo(
            command="logitproof run --backend torch",
            profile="smoke",
            seed=0,
            started="2026-01-02T03:04:05Z",
            finished="2026-01-02T03:05:05Z",
            machine={"system": "Linux", "processor": "x86_64"},
            cpu_features=("avx2",),
            threads=1,
            environment={},
        ),
        corpus=CorpusInfo(version=1, hash="0" * 64, profile="smoke"),
        backends=tuple(backend(name) for name in dict.fromkeys(each.backend for each in checks)),
        checks=checks,
        properties=(),
        discrepancies=discrepancies,
    )
