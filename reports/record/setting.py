"""The setting that a backend computed in: its mode and its device, one value that is never taken apart to decide."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Setting:
    """How a backend computes: what two settings of it give is never counted together.

    Attributes:
        mode: how its framework runs a call, by the framework's own word.
        device: what it runs on.
    """

    mode: str
    device: str

    def __str__(self) -> str:
        """Return it for people, e.g. "eager on cpu"."""
        return f"{self.mode} on {self.device}"


class InSetting:
    """What was made in a setting; the record has the two parts of that as keys of their own."""

    __slots__ = ()
    mode: str
    device: str

    @property
    def setting(self) -> Setting:
        """The setting that it was made in."""
        return Setting(self.mode, self.device)
