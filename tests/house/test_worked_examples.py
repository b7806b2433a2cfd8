"""The worked examples, docs/add-*.md, followed to the letter in a copy of the checkout, block by block.

diff     applied with `git apply`
console  run line by line in the copy, whose logitproof it is, and compared with the output shown, as everywhere
text     nothing to follow
others   a file, which the block's first line names as a comment (`# kernels.py`): written

The first table of a page lists the files that such a change touches, in the order in which the page comes to them.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess

import pytest
from checkout import ROOT
from documentation_blocks import FILE_NAME, WORKED_EXAMPLES, environment_of_a_user, page_name, run_console

COPIED = (
    "changelog.d", "conformance", "docs", "properties", "pyproject.toml", "reference", "reports", "src", "tests",
)  # fmt: skip
EACH = pytest.mark.parametrize("page", WORKED_EXAMPLES, ids=page_name)


def _blocks(page):
    """The language, the text and the line of every block of a page."""
    text = page.read_text(encoding="utf-8")
    for block in re.finditer(r"^```([\w-]+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        yield block[1], block[2], text.count("\n", 0, block.start()) + 1


@pytest.fixture
def copy(tmp_path):
    """A copy of the sources, the tests and what they read, as in a checkout but for Git."""
    folder = tmp_path / "logitproof"
    left_out = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__")
    folder.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=left_out)
        else:
            shutil.copy(ROOT / name, folder)
    return folder


def _environment(copy):
    inherited = {
        name: text for name, text in environment_of_a_user().items() if not name.startswith(("GIT_", "PYTEST_"))
    }
    # In a temporary folder inside of some checkout Git would apply nothing, and say nothing.
    return {**inherited, "PYTHONPATH": str(copy / "src"), "GIT_CEILING_DIRECTORIES": str(copy.parent)}


def follow(page, copy):
    """Do in the copy what the page says, from the first block to the last."""
    environment = _environment(copy)
    for language, text, line in _blocks(page):
        where = f"{page_name(page)}, the block in line {line}"
        match language:
            case "diff":
                outcome = subprocess.run(
                    ["git", "apply", "--verbose", "-"],  # noqa: S607 - the user's own git
                    cwd=copy,
                    env=environment,
                    input=text,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert outcome.returncode == 0, f"{where} does not apply:\n{outcome.stderr}"
            case "console":
                run_console(text, cwd=copy, env=environment)
            case "text":
                pass
            case _:
                named = FILE_NAME.match(text)
                assert named, f"{where} does not begin with the name of its file, as a comment"
                file = copy / named[1]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")


def _touched(page):
    """The files of the checkout that a page changes or adds; what it writes to the top level is there to try it."""
    for language, text, _ in _blocks(page):
        if language == "diff":
            yield from re.findall(r"^\+\+\+ b/(.+)$", text, flags=re.MULTILINE)
        elif (named := FILE_NAME.match(text)) and "/" in named[1]:
            yield named[1]


@pytest.mark.slow
@EACH
def test_the_worked_example_works(page, copy):
    follow(page, copy)


@EACH
def test_the_first_table_of_the_worked_example_lists_the_files_that_it_touches(page):
    table = re.search(r"^\|.*\n\|[-|]+\n((?:\|.*\n)+)", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert re.findall(r"^\| `([^`]+)` \|", table[1], flags=re.MULTILINE) == list(dict.fromkeys(_touched(page)))


GOOD = """
```python
# folder/numbers.py
ONE = 1
```

```diff
--- a/folder/numbers.py
+++ b/folder/numbers.py
@@ -1,2 +1,3 @@
 # folder/numbers.py
 ONE = 1
+TWO = 2
```

```console
$ cat folder/numbers.py
...
TWO = 2
```
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("right", "right"),
        ("# folder/numbers.py\nONE", "ONE"),
        (" ONE = 1\n+", " ONE = 3\n+"),
        ("TWO = 2\n```\n\n```console", "TWO = 3\n```\n\n```console"),
        ("$ cat folder/numbers.py\n...\nTWO = 2", "$ cat folder/other.py"),
    ],
    ids=["nothing", "no name of a file", "the context of a diff", "what a diff adds", "the status of a command"],
)
def test_what_is_wrong_in_a_worked_example_is_noticed(right, wrong, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(GOOD.replace(right, wrong), encoding="utf-8")
    (tmp_path / "copy").mkdir()
    with contextlib.nullcontext() if right == wrong else pytest.raises(AssertionError):
        follow(page, tmp_path / "copy")
