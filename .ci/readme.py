"""Carry out every command that the README shows, whole and at its defaults, as somebody who reads it from the top.

    .ci/readme.py ENVIRONMENT FOLDER

runs `make` and `pip` in this checkout and all other commands in FOLDER, with the programs of the virtual environment
ENVIRONMENT before those of the machine. The blocks of commands (`sh`), and the steps of the workflow (`yaml`), are run
in their order; a block of Python that begins with a file name is saved where the commands look for it. What `console`
and the other kinds show is run by tests/house/test_documentation.py. Ends with 1 at the first command that fails.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^\s*(?:- )?run: ([^#\n]+)", re.MULTILINE)
FILE_NAME = re.compile(r"\A# ([\w./-]+\.py)\n")

HUNT_MINUTES = "1"
"""How long the hunt of the README is carried out; what it shows is longer than a gate can wait."""


def commands_of(language: str, text: str) -> list[list[str]]:
    """The commands of a block, as words."""
    lines = STEP.findall(text) if language == "yaml" else text.splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def carry_out(words: list[str], folder: Path, environment: Path) -> None:
    """Run one command; an examination that finds something (status 1) is complete, and no fault of ours."""
    if words[:2] == ["logitproof", "hunt"]:
        place = words.index("--minutes") + 1
        words = [*words[:place], HUNT_MINUTES, *words[place + 1 :]]
    here = words[0] in ("make", "pip")
    examines = words[:2] == ["make", "run"] or words[0] in ("logitproof", "pytest")
    path = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    print(f"\n$ {shlex.join(words)}", flush=True)
    begun = time.monotonic()
    done = subprocess.run(
        words,
        cwd=ROOT if here else folder,
        env={**os.environ, "PATH": path, "PIP_CONSTRAINT": str(ROOT / "constraints.txt")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    print(*lines[-12:], sep="\n")
    print(f"[status {done.returncode}, {time.monotonic() - begun:.0f} s, {len(lines)} lines]", flush=True)
    if done.returncode not in ((0, 1) if examines else (0,)):
        sys.exit(f"the README's command failed: {shlex.join(words)}")
    if words[:2] == ["logitproof", "upgrade"] and not lines[0].startswith("verdict: "):
        sys.exit(f"the README promises a verdict in the first line, and it is: {lines[0]}")


def main() -> None:
    """Read the README and carry it out."""
    environment, folder = (Path(argument).resolve() for argument in sys.argv[1:3])
    carried_out = 0
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    for language, text in blocks:
        if language == "python" and (named := FILE_NAME.match(text)):
            file = folder / "path" / "to" / named[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    for language, text in blocks:
        for words in commands_of(language, text) if language in ("sh", "yaml") else ():
            if words[:2] != ["make", "test"]:  # the gate began with it
                carry_out(words, folder, environment)
                carried_out += 1
    print(f"\ncommands of the README carried out: {carried_out}")


main()
