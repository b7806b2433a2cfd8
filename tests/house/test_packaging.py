"""The distribution: four root folders become one import package, complete, and nothing else."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import PurePosixPath

import pytest
from checkout import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from logitproof.conformance.backends.frameworks import FRAMEWORKS, TABLE

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS = PROJECT["tool"]["setuptools"]
PARTS = ("conformance", "properties", "reference", "reports")


def _package_folders():
    """Map each package that the tree holds to its folder, found by looking for Python files."""
    found = {"logitproof": "src/logitproof"}
    for part in PARTS:
        for folder in {path.parent for path in (ROOT / part).rglob("*.py")}:
            relative = folder.relative_to(ROOT).as_posix()
            found[f"logitproof.{relative.replace('/', '.')}"] = relative
    return found


def _modules_of_the_tree():
    """Every Python file, by the name that it must have inside the wheel."""
    return {
        f"{package.replace('.', '/')}/{file.name}"
        for package, folder in _package_folders().items()
        for file in (ROOT / folder).glob("*.py")
    }


def test_every_folder_with_python_files_is_listed_as_a_package():
    assert sorted(SETUPTOOLS["packages"]) == sorted(_package_folders())


def test_every_package_is_mapped_to_its_folder():
    assert SETUPTOOLS["package-dir"] == _package_folders()


def test_every_package_folder_has_an_init_file():
    missing = [folder for folder in _package_folders().values() if not (ROOT / folder / "__init__.py").is_file()]
    assert missing == []


@pytest.mark.parametrize("part", PARTS)
def test_the_import_package_links_to_each_part(part):
    link = ROOT / "src" / "logitproof" / part
    assert link.readlink().as_posix() == f"../../{part}"
    assert link.resolve() == ROOT / part


def test_the_import_package_holds_nothing_but_its_entry_and_the_links():
    names = {path.name for path in (ROOT / "src" / "logitproof").iterdir()} - {"__pycache__"}
    assert names == {"__init__.py", "__main__.py", "py.typed", *PARTS}


def _copy_of_the_tree(place):
    left_out = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build", "dist", "logitproof-report")
    return shutil.copytree(ROOT, place, symlinks=True, ignore=left_out)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("-m", "pip", "install", "--no-deps", "--no-build-isolation", "--target", "{out}", "."),
        # What an editable installation asks for; to install it would replace the one that runs this test.
        ("-c", "import build; build.ProjectBuilder('.').build('editable', '{out}')"),
        ("-m", "build", "--no-isolation", "--outdir", "{out}", "."),
    ],
    ids=["pip install", "editable", "build"],
)
def test_building_leaves_nothing_in_the_checkout(tmp_path, words):
    tree, out = _copy_of_the_tree(tmp_path / "tree"), tmp_path / "out"
    before = sorted(tree.rglob("*"))
    command = [sys.executable, "-B", *(word.format(out=out) for word in words)]
    outcome = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert any(out.rglob("*"))
    assert [path for path in sorted(tree.rglob("*")) if path not in before and path.name != "__pycache__"] == []


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build the source distribution, and from it the wheel, in a copy of the tree; return the folder with both."""
    work = tmp_path_factory.mktemp("built")
    _copy_of_the_tree(work / "tree")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(work / "dist"), str(work / "tree")]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return work / "dist"


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def _metadata(wheel, name):
    (path,) = (entry for entry in wheel.namelist() if entry.endswith(f".dist-info/{name}"))
    return wheel.read(path).decode()


def test_the_wheel_holds_every_module_and_no_other(wheel):
    assert {name for name in wheel.namelist() if name.endswith(".py")} == _modules_of_the_tree()


def test_nothing_generic_reaches_site_packages(wheel):
    top = {PurePosixPath(name).parts[0] for name in wheel.namelist()}
    assert top == {"logitproof", f"logitproof-{PROJECT['project']['version']}.dist-info"}


def test_the_wheel_is_marked_as_typed(wheel):
    assert "logitproof/py.typed" in wheel.namelist()


def test_the_wheel_carries_the_licence(wheel):
    assert "Apache License" in _metadata(wheel, "licenses/LICENSE")


def test_the_wheel_installs_one_command_and_one_pytest_plugin(wheel):
    assert _metadata(wheel, "entry_points.txt").split() == [
        "[console_scripts]",
        "logitproof",
        "=",
        "logitproof.conformance.cli.main:program",
        "[pytest11]",
        "logitproof",
        "=",
        "logitproof.conformance.pytest_plugin.plugin",
    ]


def test_frameworks_are_extras_and_never_dependencies(wheel):
    lines = [line for line in _metadata(wheel, "METADATA").splitlines() if line.startswith("Requires-Dist: ")]
    requirements = [Requirement(line.removeprefix("Requires-Dist: ")) for line in lines]
    needed = {each.name for each in requirements if "extra" not in str(each.marker)}
    assert needed == {Requirement(text).name for text in PROJECT["project"]["dependencies"]}
    frameworks = {name for framework in FRAMEWORKS.values() for name in framework.distributions}
    assert needed.isdisjoint(frameworks | {"playwright", "pytest", "scikit-learn", "sphinx"})
    assert {"torch", "tensorflow-cpu", "jax"} <= {each.name for each in requirements}


@pytest.mark.parametrize("framework", TABLE, ids=lambda framework: framework.name)
def test_what_the_table_says_to_install_brings_the_framework(framework):
    extras = PROJECT["project"]["optional-dependencies"]
    texts = extras[framework.extra] if framework.extra else PROJECT["project"]["dependencies"]
    providers = {
        name for each in TABLE if each is framework or framework.name in each.brings for name in each.distributions
    }
    brought = [requirement for requirement in map(Requirement, texts) if requirement.name in providers]
    assert brought
    assert {canonicalize_name(requirement.name) for requirement in brought} <= _pins().keys()


def test_every_extra_is_of_a_framework_or_for_those_who_test():
    extras = {framework.extra for framework in TABLE if framework.extra}
    assert PROJECT["project"]["optional-dependencies"].keys() == extras | {"dev", "properties"}


def test_the_source_distribution_holds_the_parts_once(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {PurePosixPath(*PurePosixPath(name).parts[1:]).as_posix() for name in archive.getnames()}
    sources = {name for name in names if name.endswith(".py") and PurePosixPath(name).parts[0] in {"src", *PARTS}}
    assert sources == {f"{folder}/{file.name}" for folder in _package_folders().values()
                       for file in (ROOT / folder).glob("*.py")}  # fmt: skip
    assert {"LICENSE", "README.md", "pyproject.toml"} <= names


def test_every_module_of_the_wheel_imports_away_from_the_checkout(wheel, tmp_path):
    wheel.extractall(tmp_path)  # noqa: S202 - we have just built it
    # Left out: the worker, which imports a framework and never as part of logitproof, and `python -m logitproof`.
    modules = sorted(
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in _modules_of_the_tree()
        if "/worker/" not in name and not name.endswith("/__main__.py")
    )
    program = (
        "import importlib, sys\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        f"for name in {modules!r}:\n"
        f"    assert importlib.import_module(name).__file__.startswith({str(tmp_path)!r}), name\n"
    )
    outcome = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr


def test_the_installed_version_is_the_one_in_pyproject():
    assert importlib.metadata.version("logitproof") == PROJECT["project"]["version"]


# Requirements of other platforms than this one.
_NOT_HERE = {
    canonicalize_name(requirement.name)
    for texts in PROJECT["project"]["optional-dependencies"].values()
    for requirement in map(Requirement, texts)
    if requirement.marker is not None and not requirement.marker.evaluate()
}


def _installed_closure(requirements):
    """Names of everything installed that the requirements lead to, through the metadata of what is installed."""
    waiting, seen = [Requirement(text) for text in requirements], {}
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        extras = seen.setdefault(name, set())
        if name in _NOT_HERE or (extras and requirement.extras <= extras):
            continue
        extras.update(requirement.extras, {""})
        for text in importlib.metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)
    return set(seen) - _NOT_HERE


def _pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): str(requirement.specifier) for requirement in requirements}


def _requirements(*extras):
    """What the extras require, beside what everybody needs."""
    texts = (PROJECT["project"]["optional-dependencies"][extra] for extra in extras)
    return [*PROJECT["project"]["dependencies"], *(text for extra in texts for text in extra)]


def _set_up():
    """The extras that a checkout is set up with: JAX is tested in environments of its own."""
    return re.search(r"extras=([\w,]+);", (ROOT / "Makefile").read_text(encoding="utf-8"))[1].split(",")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="TensorFlow is not made for it: use Python 3.13")
def test_constraints_pin_every_package_that_a_checkout_uses():
    assert _installed_closure(_requirements(*_set_up())) - set(_pins()) == set()


def test_constraints_pin_to_one_version_each():
    assert {name: pin for name, pin in _pins().items() if not pin.startswith("==") or "*" in pin or "," in pin} == {}


def test_the_pinned_versions_satisfy_pyproject():
    wrong = [
        text
        for text in _requirements(*PROJECT["project"]["optional-dependencies"])
        if not Requirement(text).specifier.contains(_pins()[canonicalize_name(Requirement(text).name)].lstrip("="))
    ]
    assert wrong == []


@pytest.mark.parametrize("version", [None, (3, 10)])
def test_make_says_which_python_it_needs(version, tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "old-python"
    if version:
        python.write_text(
            f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = {version}; exec(sys.argv[1])" "$2"\n',
            encoding="utf-8",
        )
        python.chmod(0o755)
    outcome = subprocess.run(
        ["make", "setup", f"PYTHON={python}"],  # noqa: S607 - the user's own make
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode != 0
    assert f"needs Python 3.11, 3.12 or 3.13 with its venv module, and found none among: {python}" in outcome.stderr
    assert not (tmp_path / ".venv").exists()
