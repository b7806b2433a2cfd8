"""Records for the tests of the page: a rich one, a hostile one, and one of ten thousand checks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from record_samples import INPUTS, backend, check, discrepancy, record
from setting_samples import EAGER, id_of

from logitproof.reports import (
    Curve,
    ErrorSpread,
    Expected,
    OtherAnswer,
    PropertyExtreme,
    PropertyResult,
    array_record,
    discrepancy_id,
    hex_of,
    property_id,
)

IDENTITY = (
    "function", "backend", "entry_point", "dtype", "mode", "device", "quantity", "parameters", "input_class",
)  # fmt: skip

SPREAD = ErrorSpread(
    histogram=(7, 1, 0, 2),
    curves=(
        Curve(
            by="input",
            at=tuple(hex_of(x) for x in (-80.0, -1.0, 1.0, 80.0)),
            ulps=tuple(hex_of(x) for x in (3.0, 0.5, 0.5, 1.0)),
            bound=(hex_of(4.0),) * 4,
        ),
    ),
)

HOSTILE = (
    "<script>window.owned = 1</script></script><!-- <img src=x onerror='owned=1'> \"quotes\" 'single' & &lt; "
    "\x1b[31mred\x1b[0m \x00\x07 \u202eright to left\u202c \u2028\u2029 javascript:owned=1 {{ 7 * 7 }} ]]> `tick`"
)
"""What an exception's message may hold at worst."""


def identified_check(name="torch", **changes):
    """A check whose id is that of its identity."""
    bare = check(name, **changes)
    return replace(bare, id=id_of(bare))


def identified_discrepancy(of, **changes):
    """A discrepancy whose id is that of its identity."""
    one = discrepancy(of, **changes)
    return replace(one, id=discrepancy_id(one.check, one.kind, one.case))


def stated(name="torch", status="broken", property_name="softmax-sums-to-one", **changes):
    """What became of a property."""
    entry_points = {"softmax": f"{name}.softmax"}
    result = PropertyResult(
        id=property_id(
            property_name=property_name, backend=name, entry_points=entry_points, dtype="float32", setting=EAGER
        ),
        property=property_name,
        statement="The entries of a softmax sum to one.",
        backend=name,
        version="2.13.0",
        entry_points=entry_points,
        dtype="float32",
        mode="eager",
        device="cpu",
        status=status,
        reason=None,
        cases=12,
        comparisons=24,
        worst=PropertyExtreme(
            ratio=hex_of(3.5), what="", left="1.25", sign="=", right="1.00", bound=hex_of(0.07), inputs=INPUTS
        ),
    )  # fmt: skip
    return replace(result, **changes)


def sample(**changes):
    """Two backends, two modes, all severities, properties, other answers and spreads."""
    eager = identified_check(spread=SPREAD, severities={"defect": 2, "weakness": 1})
    compiled = identified_check(mode="compiled", dtype="float16", tiers={"C": 9, "M": 1}, severities={})
    row = {"logits": array_record(np.arange(12, dtype=np.float32)), "labels": array_record(np.int64(1))}
    loss = identified_check(
        "keras",
        version="3.15.1",
        function="sparse_softmax_cross_entropy",
        entry_point="keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        quantity="gradient:logits",
        parameters={"axis": -1, "label_smoothing": hex_of(0.125)},
        tiers={"M": 4, "limit": 6},
        severities={"defect": 1, "convention": 3, "undecided": 1},
    )
    refused = identified_check(
        "keras",
        version="3.15.1",
        status="unsupported",
        reason="no keyword 'weight'",
        elements=0,
        tiers={},
        severities={},
        worst_ulps=None,
        worst_ratio=None,
    )
    answers = (
        OtherAnswer("keras", "3.15.1", "keras.ops.sigmoid", "eager", hex_of(np.float32(2.938736e-39)), hex_of(0.25)),
        OtherAnswer("numpy", "2.4.6", "scipy.special.expit", "eager", "nan:0x7fc00000", "inf"),
    )
    cause = "log of softmax"
    evidence = "bit-identical to log(softmax(x)) in float32"
    torch_choice = identified_discrepancy(
        eager, severity="convention", kind="choice", observed="nan:0x7fc00000", case="open"
    )
    keras_choice = replace(
        torch_choice, backend="keras", version="3.15.1", entry_point="keras.ops.sigmoid", observed=hex_of(np.float32(1))
    )
    discrepancies = (
        identified_discrepancy(eager, answers=answers),
        identified_discrepancy(eager, severity="weakness", kind="flushed to zero", index=(), case="small"),
        identified_discrepancy(loss, inputs=row, cause=cause, evidence=evidence, kind="inaccurate", count=1),
        identified_discrepancy(loss, severity="undecided", kind="undecided", case="open", inputs=row),
        torch_choice,
        keras_choice,
        identified_discrepancy(
            loss,
            severity="convention",
            kind="deviation: clip-1e-7",
            inputs=row,
            explanation=("It gives 0 by its stated definition. clipped (deliberate: https://keras.io/api/losses/)"),
            link="https://keras.io/api/losses/",
        ),
    )
    properties = (stated(), stated("keras", "holds", version="3.15.1"), stated(status="deviates", property_name="x"))
    base = record(eager, compiled, loss, refused, discrepancies=discrepancies)
    backends = (backend(), replace(backend("keras", "3.15.1"), framework="tensorflow"))
    return replace(base, backends=backends, properties=properties, **changes)


def hostile():
    """A record whose every text by others is hostile."""
    long = HOSTILE + "x" * 50_000
    bad = identified_check(
        "torch",
        version=HOSTILE,
        entry_point=HOSTILE,
        dtype="float32",
        mode=HOSTILE,
        quantity=HOSTILE,
        function=HOSTILE,
        input_class=HOSTILE,
        reason=long,
        coverage=HOSTILE,
        spread=SPREAD,
        parameters={HOSTILE: HOSTILE},
    )
    known = identified_check(reason=long, entry_point=HOSTILE, status="error", spread=SPREAD)
    answer = OtherAnswer(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, hex_of(1.0))
    cases = (
        identified_discrepancy(
            bad,
            kind=HOSTILE,
            observed=HOSTILE,
            explanation=long,
            cause=HOSTILE,
            evidence=long,
            answers=(answer,),
            inputs={HOSTILE: INPUTS["x"]},
            expected=Expected(HOSTILE, HOSTILE, HOSTILE),
            batch=HOSTILE,
        ),
        identified_discrepancy(known, kind="error", observed=long, explanation=long, id=HOSTILE),
        identified_discrepancy(bad, severity="undecided", kind=HOSTILE),
        identified_discrepancy(
            bad,
            severity="convention",
            kind=HOSTILE,
            observed=HOSTILE,
            explanation=(f"https://evil.example/'onmouseover='owned=1' javascript:owned=1 {HOSTILE}"),
            link="https://evil.example/'onmouseover='owned=1'",
        ),
    )
    base = record(bad, known, discrepancies=cases, complete=False)
    worker = replace(
        backend(HOSTILE),
        status="unavailable",
        reason=long,
        build={HOSTILE: HOSTILE},
        python=HOSTILE,
        cpu={HOSTILE: HOSTILE},
        environment={HOSTILE: HOSTILE},
        target=HOSTILE,
    )
    run = replace(base.run, command=HOSTILE, started=HOSTILE, machine={HOSTILE: HOSTILE}, environment={"A": HOSTILE})
    broken = stated(HOSTILE, statement=long, reason=HOSTILE, property_name=HOSTILE, version=HOSTILE)
    return replace(base, backends=(*base.backends, worker), run=run, properties=(broken,))


def tall(count=60):
    """A record of many findings, each tall on the page, with something below them."""
    row = {"logits": array_record(np.arange(40, dtype=np.float32))}
    checks = [
        identified_check(function=f"function_{i}", severities={"defect": 1}, spread=SPREAD if i in {1, 2} else None)
        for i in range(count)
    ]
    conventions = tuple(one for one in sample().discrepancies if one.severity == "convention")
    defects = tuple(identified_discrepancy(one, inputs=row, explanation="Long words. " * 60) for one in checks)
    return record(*checks, discrepancies=(*defects, *conventions))


def many(count=10_000):
    """A record of many checks of two backends, four dtypes and two modes."""
    checks = [
        identified_check(
            ("torch", "keras")[i % 2],
            dtype=("float16", "bfloat16", "float32", "float64")[i // 2 % 4],
            mode=("eager", "compiled")[i // 8 % 2],
            function=("sigmoid", "softmax", "logsumexp")[i % 3],
            entry_point=f"framework.function_{i // 100}",
            input_class=f"class {i}",
            severities={"defect": 1} if i % 50 == 0 else {},
        )
        for i in range(count)
    ]
    return record(*checks, discrepancies=tuple(identified_discrepancy(one) for one in checks if one.severities))
