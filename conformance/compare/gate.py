"""Whether a comparison fails: by its outcome, or by what is wrong in the newer run; known results aside."""

from __future__ import annotations

from dataclasses import replace

from logitproof.reports import Comparison, Gate, Record, gate_notes, is_newly_broken

from ..settings.gate import GateOptions

INCOMPLETE = 3


def held(comparison: Comparison, new: Record, gating: GateOptions) -> tuple[Comparison, int]:
    """Return a comparison with notes of what is waived, and the exit status.

    A check that regressed, or a property that broke, is put up with where waivers cover every defect and weakness that
    it has now. Nothing waives an entry point that is gone, or a result that is not offered any more.

    Args:
        comparison: the comparison.
        new: the newer run.
        gating: what it is to fail on, and what is known.

    Raises:
        UserError: the earlier run that is named is not of the same inputs.
    """
    if gating.fail_on != "regression":
        gate = gating.of(new)
        return comparison, _status(comparison, fails=gate.status == 1)
    known = replace(gating, fail_on="weakness").of(new)
    versions = {backend.name: backend.version for backend in new.backends}
    regressed = [(check.backend, check.id) for check in comparison.checks if check.is_regression]
    regressed += [(each.backend, each.id) for each in comparison.properties if is_newly_broken(each)]
    waived = [key for key in regressed if _is_waived(known, versions, *key)]
    gone = any(change.kind == "removed" for change in comparison.entry_points)
    fails = gone or len(waived) < len(regressed) or (known.strict and bool(known.stale))
    notes = [*comparison.notes]
    if waived:
        notes.append(f"{len(waived)} of {len(regressed)} checks and properties that became worse are waived")
    notes += gate_notes(known)
    return replace(comparison, notes=tuple(notes)), _status(comparison, fails=fails)


def _is_waived(known: Gate, versions: dict[str, str], backend: str, check: str) -> bool:
    """Whether something of a check is waived, and nothing of it gates."""
    key = backend, versions.get(backend, ""), check
    return bool(known.waived_at(*key)) and not known.gates_at(*key)


def _status(comparison: Comparison, *, fails: bool) -> int:
    gone = any(change.kind == "removed" for change in comparison.entry_points)
    compared = gone or any(check.changes for check in comparison.checks)
    return INCOMPLETE if not comparison.complete or not compared else int(fails)
