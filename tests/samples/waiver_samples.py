"""What the tests of the gate share: a record with one thing of each sort that may gate, and waivers for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from page_samples import identified_check, identified_discrepancy, stated
from record_samples import record

from logitproof.conformance.settings.baseline import WaiverAuthor, baseline_text
from logitproof.conformance.settings.settings import settings_in
from logitproof.reports import Interval, Waiver, gate, hex_of

TODAY = date(2026, 11, 21)
SIGNATURE = WaiverAuthor("known", "kernels@example.org", date(2027, 6, 30))
EXTENT = {"x": Interval(hex_of(-90.0), hex_of(-88.0), nan=False)}


def defect(of, **changes):
    """A defect of a check, with all that the record can tell of it."""
    fields = {"kind": "beyond bound", "extent": EXTENT, "largest_ulps": hex_of(2097151.5), **changes}
    return identified_discrepancy(of, **fields)


def known(**changes):
    """A run with a defect, a weakness and a broken property."""
    check = identified_check(severities={"defect": 2, "weakness": 3})
    weak = defect(check, severity="weakness", kind="inaccurate", case="weak", count=3)
    bad = defect(check, cause="log of softmax")
    result = stated()
    broken = identified_discrepancy(
        check, kind="identity broken", check=result.id, quantity=f"property:{result.property}", count=1
    )
    base = record(check, discrepancies=(bad, weak, broken))
    return replace(base, **{"properties": (result,), **changes})


def counted_run(**changes):
    """A run of one check with a defect and a weakness."""
    fields = {"severities": {"defect": 2, "weakness": 3}, **changes.pop("check", {})}
    owner = identified_check(**fields)
    bad = defect(owner, **{"count": fields["severities"].get("defect", 0), **changes.pop("bad", {})})
    weak = defect(
        owner, severity="weakness", kind="inaccurate", case="weak", count=fields["severities"].get("weakness", 0)
    )
    cases = tuple(case for case in (bad, weak) if case.count)
    return replace(record(owner, discrepancies=cases), **changes)


def waivers_for(record, fail_on="defect", signature=SIGNATURE):
    """The waivers that a baseline writes, read back."""
    today = gate(record, (), fail_on, strict=False, today=TODAY)
    return waivers_in(baseline_text([each.item for each in today.gating], signature))


def waivers_in(text):
    """The waivers that a file of settings has."""
    return settings_in(text, "logitproof.toml").get("waiver", ())


def gated(record, waivers, fail_on="defect", *, strict=False, today=TODAY, earlier=None):
    """A record held against waivers."""
    return gate(record, waivers, fail_on, strict=strict, today=today, earlier=earlier)


def wide(**changes):
    """A waiver for the defect of the check in `known`, without limits."""
    fields = {"number": 1, "backend": "torch", "versions": "", "kind": "beyond bound", "causes": ("log of softmax",)}
    return Waiver(**{**fields, "reason": "known", "check": identified_check().id, **changes})
