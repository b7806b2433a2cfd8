"""The house rules that no reader should have to check by eye: who may import whom, and what the worker may use."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import house
import pytest
from checkout import ROOT

from logitproof.conformance.backends.frameworks import FRAMEWORKS, TABLE

# docs/house.md states them, for readers and for these tests.
PARTS = house.parts(house.PAGE.read_text(encoding="utf-8"))
ALLOWED = {name: {each.name for each in PARTS.values() if each.depth > part.depth} for name, part in PARTS.items()}
# Slow to import, and needed by none of the commands until they work.
HEAVY = FRAMEWORKS.keys() | {"hypothesis", "matplotlib", "mpmath", "pytest", "scipy"}

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


# Inside the parts: a folder, or a file beside the folders, imports only what stands on lower lines.
LEVELS = {name: part.lines for name, part in PARTS.items()}
HEIGHTS = {
    (part, name): -line for part, levels in LEVELS.items() for line, names in enumerate(levels) for name in names
}
SAME_LINE = {"processes": {"signals"}, "notes": set(), "signals": set(), "system": set(), "errors": set()}
"""Files on the lowest line of conformance that may import each other."""


def _module_of(file):
    """The dotted name of a file below the root; of a package, its own."""
    names = file.relative_to(ROOT).with_suffix("").parts
    return names[:-1] if names[-1] == "__init__" else names


def _targets(file):
    """The modules of its own part that a file imports, wherever in it."""
    package = file.relative_to(ROOT).parent.parts
    for found in _imports_of(file.read_text(encoding="utf-8"), file):
        if found.level:
            base = package[: len(package) - found.level + 1] + tuple(filter(None, found.module.split(".")))
            below = (*base, found.name)
            is_module = (ROOT.joinpath(*below).with_suffix(".py")).is_file() or ROOT.joinpath(*below).is_dir()
            yield below if is_module else base


def _room(module):
    """The folder of a part that a module is in; the module itself where it lies beside the folders."""
    return module[0], module[1] if len(module) > 1 else ""


def _climbs(importer, imported):
    """Whether a module imports what is not on a lower line than itself."""
    here, there = _room(importer), _room(imported)
    if here == there or not here[1]:  # a part's own __init__ hands on what it likes
        return False
    if HEIGHTS[here] == HEIGHTS[there]:
        return there[1] not in SAME_LINE.get(here[1], set())
    return HEIGHTS[there] > HEIGHTS[here]


def _sources():
    return [file for file in _files(*ALLOWED) if not file.name.startswith("test_")]


def test_the_page_about_the_house_states_the_parts_that_there_are():
    assert PARTS.keys() == {path.name for path in (ROOT / "src" / "logitproof").iterdir() if path.is_symlink()}


def test_the_picture_of_the_house_is_drawn_from_the_page():
    drawn = house.drawing(house.PAGE.read_text(encoding="utf-8"))
    assert house.PICTURE.read_text(encoding="utf-8") == drawn, "make picture draws it again"


def test_the_picture_of_the_house_holds_every_name_of_the_page_from_the_top_to_the_bottom():
    texts = re.findall(r'class="(?:title|name)".*?>(.*?)</text>', house.PICTURE.read_text(encoding="utf-8"))
    assert texts == [text for part in PARTS.values() for text in (part.name, *itertools.chain(*part.lines))]


def test_every_folder_of_a_part_has_its_line():
    rooms = {_room(_module_of(file)) for file in _sources()}
    assert {room for room in rooms if room[1]} == set(HEIGHTS)


def test_a_folder_imports_only_folders_on_lower_lines():
    climbing = [
        f"{'.'.join(_module_of(file))} imports {'.'.join(target)}"
        for file in _sources()
        for target in _targets(file)
        if _climbs(_module_of(file), target)
    ]
    assert climbing == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("conformance.judge.tally", "conformance.run.run"),
        ("conformance.scripts.script", "conformance.compare.compare"),
        ("conformance.errors", "conformance.inputs.batch"),
        ("reports.findings.overview", "reports.gate.gate"),
        ("reports.record.model", "reports.schemas"),
        ("reference.functions.catalogue", "reference.bounds.bounds"),
    ],
)
def test_the_rule_of_the_folders_notices(importer, imported):
    assert _climbs(tuple(importer.split(".")), tuple(imported.split(".")))


def test_no_files_import_each_other_in_a_circle():
    graph = {_module_of(file): set(_targets(file)) - {_module_of(file)} for file in _sources()}
    assert _circle(graph) == []


def test_a_circle_is_noticed():
    graph = {("a",): {("b",)}, ("b",): {("c",)}, ("c",): {("a",)}, ("d",): {("a",)}}
    assert sorted(_circle(graph)) == [("a",), ("b",), ("c",)]


def _circle(graph):
    """What is left of a graph once everything is taken out that imports, or is imported by, nothing of the rest."""
    left = {module: targets & graph.keys() for module, targets in graph.items()}
    while True:
        imported = set().union(*left.values())
        loose = [module for module, targets in left.items() if not targets or module not in imported]
        if not loose:
            return list(left)
        left = {module: targets.difference(loose) for module, targets in left.items() if module not in loose}


def test_every_source_folder_has_a_test_folder():
    folders = {file.parent.relative_to(ROOT) for file in _sources()}
    assert [str(folder) for folder in sorted(folders) if not list((ROOT / "tests" / folder).rglob("test_*.py"))] == []


def test_a_sentence_opens_every_package_and_says_what_is_in_it_and_what_is_not():
    opened = {file: ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "" for file in _files(*ALLOWED)}
    packages = {str(file.relative_to(ROOT)): text for file, text in opened.items() if file.name == "__init__.py"}
    assert {name: text for name, text in packages.items() if len(text.split()) < 8 or text.count(".") < 1} == {}


def test_no_folder_is_a_heap_and_no_file_a_book():
    files = [*_sources(), *(ROOT / "tests").rglob("*.py")]
    sizes = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert {name: lines for name, lines in sizes.items() if lines > 450} == {}
    folders = [file.parent for file in files if file.name != "__init__.py"]
    assert {str(folder): folders.count(folder) for folder in set(folders) if folders.count(folder) > 30} == {}


SPELLED_ELSEWHERE = {
    # The facts about the processor are a key of a worker's hello.
    ("conformance/worker/main.py", "cpu"),
    ("conformance/backends/protocol.py", "cpu"),
}


def _spelled(*folders):
    """The string literals that name a mode or a device of today, each with its file."""
    return {
        (str(file.relative_to(ROOT)), node.value)
        for file in _files(*folders)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in ("eager", "cpu")
    }


def test_no_file_but_the_framework_s_own_spells_a_setting():
    own = "conformance/worker/frameworks/"
    assert {name for name, _ in _spelled("conformance/worker/frameworks")}
    assert {(name, word) for name, word in _spelled(*ALLOWED) if not name.startswith(own)} == SPELLED_ELSEWHERE


def test_no_module_hides_behind_an_underscore():
    assert [str(file) for file in _sources() if file.name.startswith("_") and file.name != "__init__.py"] == []


def test_the_parent_process_imports_no_framework():
    outside = [found for found in _imports(*ALLOWED, "src/logitproof") if "worker" not in found.file.parts]
    assert outside
    assert [str(found) for found in outside if found.top in FRAMEWORKS] == []


NAMES = {row.name for row in TABLE}
A_NAME = rf"\b({'|'.join(sorted(NAMES))})\b"
SEVERAL = re.compile(rf"{A_NAME}[^\w.]{{1,4}}((or|and) \W?)?{A_NAME}")
"""Two names in a row, however they are joined: "torch, jax", "'torch' or 'jax'", "torch|jax"."""

KEEP_THEIR_OWN = ("conformance/worker/frameworks",)
"""What speaks with a framework itself, one file a framework, and what chooses among those files."""


def _lists_of_frameworks(source):
    """The lines that list frameworks: in a literal with the names of several, or in a text that has two in a row."""
    tree = ast.parse(source)
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # They may explain.
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
            within = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
            if len(NAMES & within) > 1:
                yield node.lineno
        elif isinstance(node, ast.Constant) and node not in docstrings and SEVERAL.search(str(node.value)):
            yield node.lineno


def test_only_the_table_lists_frameworks():
    table = "conformance/backends/frameworks.py"
    listed = {
        f"{name}:{line}"
        for file in _sources()
        if not (name := file.relative_to(ROOT).as_posix()).startswith(KEEP_THEIR_OWN)
        for line in _lists_of_frameworks(file.read_text(encoding="utf-8"))
    }
    assert {place for place in listed if not place.startswith(table)} == set()
    assert listed  # the table itself


@pytest.mark.parametrize(
    "source",
    [
        'KNOWN = ("torch", "jax")',
        'if name in {"tensorflow", "keras"}: pass',
        'BRINGS = {"tensorflow": ("tensorflow", "keras")}',
        'DISTRIBUTIONS = {"tf-nightly": "tensorflow", "torch": "torch"}',
        'ROWS = [("torch", 1), ("jax", 2)]',
        'parser.add_argument("--backend", help="one of torch, tensorflow, keras")',
        'KNOWN = "torch jax".split()',
        "message = \"choose 'torch' or 'numpy'\"",
    ],
)
def test_a_list_of_frameworks_is_noticed(source):
    assert list(_lists_of_frameworks(source))


@pytest.mark.parametrize(
    "source",
    [
        'def f():\n    """Take "torch", "tensorflow" or "jax"."""',
        'FACTS = ("python", "numpy", "git_version")',
        'needed = "numpy<2" if one.name == "torch" else "numpy"',
        'SCRIPT = "import jax.numpy as jnp"',
        'EXAMPLES = "logitproof upgrade keras==3.5.0 keras==3.15.1 --with tensorflow-cpu==2.18.1"',
    ],
)
def test_what_lists_no_frameworks_is_let_pass(source):
    assert list(_lists_of_frameworks(source)) == []


def test_the_worker_imports_the_standard_library_numpy_and_frameworks_alone():
    worker = _imports("conformance/worker")
    assert worker
    allowed = sys.stdlib_module_names | FRAMEWORKS.keys() | {"numpy"}
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
