"""What every test may rely on."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from requirements_of_tests import BROWSER, frameworks_of_parameters, reasons_against

# What is searched at random is searched alike in every run: a failure is a change's, and not the day's.
settings.register_profile("alike", derandomize=True)
settings.load_profile("alike")

TERMINAL = ("CLICOLOR_FORCE", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


def pytest_collection_modifyitems(items):
    """Mark what needs a browser, or a framework, and skip what needs one that is not installed."""
    for item in items:
        if BROWSER in item.fixturenames:
            item.add_marker(pytest.mark.browser)
        if named := frameworks_of_parameters(item.callspec.params if hasattr(item, "callspec") else {}):
            item.add_marker(pytest.mark.framework(*sorted(named)))
        for mark in list(item.iter_markers("framework")):
            for reason in reasons_against(mark.args):
                item.add_marker(pytest.mark.skip(reason=reason))


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


@pytest.fixture(autouse=True)
def _own_imports(tmp_path_factory):
    """Forget what a test imported from its folder: the next one asks for a module `kernels` that is not there."""
    modules, path = set(sys.modules), list(sys.path)
    yield
    sys.path[:] = path
    for name in sys.modules.keys() - modules:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).is_relative_to(tmp_path_factory.getbasetemp()):
            del sys.modules[name]
