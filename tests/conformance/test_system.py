"""Where logitproof does not run it says so, before it asks for what only POSIX systems have."""

from __future__ import annotations

import subprocess
import sys

import pytest

ELSEWHERE = """
import os, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {"fcntl", "resource", "termios", "pwd"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
for name in ("fcntl", "resource", "termios", "pwd"):
    sys.modules.pop(name, None)
"""
LINE = "this system is none that logitproof runs on (os.name is 'nt'): its workers need POSIX pipes and signals"


def elsewhere(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program where the modules of POSIX are missing and Python calls the system by another name."""
    return subprocess.run([sys.executable, "-c", ELSEWHERE + program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [["run"], ["run", "--bakend"], ["list", "backends"], []])
def test_on_another_system_the_command_is_one_line_and_status_2(arguments):
    done = elsewhere(
        "from logitproof.conformance.cli.main import main\n"
        f"os.name = 'nt'\nstatus = main({arguments!r})\nos.name = 'posix'\nsys.exit(status)"
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"logitproof: {LINE}")
    assert done.stderr.count("\n") == 1


def test_on_another_system_the_functions_say_so_too():
    done = elsewhere(
        "import logitproof\nos.name = 'nt'\n"
        "try:\n    logitproof.judge\nexcept ImportError as error:\n    print(error)\nos.name = 'posix'"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(LINE)


def test_the_modules_of_posix_are_what_is_missing_there():
    assert "No module named 'fcntl'" in elsewhere("import logitproof.reports").stderr
