"""Progress: a bar on a terminal, short notes elsewhere, never on standard output."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time

import pytest

from logitproof.conformance.run.progress import Silence, shown_progress, time_words

PROGRAM = """
from logitproof.conformance.run.progress import shown_progress
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


def test_without_a_terminal_a_note_tells_now_and_then_how_far_it_is(capsys, monkeypatch):
    """Also while nothing gets done: a log that stands still looks like a run that does."""
    monkeypatch.setattr("logitproof.conformance.run.progress.NOTED_EVERY", 0.02)
    notes = ""
    with shown_progress() as progress:
        progress.begin(["torch"], 2000)
        progress.advance(1200)
        for _ in range(500):
            time.sleep(0.02)
            notes += capsys.readouterr().err
            if notes.count("1,200 of 2,000 batches, ") >= 2:
                break
    assert notes.count("logitproof: 1,200 of 2,000 batches, 0 s elapsed\n") >= 2
    time.sleep(0.1)
    capsys.readouterr()
    time.sleep(0.1)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("elapsed", "examining", "done", "total", "words"),
    [
        (1.2, 0, 0, 0, "1 s elapsed"),
        (45, 40, 0, 100, "45 s elapsed"),
        (3, 2.9, 50, 100, "3 s elapsed"),
        (130, 120, 75, 100, "2 min 10 s elapsed, about 40 s left"),
        (130, 120, 100, 100, "2 min 10 s elapsed, finishing"),
        (59.7, 50, 50, 100, "1 min 0 s elapsed, about 50 s left"),
        (3900, 3600, 50, 100, "1 h 5 min elapsed, about 1 h 0 min left"),
    ],
)
def test_times_are_told_in_words(elapsed, examining, done, total, words):
    assert time_words(elapsed, examining, done, total) == words


def _on_a_terminal(program: str = PROGRAM, **environment: str) -> str:
    """Run a program with a terminal for its standard error and return what that terminal got."""
    master, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", program],
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
    assert "0 s elapsed" in shown
    assert "worker [red] restarted" in shown
    assert "\x1b[3" in shown


def test_on_a_terminal_the_time_moves_while_nothing_gets_done():
    waits = "import time\n" + PROGRAM.replace("    for _ in range(5):", "    time.sleep(2.2)\n    for _ in range(5):")
    shown = _on_a_terminal(waits)
    assert "1 s elapsed" in shown
    assert "2 s elapsed" in shown


def test_notes_and_names_do_not_steer_the_terminal():
    shown = _on_a_terminal(PROGRAM.replace("[red]", "\x1b[31;5m").replace("[bold]", "\x1b[1;5m"), NO_COLOR="1")
    assert "restarted" in shown
    assert "[31;5m" in shown
    assert "\x1b[31;5m" not in shown
    assert "\x1b[1;5m" not in shown


def test_no_color_is_honoured():
    shown = _on_a_terminal(NO_COLOR="1")
    assert "5/5" in shown
    assert "\x1b[3" not in shown
