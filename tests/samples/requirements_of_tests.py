"""What tests need that is not always there: a browser, frameworks. tests/conftest.py marks and skips by it."""

from __future__ import annotations

import re

from logitproof.conformance.backends.frameworks import FRAMEWORKS
from logitproof.conformance.backends.installed import installed

BROWSER = "chromium"
"""The fixture of whoever opens pages in a browser."""

ABOUT_FRAMEWORKS = {"backend", "framework", "module", "worker"}
"""The parameters that name a framework, or a kernel of tests/kernels/, in order to start it."""

OF_A_KERNEL = re.compile(r"(?:correct|faulty)_([a-z]+)")


def frameworks_of_parameters(parameters):
    """The frameworks that a test is parametrised with, by their own names or by those of kernels."""
    texts = [text for name, text in parameters.items() if name in ABOUT_FRAMEWORKS and isinstance(text, str)]
    kernels = [match[1] for text in texts for match in OF_A_KERNEL.finditer(text)]
    return FRAMEWORKS.keys() & {*texts, *kernels}


def reasons_against(names):
    """Say of every framework that is not installed what it takes to run the test."""
    there = installed()
    return [
        f"{name} is not installed: pip install -e '.[{FRAMEWORKS[name].extra}]'" for name in names if name not in there
    ]
