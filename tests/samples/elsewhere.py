"""Frameworks in environments of their own: built once, and found again where the machine keeps its caches."""

from __future__ import annotations

import sys
from functools import cache

from logitproof.conformance.upgrade.environment import default_cache, environment_with
from logitproof.conformance.upgrade.installer import INSTALLERS
from logitproof.conformance.upgrade.requirement import parse_wanted


@cache
def python_with(*requirements):
    """The interpreter of an environment with these requirements."""
    wanted = [parse_wanted(text) for text in requirements]
    environment = environment_with(
        wanted, python=sys.executable, installer=INSTALLERS["pip"], cache=default_cache(), note=lambda _: None
    )
    return environment.python
