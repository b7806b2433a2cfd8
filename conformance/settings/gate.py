"""What the command line and the settings say about the gate: what a run fails on, and what is waived."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

from logitproof.reports import FAIL_ON, FailOn, Gate, Record, RecordError, Waiver, gate, read_record

from ..corpus.corpus import CORPUS_VERSION
from ..errors import UserError, unknown
from .settings import WAIVER


def today() -> date:
    """Return the date by which waivers expire: the only clock that the gate looks at, and the same everywhere."""
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class GateOptions:
    """How a run is held against what is known.

    Attributes:
        fail_on: what it fails on.
        strict: whether it fails on stale waivers too.
        waivers: what is known.
        today: the date.
        earlier: the run named by `--since`; None where none is.
    """

    fail_on: FailOn = "defect"
    strict: bool = False
    waivers: Sequence[Waiver] = ()
    today: date = field(default_factory=today)
    earlier: Record | None = None

    def of(self, record: Record) -> Gate:
        """Return what a record amounts to.

        Raises:
            UserError: it and the earlier run are not of the same inputs.
        """
        try:
            return gate(record, self.waivers, self.fail_on, strict=self.strict, today=self.today, earlier=self.earlier)
        except ValueError as error:
            raise UserError(str(error)) from None

    def require_profile(self, profile: str) -> None:
        """Refuse an earlier run that a run to come cannot be compared with.

        Raises:
            UserError: what is graver could not be told after all the work.
        """
        if self.fail_on != "regression" or self.earlier is None:
            return
        corpus = self.earlier.corpus
        if (corpus.version, corpus.profile) != (CORPUS_VERSION, profile):
            raise UserError(
                f"--since: the earlier run has corpus {corpus.version}, profile {corpus.profile}; this one would have "
                f"corpus {CORPUS_VERSION}, profile {profile}: what is graver could not be told"
            )


def gating_from(options: argparse.Namespace, settings: Mapping[str, object], earlier: Record | None) -> GateOptions:
    """Return what the command line asks for, with the settings where it is silent.

    Raises:
        UserError: what to fail on is unknown, or needs an earlier run that is not named.
    """
    given = {**settings, **{key: value for key, value in vars(options).items() if value is not None}}
    named = str(given.get("fail_on", "defect"))
    fail_on = next((each for each in FAIL_ON if each == named), None)
    if fail_on is None:
        raise unknown("--fail-on", named, FAIL_ON)
    if fail_on == "regression" and earlier is None:
        raise UserError("--fail-on regression needs the record of an earlier run: --since OLD")
    waivers = cast("Sequence[Waiver]", given.get(WAIVER, ()))
    return GateOptions(fail_on, bool(given.get("strict", False)), waivers, earlier=earlier)


def gating_of_comparison(options: argparse.Namespace, settings: Mapping[str, object]) -> GateOptions:
    """Return what a comparison asks for, its older run still to be added: regressions unless something else is named.

    Raises:
        UserError: what to fail on is unknown.
    """
    named = str(options.fail_on or settings.get("fail_on", "regression"))
    if named != "regression":
        return gating_from(options, settings, None)
    others = argparse.Namespace(**{**vars(options), "fail_on": "defect"})
    return replace(gating_from(others, settings, None), fail_on="regression")


def since_from(options: argparse.Namespace, settings: Mapping[str, object]) -> Record | None:
    """Return the earlier run that is named, before anything is examined.

    Raises:
        UserError: it cannot be read.
    """
    named = getattr(options, "since", None) or settings.get("since")
    if named is None:
        return None
    try:
        return read_record(Path(str(named)))
    except (RecordError, UnicodeDecodeError) as error:
        raise UserError(f"--since: {error}") from None
