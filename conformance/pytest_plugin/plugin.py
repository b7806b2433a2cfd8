"""The pytest plugin: hands backends to the tests of `logitproof.properties`. Silent where nobody asks for it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..backends.frameworks import FRAMEWORKS
from ..system import refusal

if TYPE_CHECKING:
    from logitproof.properties import Plan

    from ..inputs.witness import Witness
    from .subject import TestedBackend, TestedBackends

EXAMPLES = 60
"""How many batches of inputs a property is tried on, unless told otherwise."""

_SEED_KEY = "logitproof_seed"

_LIMITS = ("hello-timeout", "timeout")
"""What limits the time of a worker."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, all with the prefix `--logitproof-`."""
    group = parser.getgroup("logitproof", "properties of softmax, cross-entropy and their kin")
    group.addoption(
        "--logitproof-backend",
        action="append",
        default=[],
        metavar="NAME",
        help=f"test this backend: {', '.join(FRAMEWORKS)}, path/to/kernels.py or package.module; may be repeated "
        "(pytest --pyargs logitproof.properties --logitproof-backend torch)",
    )
    group.addoption(
        "--logitproof-examples",
        type=int,
        default=EXAMPLES,
        metavar="N",
        help=f"inputs to try for each property and backend (default {EXAMPLES})",
    )
    group.addoption(
        "--logitproof-seed",
        type=int,
        metavar="N",
        help="where the search begins (default: 0 where CI is set, else random)",
    )
    group.addoption("--logitproof-timeout", type=float, metavar="S", help="seconds that one call may take (default 10)")
    group.addoption(
        "--logitproof-hello-timeout",
        type=float,
        metavar="S",
        help="seconds that a backend may take to start and import its framework (default 60)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Settle the seed once, for all processes of pytest-xdist, and refuse backends that there are none of."""
    _refuse_unknown(config.getoption("--logitproof-backend"))
    for limit in _LIMITS:
        _seconds(config, limit)
    given = config.getoption("--logitproof-seed")
    drawn = getattr(config, "workerinput", {}).get(_SEED_KEY)
    fresh = 0 if os.environ.get("CI") else secrets.randbelow(2**32)
    config.stash[_SEED] = next(seed for seed in (given, drawn, fresh) if seed is not None)


_SEED: pytest.StashKey[int] = pytest.StashKey()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - pytest-xdist has no types
    """Give the processes of pytest-xdist the seed of the one that started them."""
    node.workerinput[_SEED_KEY] = node.config.stash[_SEED]


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Show backends, seed and settings: what a run takes to be repeated."""
    names = config.getoption("--logitproof-backend")
    if not names and not any("logitproof.properties" in argument for argument in config.invocation_params.args):
        return []
    names = names or ["every installed framework"]
    options = f"--logitproof-seed {config.stash[_SEED]} --logitproof-examples {_examples(config)}"
    return [f"logitproof: {', '.join(names)}; the same search again: {options}"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each property, or witness, and backend."""
    if "logitproof_backend" not in metafunc.fixturenames:
        return
    backends = _backends(metafunc.config)
    if "logitproof_property" in metafunc.fixturenames:
        from logitproof.properties import PROPERTIES  # noqa: PLC0415 - only where it is asked for

        pairs = [(prop, name) for prop in PROPERTIES.values() for name in backends]
        ids = [f"{prop.id}-{_short(name, backends)}" for prop, name in pairs]
        metafunc.parametrize(("logitproof_property", "logitproof_backend"), pairs, ids=ids, indirect=_INDIRECT)
    elif "logitproof_witness" in metafunc.fixturenames:
        witnesses = [(witness, name) for witness in _witnesses(metafunc.config) for name in backends]
        ids = [f"{witness.id}-{_short(name, backends)}" for witness, name in witnesses]
        metafunc.parametrize(("logitproof_witness", "logitproof_backend"), witnesses, ids=ids, indirect=_INDIRECT)
    else:
        ids = [_short(name, backends) for name in backends]
        metafunc.parametrize("logitproof_backend", backends, ids=ids, indirect=True)


_INDIRECT = ("logitproof_backend",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Replay witnesses before anything new is searched for."""
    items.sort(key=lambda item: "logitproof_witness" not in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def _logitproof_subjects(pytestconfig: pytest.Config) -> Iterator[TestedBackends]:
    """Workers, each started when it is first needed and stopped in the end."""
    from .subject import TestedBackends  # noqa: PLC0415 - only where it is asked for

    hello, call = (_seconds(pytestconfig, limit) for limit in _LIMITS)
    with TestedBackends(hello, call) as subjects:
        yield subjects


@pytest.fixture
def logitproof_backend(request: pytest.FixtureRequest, _logitproof_subjects: TestedBackends) -> TestedBackend:
    """A backend under test."""
    try:
        return _logitproof_subjects.named(request.param)
    except _logitproof_subjects.UNUSABLE as error:
        return pytest.fail(f"backend {request.param}: {error}", pytrace=False)


@pytest.fixture
def logitproof_plan(request: pytest.FixtureRequest) -> Plan:
    """How long to search, and from where."""
    from logitproof.properties import Plan  # noqa: PLC0415 - only where it is asked for

    return Plan(_examples(request.config), request.config.stash[_SEED])


def _examples(config: pytest.Config) -> int:
    examples = int(config.getoption("--logitproof-examples"))
    if examples < 1:
        raise pytest.UsageError(f"--logitproof-examples must be at least 1, not {examples}")
    return examples


def _seconds(config: pytest.Config, limit: str) -> float | None:
    given: float | None = config.getoption(f"--logitproof-{limit}")
    if given is not None and not 0 < given < float("inf"):
        raise pytest.UsageError(f"--logitproof-{limit} must be more than 0, not {given:g}")
    return given


def _backends(config: pytest.Config) -> Sequence[str]:
    from ..backends.installed import installed  # noqa: PLC0415 - only where it is asked for

    names = list(dict.fromkeys(config.getoption("--logitproof-backend"))) or list(installed())
    if not names:
        raise pytest.UsageError(
            "no framework is installed here: name a backend with --logitproof-backend path/to/kernels.py"
        )
    return names


def _refuse_unknown(names: Sequence[str]) -> None:
    if not names:
        return
    if reason := refusal():
        raise pytest.UsageError(reason)
    from ..backends.installed import installed  # noqa: PLC0415 - as above
    from ..backends.spec import check_backend  # noqa: PLC0415 - as above
    from ..errors import UserError  # noqa: PLC0415 - only where it is asked for

    for name in names:
        try:
            check_backend(name, installed())
        except UserError as error:
            raise pytest.UsageError(str(error)) from None


def _witnesses(config: pytest.Config) -> list[Witness]:
    """The witnesses of the folder that pytest was started in; a damaged one is told of and left out."""
    from ..inputs.witness import WITNESSES, witnesses_in  # noqa: PLC0415 - only where it is asked for

    witnesses, notes = witnesses_in(Path(config.invocation_params.dir) / WITNESSES)
    for note in notes:
        config.issue_config_time_warning(pytest.PytestWarning(f"logitproof: {note}"), stacklevel=2)
    return witnesses


def _short(name: str, among: Sequence[str]) -> str:
    """A module by its file's name, since paths would not fit `-k`; by its path where two have the same name."""
    short = [Path(each).stem if each.endswith(".py") else each for each in among]
    stem = short[among.index(name)]
    return stem if short.count(stem) == 1 else name
