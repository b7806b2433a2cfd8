"""`logitproof report`, from the shell: formats, files and pipes, and one clear line for everything that is wrong."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from unittest.mock import Mock
from xml.etree import ElementTree as ET

import pytest
from checkout import EXPECTED
from record_samples import check, discrepancy, record
from report_samples import cut_short, empty, finished, many, older

from logitproof.conformance.cli.main import main
from logitproof.reports import SCHEMA_VERSION, encode_record, findings, github_annotations, junit, read_record, summary

FORMATS = ("terminal", "html", "markdown", "junit", "json", "github")
CLEAN = record(check(severities={}, tiers={"C": 10}))


@pytest.fixture
def folder(tmp_path):
    """A folder with the report of a finished run."""
    (tmp_path / "record.json").write_bytes(encode_record(finished()))
    return tmp_path


@pytest.fixture(autouse=True)
def _no_job(monkeypatch):
    """The tests may themselves be part of a job."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def _report(*words, cwd, environment=None, **settings):
    return subprocess.run(
        [sys.executable, "-m", "logitproof", "report", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONWARNINGS": "error", **(environment or {})},
        capture_output=True,
        check=False,
        timeout=120,
        **settings,
    )


def _one_line(done):
    """Return the line that a command ends with that the user got wrong; nothing else was printed."""
    assert done.returncode == 2
    assert done.stdout == b""
    line = done.stderr.decode()
    assert line.startswith("logitproof: ")
    assert line.count("\n") == 1
    return line


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_comes_from_file_folder_and_standard_input_alike(folder, name):
    file = _report("record.json", "--format", name, cwd=folder)
    assert file.returncode == 1
    assert file.stdout
    assert _report(folder, "--format", name, cwd="/").stdout == file.stdout
    with (folder / "record.json").open("rb") as stream:
        assert _report("-", "--format", name, cwd="/", stdin=stream).stdout == file.stdout


@pytest.mark.slow
def test_formats_are_what_they_say(folder):
    texts = {name: _report(".", "--format", name, cwd=folder).stdout.decode() for name in FORMATS}
    assert "The worst defects, grouped by cause" in texts["terminal"]
    assert "\x1b" not in texts["terminal"]
    assert texts["html"].lower().startswith("<!doctype html>")
    assert texts["markdown"] == summary(finished())
    assert texts["junit"] == junit(finished())
    assert ET.fromstring(texts["junit"]).tag == "testsuites"  # noqa: S314 - our own
    assert texts["json"].encode() == encode_record(finished())
    assert texts["github"] == github_annotations(finished())


def test_the_page_shows_the_scripts_of_its_findings(folder):
    from logitproof.conformance.scripts.of_record import scripts_for

    scripts = scripts_for(finished())
    shown = _report(".", "--format", "html", cwd=folder).stdout.decode()
    assert {each.example.id for each in findings(finished())} > scripts.keys() > set()
    assert shown.count("The exit status is 1 while this is so") >= len(scripts)
    assert len(scripts_for(finished(), most=1)) == 1


@pytest.mark.parametrize(
    ("given", "status"),
    [(finished(), 1), (CLEAN, 0), (cut_short(), 3), (empty(), 3)],
    ids=["defects", "clean", "cut", "none"],
)
@pytest.mark.parametrize("name", FORMATS)
def test_the_exit_status_is_that_of_the_record(tmp_path, given, status, name):
    (tmp_path / "record.json").write_bytes(encode_record(given))
    assert main(["report", str(tmp_path), "--format", name]) == status


def test_without_a_record_the_last_run_is_told(tmp_path):
    (tmp_path / "logitproof-report").mkdir()
    (tmp_path / "logitproof-report" / "record.json").write_bytes(encode_record(CLEAN))
    assert b"PASS" in _report(cwd=tmp_path).stdout
    (tmp_path / "logitproof.toml").write_text('output = "elsewhere"\n')
    assert "elsewhere" in _one_line(_report(cwd=tmp_path))


@pytest.mark.parametrize("version", [1, 2])
def test_a_record_of_an_older_schema_is_told_and_comes_out_in_the_present_one(version, tmp_path):
    old = EXPECTED / f"record-{version}.json"
    assert json.loads(old.read_bytes())["schema"] == version
    printed = _report(str(old), "--format", "json", cwd=tmp_path).stdout
    assert json.loads(printed)["schema"] == SCHEMA_VERSION
    assert printed == encode_record(read_record(old))


@pytest.mark.slow
def test_what_is_new_since_an_earlier_record_is_told(folder):
    (folder / "old.json").write_bytes(encode_record(older()))
    for name in ("terminal", "markdown"):
        text = _report(".", "--since", "old.json", "--format", name, cwd=folder).stdout.decode()
        assert "1 new, 1 gone, 8 as before" in " ".join(text.split())
    page = _report(".", "--since", "old.json", "--format", "html", cwd=folder).stdout
    assert page != _report(".", "--format", "html", cwd=folder).stdout


# Files


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "github"])
def test_a_file_gets_what_standard_output_would(folder, name):
    done = _report(".", "--format", name, "--output", "told", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")
    assert (folder / "told").read_bytes() == _report(".", "--format", name, cwd=folder).stdout
    assert sorted(file.name for file in folder.iterdir()) == ["record.json", "told"]


def test_a_file_is_replaced_through_its_link_and_keeps_its_mode(folder):
    (folder / "kept").write_text("old")
    (folder / "kept").chmod(0o640)
    (folder / "link").symlink_to("kept")
    assert _report(".", "--format", "json", "--output", "link", cwd=folder).returncode == 1
    assert (folder / "link").is_symlink()
    assert (folder / "kept").read_bytes() == encode_record(finished())
    assert (folder / "kept").stat().st_mode & 0o777 == 0o640


def test_a_file_that_cannot_be_finished_leaves_the_older_one_whole(folder, monkeypatch):
    from logitproof.conformance.cli import output as _output

    file = folder / "told"
    file.write_text("old")

    for refusal in (OSError(28, "No space left on device"), KeyboardInterrupt()):
        monkeypatch.setattr(_output.Path, "replace", Mock(side_effect=refusal))
        with pytest.raises((OSError, KeyboardInterrupt)):
            _output.write_whole(file, b"new")
        assert file.read_text() == "old"
        assert sorted(each.name for each in folder.iterdir()) == ["record.json", "told"]


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full: run it on Linux")  # noqa: PTH110
def test_a_full_disk_is_one_line(folder):
    assert "--output /dev/full: No space left on device" in _one_line(_report(".", "--output", "/dev/full", cwd=folder))
    for name in FORMATS:
        command = f"{sys.executable} -m logitproof report . --format {name} >/dev/full"
        done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, check=False)  # noqa: S607
        assert done.returncode == 2
        assert done.stderr.decode().splitlines()[-1] == "logitproof: standard output: No space left on device"


@pytest.mark.parametrize("name", FORMATS)
def test_a_reader_that_leaves_early_causes_no_complaint(tmp_path, name):
    (tmp_path / "record.json").write_bytes(encode_record(many(300)))
    command = (
        f"{sys.executable} -m logitproof report . --format {name} | head -c 10 >/dev/null; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=False)  # noqa: S607
    assert done.returncode == 1
    assert [line for line in done.stderr.decode().splitlines() if "GITHUB_STEP_SUMMARY" not in line] == []


def test_standard_output_that_is_closed_is_one_line(folder):
    command = f"{sys.executable} -m logitproof report . >&-"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, check=False)  # noqa: S607
    assert "standard output is closed" in _one_line(done)


# What is wrong

WRONG = {
    "empty": b"",
    "no JSON": b"not a record",
    "no UTF-8": b'{"schema": 2, "complete": "\xff\xfe"}',
    "an array": b"[1, 2, 3]",
    "another object": b'{"a": 1}',
    "nested": b"[" * 100_000,
    "zeros": bytes(10_000),
    "compressed": b"\x1f\x8b\x08\x00rest",
    "a NaN": b'{"schema": NaN}',
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_what_is_no_record_is_one_line_and_nothing_is_written(tmp_path, capsys, content):
    (tmp_path / "bad.json").write_bytes(content)
    assert main(["report", str(tmp_path / "bad.json"), "--output", str(tmp_path / "told")]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert "bad.json: " in printed.err
    assert [file.name for file in tmp_path.iterdir()] == ["bad.json"]
    done = _report("-", "--format", "html", cwd=tmp_path, input=content)
    assert "standard input: " in _one_line(done)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_record_is_one_line(tmp_path, part):
    whole = encode_record(finished())
    (tmp_path / "record.json").write_bytes(whole[: int(len(whole) * part)])
    assert "record.json: not a record" in _one_line(_report(tmp_path, cwd=tmp_path))


@pytest.mark.parametrize("number", range(12))
def test_a_damaged_record_is_told_or_refused_and_breaks_nothing(tmp_path, capsys, number):
    """One byte in some hundred is another one."""
    whole = bytearray(encode_record(finished()))
    for position in range(number * 7 + 3, len(whole), 501 + number):
        whole[position] = (whole[position] * 31 + number) % 256
    (tmp_path / "record.json").write_bytes(bytes(whole))
    for name in FORMATS:
        status = main(["report", str(tmp_path), "--format", name])
        errors = capsys.readouterr().err
        assert status in {0, 1, 2, 3}
        assert "Traceback" not in errors
        assert (status == 2) == (errors.startswith("logitproof: ") and "GITHUB" not in errors)


def test_a_newer_record_is_refused_with_what_to_do(tmp_path):
    whole = json.loads(encode_record(CLEAN))
    (tmp_path / "record.json").write_text(json.dumps({**whole, "schema": 99}))
    assert "install a newer logitproof" in _one_line(_report(tmp_path, cwd=tmp_path))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["missing.json"], "missing.json: No such file or directory"),
        (["bare"], "bare/record.json: No such file or directory"),
        ([".", "--output", "bare"], "--output bare: Is a directory"),
        ([".", "--output", "none/told"], "--output none/told: No such file or directory"),
        ([".", "--output", "x" * 300], "File name too long"),
        ([".", "--format", "pdf"], "invalid choice: 'pdf'"),
        ([".", "--format", "junit", "--since", "."], "--since says nothing in --format junit"),
        ([".", "--format", "github", "--output", "x"], "annotations are read from standard output"),
        (["-", "--since", "-"], "cannot both be standard input"),
        ([".", "--since", "missing.json"], "missing.json: No such file or directory"),
        ([".", "."], "unexpected argument '.'"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(folder, words, line):
    (folder / "bare").mkdir()
    assert line in _one_line(_report(*words, cwd=folder, stdin=subprocess.DEVNULL))
    assert sorted(file.name for file in folder.iterdir()) == ["bare", "record.json"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything: run it as another user")
def test_a_file_that_may_not_be_read_is_one_line(folder):
    (folder / "record.json").chmod(0)
    assert "Permission denied" in _one_line(_report(".", cwd=folder))


def test_a_terminal_on_standard_input_is_not_waited_for(folder):
    leader, follower = pty.openpty()
    assert "nothing is piped" in _one_line(_report("-", cwd=folder, stdin=follower))
    os.close(leader)
    os.close(follower)


def test_an_interrupt_is_status_3_and_leaves_nothing(tmp_path):
    (tmp_path / "record.json").write_bytes(encode_record(many(4000)))
    (tmp_path / "told").write_text("old")
    command = [sys.executable, "-m", "logitproof", "report", ".", "--format", "html", "--output", "told"]
    running = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    time.sleep(1.5)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    if running.returncode == 3:  # it may have been quicker
        assert errors == b"logitproof: interrupted\n"
        assert (tmp_path / "told").read_text() == "old"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["record.json", "told"]


# GitHub


def test_the_summary_of_a_job_is_appended(folder):
    (folder / "summary").write_text("# Of an earlier command")
    done = _report(".", "--format", "github", cwd=folder, environment={"GITHUB_STEP_SUMMARY": str(folder / "summary")})
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode() == github_annotations(finished())
    assert (folder / "summary").read_text() == f"# Of an earlier command\n{summary(finished())}"


def test_without_the_file_of_a_summary_there_are_annotations_and_a_note(folder):
    done = _report(".", "--format", "github", cwd=folder)
    assert done.stdout.decode() == github_annotations(finished())
    assert "GITHUB_STEP_SUMMARY is not set" in done.stderr.decode()


@pytest.mark.parametrize(
    ("free", "text"),
    [(60_000, "## Defects, the worst first"), (1_000, "There was no room for more"), (20, ""), (0, ""), (-1, "")],
)
def test_a_summary_never_outgrows_what_github_takes(folder, free, text):
    file = folder / "summary"
    file.write_bytes(b"x" * ((1 << 20) - free))
    done = _report(".", "--format", "github", cwd=folder, environment={"GITHUB_STEP_SUMMARY": str(file)})
    assert done.returncode == 1
    assert max(1 << 20, (1 << 20) - free) >= file.stat().st_size >= (1 << 20) - free
    assert text in file.read_text()
    assert bool(text) != (b"is full" in done.stderr)


def test_a_summary_that_cannot_be_written_is_one_line(folder):
    done = _report(".", "--format", "github", cwd=folder, environment={"GITHUB_STEP_SUMMARY": str(folder / "no" / "s")})
    assert "$GITHUB_STEP_SUMMARY: " in _one_line(done)


def test_help_has_examples_and_statuses():
    done = _report("--help", cwd="/")
    assert done.returncode == 0
    for words in (b"--format html", b"exit status", b"standard input", b"GITHUB_STEP_SUMMARY"):
        assert words in done.stdout


def test_a_record_with_one_defect_is_the_smallest_report(tmp_path):
    (tmp_path / "record.json").write_bytes(encode_record(record(check(), discrepancies=(discrepancy(check()),))))
    assert read_record(tmp_path).discrepancies
    assert _report(".", cwd=tmp_path).returncode == 1
