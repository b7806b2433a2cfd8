"""What every test may rely on."""

from __future__ import annotations

import importlib.util
import signal

import pytest
from hypothesis import settings

# What is searched at random is searched alike in every run: a failure is a change's, and not the day's.
settings.register_profile("alike", derandomize=True)
settings.load_profile("alike")

FRAMEWORKS = {"torch": "torch", "tensorflow": "tensorflow", "keras": "tensorflow"}
TERMINAL = ("CLICOLOR_FORCE", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


def pytest_collection_modifyitems(items):
    """Skip what is parametrised with a framework that this Python cannot have: `make` leaves it out, and says so."""
    absent = {name for name, package in FRAMEWORKS.items() if importlib.util.find_spec(package) is None}
    for item in items:
        parameters = getattr(item, "callspec", None)
        missing = (
            {value for value in parameters.params.values() if isinstance(value, str)} & absent if parameters else ()
        )
        for name in sorted(missing):
            item.add_marker(pytest.mark.skip(reason=f"{name} is not installed"))


def pytest_configure():
    """Hear signals, and let what tests start hear them: `nohup` and the background of a shell have them ignored."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(autouse=True)
def _no_terminal_settings(monkeypatch):
    """Whoever runs the tests may like colours and wide windows: what is printed must not depend on it."""
    for name in TERMINAL:
        monkeypatch.delenv(name, raising=False)
