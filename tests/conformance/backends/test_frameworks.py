"""The table of frameworks: whatever names frameworks names all of its rows."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from checkout import ROOT

from logitproof.conformance.backends.client import _environment
from logitproof.conformance.backends.frameworks import FRAMEWORKS, MODULE_FRAMEWORKS, PROVIDED, TABLE
from logitproof.conformance.backends.installed import installed, version_of
from logitproof.conformance.cli.arguments import options_of
from logitproof.conformance.errors import UserError
from logitproof.conformance.upgrade.requirement import framework_of, parse_wanted, with_companions
from logitproof.conformance.upgrade.sides import optional_in, wish_of


def _words(text):
    return set(re.findall(r"[\w-]+", text))


@pytest.mark.parametrize("command", ["run", "hunt"])
def test_the_help_of_a_command_names_every_framework(command, capsys):
    with pytest.raises(SystemExit):
        options_of([command, "--help"])
    named = capsys.readouterr().out.partition("--backend NAME  ")[2].partition("\n  --")[0]
    assert FRAMEWORKS.keys() <= _words(named)


def test_the_help_of_the_pytest_plugin_names_every_framework(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    named = done.stdout.partition("--logitproof-backend=NAME")[2].partition("\n  --")[0]
    assert FRAMEWORKS.keys() <= _words(named)


@pytest.mark.parametrize(
    ("page", "line", "names"),
    [
        ("docs/backends.md", "framework = ", MODULE_FRAMEWORKS),
    ],
)
def test_a_page_that_names_frameworks_names_them_all(page, line, names):
    text = (ROOT / page).read_text(encoding="utf-8")
    (line_of_names,) = (each for each in text.splitlines() if line in each)
    assert set(names) <= _words(line_of_names)


def test_no_two_frameworks_are_provided_by_the_same():
    assert len(PROVIDED) == sum(len(framework.distributions) for framework in FRAMEWORKS.values())
    assert len({row.name for row in TABLE}) == len(TABLE)


def test_what_a_framework_is_based_on_or_brings_is_a_framework():
    assert {row.tensors for row in FRAMEWORKS.values()} <= set(MODULE_FRAMEWORKS)
    assert {name for row in TABLE for name in row.brings} <= FRAMEWORKS.keys()


@pytest.mark.parametrize("distribution", PROVIDED)
def test_every_distribution_of_the_table_can_be_upgraded(distribution):
    assert framework_of(parse_wanted(f"{distribution}==1.0")) == PROVIDED[distribution].name


@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=lambda framework: framework.name)
def test_an_upgrade_examines_what_the_framework_brings_where_it_is_there(framework):
    companions = (
        []
        if framework.base is None
        else [f"{next(row for row in TABLE if row.name == framework.base).distributions[0]}==1.0"]
    )
    wish = wish_of(f"{framework.distributions[0]}==1.0", companions, None)
    assert wish.backends == (framework.name, *framework.brings)
    assert optional_in(wish) == set(framework.brings)
    assert wish_of(f"{framework.name}@{sys.executable}", (), None).backends == wish.backends


def test_tensorflow_is_upgraded_with_the_keras_that_comes_with_it():
    assert wish_of("tf-nightly", (), None).backends == ("tensorflow", "keras")


def test_an_upgrade_of_what_computes_with_another_needs_that_beside_it():
    keras = parse_wanted("keras==3.5.0")
    with pytest.raises(UserError, match=r"^keras computes with tensorflow here: .* --with tensorflow-cpu==VERSION$"):
        with_companions([keras])
    assert with_companions([keras, parse_wanted("tf-nightly")])[0] == keras


def test_a_framework_is_usable_where_the_one_it_computes_with_is_installed(monkeypatch):
    versions = {row.name: "1.0" for row in TABLE}
    monkeypatch.setattr(
        "logitproof.conformance.backends.installed.version_of", lambda framework: versions[framework.name]
    )
    assert installed() == tuple(FRAMEWORKS)
    versions["tensorflow"] = None
    assert installed() == tuple(name for name in FRAMEWORKS if name not in {"tensorflow", "keras"})


@pytest.mark.parametrize("distribution", FRAMEWORKS["tensorflow"].distributions)
def test_the_version_is_that_of_whichever_distribution_is_there(distribution, tmp_path, monkeypatch):
    framework = FRAMEWORKS["tensorflow"]
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "__init__.py").write_text("raise SystemExit\n")
    information = tmp_path / f"{distribution.replace('-', '_')}-1.2.3.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2.3\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    assert version_of(framework) == "1.2.3"


def test_a_worker_has_what_every_framework_needs_and_keeps_what_is_a_users_own():
    given = {"PATH": "/bin", "KERAS_BACKEND": "torch", "TF_CPP_MIN_LOG_LEVEL": "0", "TF_NUM_INTEROP_THREADS": "9"}
    assert _environment(given, 3) == {
        "PATH": "/bin",
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "0",
        "TF_NUM_INTRAOP_THREADS": "3",
        "TF_NUM_INTEROP_THREADS": "3",
        "OMP_NUM_THREADS": "3",
        "OPENBLAS_NUM_THREADS": "3",
        "MKL_NUM_THREADS": "3",
        "VECLIB_MAXIMUM_THREADS": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    assert _environment({}, 1)["TF_CPP_MIN_LOG_LEVEL"] == "2"
