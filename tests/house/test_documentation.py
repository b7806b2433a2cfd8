"""Every code block of the documentation is tested, each kind in its way, and every link of it leads somewhere.

python   run; one that begins with a file name as a comment (`# kernels.py`) is saved under that name instead
console  run line by line ($ ...) and compared with the output shown, `...` standing for anything
toml     parsed; saved like python
json     parsed
sh, yaml the commands exist: make's targets, the extras that pip is given, the options of logitproof
text     not run: formulas, drawings, the files of other programs
diff     in the worked examples (docs/add-*.md), whose blocks tests/house/test_worked_examples.py follows, all of them
{...}    Sphinx's own: tried where the documentation is built
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from checkout import ROOT
from documentation_blocks import FILE_NAME, PAGES, WORKED_EXAMPLES, environment_of_a_user, page_name, run_console
from sybil.document import Document
from sybil.parsers.markdown import CodeBlockParser

DIRECTIVE = re.compile(r"\{[\w-]+\}")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _saved(example):
    """Save a block that begins with its file name; say whether it did."""
    named = FILE_NAME.match(example.parsed)
    if named:
        Path(named[1]).write_text(example.parsed, encoding="utf-8")
    return bool(named)


def _run_python(example):
    if not _saved(example):
        source = "\n" * (example.line + example.parsed.line_offset) + example.parsed
        exec(compile(source, example.path, "exec"), example.namespace)  # noqa: S102 - the page is our own


def _run_console(example):
    run_console(example.parsed)


def _parse_toml(example):
    tomllib.loads(example.parsed)
    _saved(example)


def _parse_json(example):
    json.loads(example.parsed)


def _check_commands(example):
    commands = [line for line in example.parsed.splitlines() if line.strip() and not line.startswith("#")]
    assert commands
    for command in commands:
        _check_command(command)


def _check_workflow(example):
    """The commands of a workflow's steps; what its actions are given, tests/house/test_action.py checks."""
    commands = re.findall(r"^\s*(?:- )?run: (.+)$", example.parsed, flags=re.MULTILINE)
    assert commands or "uses: OWNER/logitproof@REF" in example.parsed
    for command in commands:
        _check_command(command)


def _check_command(command):
    """Check a command that a test cannot carry out."""
    words = [word for word in shlex.split(command, comments=True) if not re.fullmatch(r"[A-Z_]+=\S*", word)]
    match words:
        case ["make", *targets] if targets:
            outcome = subprocess.run(
                ["make", "--dry-run", "-C", str(ROOT), *targets],  # noqa: S607 - the user's own make
                capture_output=True,
                text=True,
                check=False,
            )
            assert outcome.returncode == 0, outcome.stderr
        case ["pip", "install", *requirements] if requirements:
            extras = {
                extra for text in requirements for group in re.findall(r"\[(.+)\]", text) for extra in group.split(",")
            }
            assert extras <= PROJECT["optional-dependencies"].keys()
        case ["logitproof", subcommand, *options]:
            usage = subprocess.run(
                ["logitproof", subcommand, "--help"],  # noqa: S607 - found beside the interpreter
                env=environment_of_a_user(),
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            unknown = [option for option in options if option.startswith("--") and option.split("=")[0] not in usage]
            assert unknown == []
        case ["pytest", "--pyargs", "logitproof.properties", *options]:
            usage = subprocess.run(
                [sys.executable, "-m", "pytest", "--help"], capture_output=True, text=True, check=True
            ).stdout
            known = [option for option in options if option.startswith("-") and option in usage]
            assert known == [option for option in options if option.startswith("-")]
        case ["git", "clone", _] | ["cd", _]:
            pass
        case _:
            pytest.fail(f"no way to check the command: {command}")


def _ignore(_example):
    pass


KINDS = {
    "python": _run_python,
    "console": _run_console,
    "toml": _parse_toml,
    "json": _parse_json,
    "sh": _check_commands,
    "yaml": _check_workflow,
    "text": _ignore,
}


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if page not in WORKED_EXAMPLES], ids=page_name)
def test_the_code_of_the_page_works(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    parsers = [CodeBlockParser(language, evaluator) for language, evaluator in KINDS.items()]
    for example in Document.parse(str(page), *parsers):
        example.evaluate()


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_code_block_of_the_page_is_of_a_kind_that_is_tested(page):
    fences = re.findall(r"^ *```(.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    kinds = {*KINDS, "diff"} if page in WORKED_EXAMPLES else KINDS
    assert len(fences) % 2 == 0
    assert [language for language in fences[::2] if language not in kinds and not DIRECTIVE.fullmatch(language)] == []


def _headings(page):
    """The anchors of a page, as GitHub makes them from its headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_the_links_of_the_page_lead_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for link in (link for link in links if not link.startswith(("https://", "http://"))):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in _headings(target), link


FRAGMENT = re.compile(r"(\d+|\+[\w-]+)\.(added|changed|fixed|removed)\.md")


def test_changelog_fragments_are_named_by_issue_and_type_and_say_something():
    fragments = [path for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]
    assert [path.name for path in fragments if not FRAGMENT.fullmatch(path.name)] == []
    assert [path.name for path in fragments if not path.read_text(encoding="utf-8").strip()] == []
