"""`logitproof baseline`: write waivers for all that gates in a record, so that only what is new will."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from logitproof.reports import Gate, GateItem, Record, Waiver, exit_status

from ..errors import UserError
from ..notes import tell
from ..settings.baseline import REASON, WaiverAuthor, appended, baseline_text
from ..settings.gate import GateOptions, gating_from
from ..settings.settings import DEDICATED, SHARED, WAIVER, has_settings, read_settings, settings_in
from .output import print_text, write_whole
from .report import read_named


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """Write the waivers; 3 where the record is incomplete, which no waiver mends."""
    del typed
    gating = _gating(options)
    signature = _signature(options, gating)
    record = read_named(options.record)
    if options.output is None:
        print_text(baseline_text(_gating_items(gating.of(record)), signature))
    else:
        _write(options.output, record, gating, signature)
    if exit_status(record) != 3:
        return 0
    tell("the record is incomplete, or examined nothing: no waiver makes it pass")
    return 3


def _gating(options: argparse.Namespace) -> GateOptions:
    """What gates without any waiver; where the settings fail on regressions, which one run has none of, defects do."""
    settings = read_settings(Path.cwd())
    if options.fail_on == "regression":
        raise UserError("--fail-on regression: a baseline is of one run; use defect, weakness, any or unexamined")
    alone = {key: value for key, value in settings.items() if (key, value) != ("fail_on", "regression")}
    return replace(gating_from(options, alone, None), waivers=(), strict=False)


def _signature(options: argparse.Namespace, gating: GateOptions) -> WaiverAuthor:
    for name in ("reason", "owner"):
        if getattr(options, name) is not None and not getattr(options, name).strip():
            raise UserError(f"--{name} is empty")
    if options.expires is not None and options.expires < gating.today:
        raise UserError(f"--expires {options.expires}: that day is over")
    return WaiverAuthor(options.reason or REASON, options.owner, options.expires)


def _gating_items(gate: Gate) -> list[GateItem]:
    return [each.item for each in gate.gating]


def _write(file: Path, record: Record, gating: GateOptions, signature: WaiverAuthor) -> None:
    """Add the waivers that are missing to a file of settings; what it waives already is not written again.

    Raises:
        UserError: the file cannot be read or written, or holds no settings.
    """
    try:
        _require_single_file(file)
        older = file.read_bytes().decode() if file.exists() else ""
        missing = _gating_items(replace(gating, waivers=_waivers(older, file.name)).of(record))
        key = f"tool.logitproof.{WAIVER}" if file.name == SHARED else WAIVER
        whole = appended(older, baseline_text(missing, signature, key))
        _waivers(whole, file.name)
        if missing or not file.exists():
            write_whole(file, whole.encode())
    except OSError as error:
        raise UserError(f"--output {file}: {error.strerror or error}") from None
    except UserError as error:
        raise UserError(f"--output {file}: {error}") from None
    tell(f"{file}: {len(missing)} {'waiver' if len(missing) == 1 else 'waivers'} added")


def _require_single_file(file: Path) -> None:
    """Refuse to put settings beside others, where no command would read them any more.

    Raises:
        UserError: the other file has settings.
    """
    others = {DEDICATED: SHARED, SHARED: DEDICATED}
    other = file.with_name(others[file.name]) if file.name in others else None
    if other is not None and has_settings(other):
        raise UserError(f"{other.name} has settings: keep one place, and write there")


def _waivers(text: str, name: str) -> tuple[Waiver, ...]:
    return cast("tuple[Waiver, ...]", settings_in(text, name).get(WAIVER, ()))
