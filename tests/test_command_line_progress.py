"""Progress: a bar on a terminal, short notes elsewhere, never on standard output."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from logitproof.conformance._progress import Silence, shown_progress

PROGRAM = """
from logitproof.conformance._progress import shown_progress
with shown_progress() as progress:
    progress.begin(["torch 2.13.0", "keras [bold]3[/bold]"], 5)
    for _ in range(5):
        progress.advance()
    progress.note("worker [red] restarted")
"""


def test_without_a_terminal_there_are_notes_on_standard_error(capsys):
    with shown_progress() as progress:
        progress.begin(["torch 2.13.0", "keras 3.15.1"], 5)
        progress.advance()
        progress.note("a worker was restarted")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "logitproof: examining torch 2.13.0, keras 3.15.1: 5 batches",
        "logitproof: a worker was restarted",
    ]


def test_silence_writes_nothing(capsys):
    progress = Silence()
    progress.begin(["torch"], 1)
    progress.advance()
    progress.note("hello")
    printed = capsys.readouterr()
    assert printed.out + printed.err == ""


def _on_a_terminal(**environment: str) -> str:
    """Run PROGRAM with a terminal for its standard error and return what that terminal got."""
    master, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=terminal,
        check=True,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120", **environment},
    )
    os.close(terminal)
    assert done.stdout == b""
    shown = b""
    try:
        while part := os.read(master, 65536):
            shown += part
    except OSError:  # Linux says so when the other end is closed
        pass
    finally:
        os.close(master)
    return shown.decode()


def test_on_a_terminal_there_is_a_bar_with_backends_count_and_times():
    shown = _on_a_terminal()
    assert "torch 2.13.0, keras [bold]3[/bold]" in shown
    assert "5/5" in shown
    assert "0:00:0" in shown
    assert "worker [red] restarted" in shown
    assert "\x1b[3" in shown


def test_no_color_is_honoured():
    shown = _on_a_terminal(NO_COLOR="1")
    assert "5/5" in shown
    assert "\x1b[3" not in shown
