"""The house rules that no reader should have to check by eye: who may import whom, and what the worker may use."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkout import ROOT

ALLOWED = {
    "reference": set(),
    "properties": {"reference"},
    "reports": {"reference"},
    "conformance": {"properties", "reference", "reports"},
}
FRAMEWORKS = {"jax", "keras", "tensorflow", "torch"}
# Slow to import, and needed by none of the commands until they work.
HEAVY = FRAMEWORKS | {"hypothesis", "matplotlib", "mpmath", "pytest", "scipy"}

# What NumPy 1.23 to 2.4 brought under `numpy.`: a worker may meet an older one.
NEW_IN_NUMPY = {
    "acos", "acosh", "asin", "asinh", "astype", "atan", "atan2", "atanh", "bitwise_count", "bitwise_invert",
    "bitwise_left_shift", "bitwise_right_shift", "bool", "concat", "cumulative_prod", "cumulative_sum", "dtypes",
    "exceptions", "from_dlpack", "isdtype", "long", "matrix_transpose", "matvec", "permute_dims", "pow",
    "show_runtime", "strings", "trapezoid", "ulong", "unique_all", "unique_counts", "unique_inverse",
    "unique_values", "unstack", "vecdot", "vecmat",
}  # fmt: skip


@dataclass(frozen=True)
class Import:
    """One imported name: `module` as written, `level` dots before it."""

    file: Path
    line: int
    level: int
    module: str
    name: str | None

    def __str__(self):
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {'.' * self.level}{self.module} {self.name or ''}"

    @property
    def top(self):
        """The distribution's top-level name, empty for a relative import."""
        return "" if self.level else self.module.split(".")[0]

    @property
    def depth(self):
        """How many folders the importing file lies below its part."""
        return len(self.file.relative_to(ROOT).parts) - 2


def _imports_of(source, file):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, 0, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (Import(file, node.lineno, node.level, node.module or "", alias.name) for alias in node.names)


def _files(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def _imports(*folders):
    return [found for file in _files(*folders) for found in _imports_of(file.read_text(encoding="utf-8"), file)]


def _part_imported(found):
    """Which part of logitproof an absolute import reaches: `import logitproof.a.b`, `from logitproof import a`."""
    names = [*found.module.split("."), *([found.name] if found.name else [])]
    return names[1] if len(names) > 1 else ""


def _breaks_the_order(found, part):
    """Whether an import goes where its part may not, or goes there another way than the parts agreed on."""
    if found.level:
        return found.level > found.depth + 1  # climbs out of its part
    if found.top != "logitproof":
        return False
    if found.file.name.startswith("test_"):
        # pytest imports the tests that come with a part by their path, so they name their own part in full.
        return _part_imported(found) not in ALLOWED[part] | {part}
    return _part_imported(found) not in ALLOWED[part] or found.module.count(".") > 1  # a private module of another part


@pytest.mark.parametrize("part", ALLOWED)
def test_parts_import_each_other_only_downwards_and_by_their_public_names(part):
    assert [str(found) for found in _imports(part) if _breaks_the_order(found, part)] == []


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("import logitproof.reports", "reference"),
        ("from logitproof import conformance", "reports"),
        ("from logitproof.conformance import run", "properties"),
        ("from logitproof.properties import x", "reports"),
        ("from logitproof.reference import ulps", "reference"),
        ("from logitproof import exact", "conformance"),
        ("from logitproof.reference.formats import FORMATS", "conformance"),
        ("from .. import reference", "reports"),
        ("from ..reference import FORMATS", "conformance"),
    ],
)
def test_the_rule_of_the_parts_notices(line, part):
    (found,) = _imports_of(line, ROOT / part / "_somewhere.py")
    assert _breaks_the_order(found, part)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("from logitproof.reference import FORMATS", "conformance"),
        ("from logitproof import reports", "conformance"),
        ("from ._formats import FORMATS", "reference"),
        ("from . import _formats", "reference"),
        ("import numpy as np", "reports"),
    ],
)
def test_the_rule_of_the_parts_lets_pass(line, part):
    (found,) = _imports_of(line, ROOT / part / "_somewhere.py")
    assert not _breaks_the_order(found, part)


def test_the_parent_process_imports_no_framework():
    outside = [found for found in _imports(*ALLOWED, "src/logitproof") if "worker" not in found.file.parts]
    assert outside
    assert [str(found) for found in outside if found.top in FRAMEWORKS] == []


def test_the_worker_imports_the_standard_library_numpy_and_frameworks_alone():
    worker = _imports("conformance/worker")
    assert worker
    allowed = sys.stdlib_module_names | FRAMEWORKS | {"numpy"}
    assert [str(found) for found in worker if found.top not in allowed and not found.level] == []
    assert [str(found) for found in worker if found.level > found.depth] == []  # climbs out of the worker


def test_the_worker_uses_numpy_names_that_old_numpy_has():
    used = {
        f"{file.name}:{node.lineno} {node.value.id}.{node.attr}"
        for file in _files("conformance/worker")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in {"np", "numpy"}
        and node.attr in NEW_IN_NUMPY
    }
    assert used == set()


def _vermin(*paths):
    """Ask vermin whether syntax, modules and functions all exist in Python 3.9; return its status and its words."""
    command = [sys.executable, "-c", "import vermin; vermin.main()", "-t=3.9-", "--no-tips", "-vvv", *map(str, paths)]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    return outcome.returncode, outcome.stdout


def test_the_worker_runs_on_python_3_9():
    status, words = _vermin(*_files("conformance/worker"))
    assert status == 0, words


@pytest.mark.parametrize(
    "source",
    [
        "match 1:\n    case 1:\n        pass\n",
        "import tomllib\n",
        "list(zip([], [], strict=True))\n",
        "from dataclasses import dataclass\n\n\n@dataclass(slots=True)\nclass Point:\n    x: int\n",
        "from itertools import pairwise\n",
        "isinstance(1, int | str)\n",
    ],
)
def test_what_python_3_9_lacks_is_noticed(source, tmp_path):
    (tmp_path / "worker.py").write_text(source, encoding="utf-8")
    assert _vermin(tmp_path)[0] != 0


def test_what_python_3_9_has_is_let_pass(tmp_path):
    source = "from __future__ import annotations\n\n\ndef run(names: list[str] | None) -> int:\n    return 0\n"
    (tmp_path / "worker.py").write_text(source, encoding="utf-8")
    assert _vermin(tmp_path)[0] == 0


def test_every_worker_module_leaves_its_annotations_unevaluated():
    """Python 3.9 cannot evaluate `int | None`; with the future import it need not."""
    eager = [
        file.name
        for file in _files("conformance/worker")
        if (tree := ast.parse(file.read_text(encoding="utf-8"))).body
        and any(isinstance(node, ast.arg | ast.AnnAssign) and node.annotation for node in ast.walk(tree))
        and not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    ]
    assert eager == []


def _modules_loaded_by(program):
    """Run a program in a fresh interpreter; return the top-level names of all the modules that it loaded."""
    report = "\nimport sys\nprint(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    command = [sys.executable, "-c", program + report]
    outcome = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(outcome.stderr.split())


def test_importing_every_part_loads_no_framework():
    assert (
        _modules_loaded_by(f"import logitproof, {', '.join(f'logitproof.{part}' for part in ALLOWED)}") & HEAVY == set()
    )


def test_help_loads_nothing_heavy():
    program = (
        "from logitproof.conformance.cli.main import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
    )
    loaded = _modules_loaded_by(program)
    assert "argparse" in loaded
    assert loaded & (HEAVY | {"flint"}) == set()


def test_a_module_that_is_loaded_is_seen():
    assert "mpmath" in _modules_loaded_by("import mpmath")
