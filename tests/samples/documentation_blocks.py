"""The code blocks of the documentation: which pages there are, and how a block with commands is tried."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

from checkout import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "changelog.d" / "README.md"])
WORKED_EXAMPLES = sorted((ROOT / "docs").glob("add-*.md"))
"""The pages of PAGES that change the sources step by step: their blocks work in a copy of the checkout alone."""

FILE_NAME = re.compile(r"\A# ([\w./-]+\.\w+)$", re.MULTILINE)
"""What a block begins with that is the content of a file."""


def page_name(page):
    return page.relative_to(ROOT).as_posix() if page.is_relative_to(ROOT) else page.name


def environment_of_a_user(**more):
    """The environment of a user who has activated this one, on a terminal of a fixed width, and in no job of CI."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    inherited = {name: text for name, text in os.environ.items() if name not in {"CI", "BUILD_NUMBER"}}
    return {**inherited, "PATH": path, "NO_COLOR": "1", "COLUMNS": "120", **more}


def run_console(text, **more):
    """Run each command; compare what it prints with what the block shows, where it shows anything.

    `more` is handed to `subprocess.run`: env, cwd.
    """
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        outcome = subprocess.run(
            ["/bin/bash", "-c", command],
            **{"env": environment_of_a_user(), **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if shown.strip() else subprocess.STDOUT,
            text=True,
            check=False,
        )
        if shown.strip():
            printed = re.sub(r"[ \t]+$", "", outcome.stdout, flags=re.MULTILINE)
            wanted = shown.strip("\n") + "\n"
            same = doctest.OutputChecker().check_output(wanted, printed.strip("\n") + "\n", doctest.ELLIPSIS)
            assert same, f"$ {command}\nshown:\n{wanted}\nprinted:\n{printed}\n{outcome.stderr}"
        else:
            assert outcome.returncode == 0, f"$ {command}\nstatus {outcome.returncode}\n{outcome.stdout}"
