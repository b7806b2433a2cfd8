"""Records for the tests of every format: one with everything, an empty one, one cut short, and poisoned ones."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

from page_samples import identified_check, identified_discrepancy, sample, stated
from record_samples import INPUTS, backend, check, discrepancy, record

from logitproof.reports import Array, PropertyResult, Record, Unexamined

CONSTRAINED = {
    *("severity", "severities", "tiers", "status", "ulps", "bound_ratio", "error_ulps", "error_bound_ratio", "by"),
    *("largest_ulps", "time_limit"),
    *("at", "bound", "ratio", "sha256", "values", "data", "schema", "curves", "histogram"),
}
"""Fields whose values the schema limits: no text of others can be there."""

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\n# heading\n- item\n1. item\n> quote\n\n    code\n",
    "```\n~~~\n```python\n</details>",
    "|a|b|\n|---|---|\n\\| `|` \\",
    "[click](javascript:alert(1)) ![i](https://evil.example/i.png) <https://evil.example>",
    "<!-- comment --> --> <b>bold</b> </summary></code></pre>",
    "@everyone owner/repo#1 #12 GH-3 www.evil.example a@evil.example https://evil.example/a_(b)?c=d&e=*f*|g",
    "**bold** _em_ ~~gone~~ $x$ :smile: `tick ``ticks`` \\`",
    "]]> <![CDATA[ x ]]> &lt;script&gt; &#60;b&#62; &amp; <?xml?> <!DOCTYPE x>",
    "::error::x",
    "\n::stop-commands::token\n::add-mask::x\r::warning file=a,line=1::y",
    "%0A::error title=x::y%0D%25 a:b,c",
    "##[error]x ##vso[task.complete] ",
    "\x1b[31mred\x1b]8;;https://evil.example\x07link\x00\x07\x08\x7f\x9b31m",
    "\u202eright to left\u202c \u2066isolate \u200b\ufeff\u2028\u2029\ufffe\uffff",
    "{{ 7 * 7 }} {% raw %} ${x} $(id) '; DROP -- \"quotes\" 'single'",
    "[bold red]markup[/bold red] [link=https://evil.example]x[/link] :boom:",
    "x" * 100_000,
    "`" * 50 + "|" * 50 + "\\" * 49,
    "lone \ud800 surrogate \udfff",
    "",
    " ",
    "=" * 20,
)
"""What a framework's error text, a module's name or a version may hold at worst."""


def everything() -> Record:
    """All severities, a cause, other answers, properties, and all that can go wrong with a backend or a check."""
    base = sample()
    crash = identified_check(
        function="softmax", status="crash", reason="exit status 11", elements=0, tiers={},
        severities={"defect": 1}, worst_ulps=None, worst_ratio=None,
        unexamined=(Unexamined("given up", 3, "given up after a crash: exit status 11"),),
    )  # fmt: skip
    declared = identified_check(
        function="softmax", dtype="float16", status="unsupported", reason="declared unsupported", cases=0, elements=0,
        tiers={}, severities={}, worst_ulps=None, worst_ratio=None,
        unexamined=(Unexamined("unsupported", 12, "declared unsupported"),),
    )  # fmt: skip
    crashed = identified_discrepancy(
        crash, kind="crash", observed="exit status 11", error_ulps="inf", error_bound_ratio="inf", count=1,
        explanation="torch.sigmoid in float32 ended its process: exit status 11",
    )  # fmt: skip
    result = stated()
    broken = discrepancy(
        check(), kind="identity broken", quantity=f"property:{result.property}", check=result.id, index=(),
        observed="the left side 1.25", error_ulps="inf", count=1, batch="property/1", id="fedcba9876543210",
        explanation="The entries of a softmax sum to one. Not so for torch.softmax: 1.25 = 1.00 fails.",
    )  # fmt: skip
    absent = replace(backend("jax", ""), status="unavailable", reason="ModuleNotFoundError: No module named 'jax'")
    switched = replace(base.backends[0], cpu={"model": "a processor", "flags": "sse fpu avx2 fma"})
    return replace(
        base,
        complete=False,
        backends=(switched, *base.backends[1:], absent),
        checks=(*base.checks, crash, declared),
        discrepancies=(*base.discrepancies, crashed, broken),
    )


def finished() -> Record:
    """The same with all backends there."""
    whole = everything()
    return replace(whole, complete=True, backends=whole.backends[:-1])


def empty() -> Record:
    """A run that examined nothing."""
    return record()


def cut_short() -> Record:
    """A run that was interrupted before anything was found."""
    late = replace(backend("tensorflow", "2.21.0"), status="cut short", reason="interrupted")
    base = record(check(severities={}, tiers={"C": 10}), complete=False)
    return replace(base, backends=(*base.backends, late))


def older() -> Record:
    """An earlier run of the same: one finding less, and one that is gone."""
    base = finished()
    gone = identified_discrepancy(base.checks[0], kind="nan", case="gone")
    run = replace(base.run, started="2025-12-24T00:00:00Z")
    return replace(base, run=run, discrepancies=(*base.discrepancies[1:], gone))


def poisoned(value, text: str):
    """Return a record, or part of one, with every text that others may have chosen replaced by `text`."""
    if isinstance(value, str):
        return text
    if isinstance(value, Array):
        return value if value.corpus is None else replace(value, corpus=text)
    if is_dataclass(value):
        fixed = CONSTRAINED | {Unexamined: {"kind"}, PropertyResult: {"failure"}}.get(type(value), set())
        changeable = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in fixed}
        return replace(value, **{name: poisoned(each, text) for name, each in changeable.items()})
    if isinstance(value, dict):
        return {poisoned(key, text): poisoned(each, text) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(poisoned(each, text) for each in value)
    return value


def many(checks: int = 10_000) -> Record:
    """A record of so many checks, every third with a weakness and every thirtieth with a defect."""
    examined = []
    for number in range(checks):
        kinds = {"defect": 2} if number % 30 == 0 else {"weakness": 3} if number % 3 == 0 else {}
        functions = ("sigmoid", "softmax", "log_softmax", "logsumexp", "softplus")
        examined.append(
            identified_check(
                function=functions[number % 5], entry_point=f"torch.name{number % 40}", input_class=f"class{number}",
                severities=kinds, dtype=("float16", "bfloat16", "float32", "float64")[number % 4],
            )
        )  # fmt: skip
    discrepancies = tuple(
        identified_discrepancy(each, severity=next(iter(each.severities)), kind=f"kind {number % 997}", inputs=INPUTS)
        for number, each in enumerate(examined)
        if each.severities
    )
    return record(*examined, discrepancies=discrepancies)
