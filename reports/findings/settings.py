"""In which settings the backends of a record were examined: what is told of one of several says of which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from ..record.model import Check, Discrepancy, OtherAnswer
from ..record.properties import PropertyResult
from ..record.setting import Setting
from ..record.words import backend_title, clean

BackendKey = tuple[str, str]
"""The name and version of a backend."""


def settings_by_backend(
    checks: Iterable[Check], properties: Iterable[PropertyResult] = ()
) -> Mapping[BackendKey, tuple[Setting, ...]]:
    """Return the settings that each backend was examined in, in the order of the record."""
    by_backend: dict[BackendKey, dict[Setting, None]] = {}
    examined: Iterable[Check | PropertyResult] = chain(checks, properties)
    for each in examined:
        by_backend.setdefault((each.backend, each.version), {})[each.setting] = None
    return {backend: tuple(settings) for backend, settings in by_backend.items()}


def mode_words(settings: Iterable[Setting]) -> Callable[[Setting], str]:
    """Return what is said of a setting among others: its mode, and its device where these are on several."""
    several = len({setting.device for setting in settings}) > 1
    return lambda setting: str(setting) if several else setting.mode


class Titles:
    """What the backends of a record are called: with the setting, where one was examined in several."""

    def __init__(self, checks: Iterable[Check], properties: Iterable[PropertyResult] = ()) -> None:
        """Take what was examined."""
        self._examined = settings_by_backend(checks, properties)

    def of(self, owner: Check | PropertyResult | Discrepancy) -> str:
        """Return the title of the backend of a check, property or discrepancy, e.g. "torch 2.13.0, eager on cpu"."""
        several = len(self._examined.get((owner.backend, owner.version), ())) > 1
        return f"{backend_title(owner)}, {clean(str(owner.setting))}" if several else backend_title(owner)

    def of_answer(self, answer: OtherAnswer, discrepancy: Discrepancy) -> str:
        """Return the title of the backend of an answer beside a discrepancy."""
        title = clean(f"{answer.backend} {answer.version}".strip())
        several = len(self._examined.get((answer.backend, answer.version), ())) > 1
        return f"{title}, {clean(str(Setting(answer.mode, answer.device or discrepancy.device)))}" if several else title
