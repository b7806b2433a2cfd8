"""Environments are built, found again, shared, and recovered; real ones, of packages small enough to build many."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from logitproof.conformance.upgrade import installer as _installer
from logitproof.conformance.upgrade.environment import environment_with
from logitproof.conformance.upgrade.installer import INSTALLERS, InstallError
from logitproof.conformance.upgrade.requirement import parse_wanted

pytestmark = pytest.mark.slow


def _wheel(folder, name="demo", version="1.0", body="answer = 42\n", requires=()):
    """A wheel made by hand: a package index is not needed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", body)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return str(path)


def _environment(cache, *texts, notes=None, python=sys.executable, installer="pip"):
    return environment_with(
        [parse_wanted(text) for text in texts],
        python=python,
        installer=INSTALLERS[installer],
        cache=cache,
        note=(notes if notes is not None else []).append,
    )


def _refusal(*arguments, **keywords):
    with pytest.raises(InstallError) as caught:
        _environment(*arguments, **keywords)
    message = str(caught.value)
    assert "\n" not in message
    return message


def _says(environment, program):
    return subprocess.run(
        [environment.python, "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()


def _leftovers(cache):
    return [path.name for path in (cache / "environments").iterdir() if path.name.startswith(".")]


def test_an_environment_has_what_was_wanted_and_is_found_again(tmp_path):
    wheel, notes = _wheel(tmp_path), []
    first = _environment(tmp_path / "cache", wheel, notes=notes)
    assert _says(first, "import demo; print(demo.answer)") == "42"
    assert (first.installed, first.was_built, len(notes)) == (("demo==1.0",), True, 1)
    again = _environment(tmp_path / "cache", wheel, notes=notes)
    assert (again.python, again.was_built, len(notes)) == (first.python, False, 1)
    assert _leftovers(tmp_path / "cache") == []


def test_uv_makes_an_environment_too_and_it_is_another_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    wheel = _wheel(tmp_path / "wheels")
    first = _environment(tmp_path / "cache", wheel, installer="uv")
    assert (first.was_built, first.installed) == (True, ("demo==1.0",))
    assert _says(first, "import demo; print(demo.answer)") == "42"
    assert not _environment(tmp_path / "cache", wheel, installer="uv").was_built
    assert _environment(tmp_path / "cache", wheel, installer="pip").was_built


def test_a_full_disk_is_told_so():
    error = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    with pytest.raises(InstallError, match=r"\Ademo: no space is left on the device\Z"):
        _installer._run([sys.executable, "-c", f"import sys; sys.exit({error!r})"], "demo")


def test_a_wheel_of_the_same_version_with_other_bytes_gets_an_environment_of_its_own(tmp_path):
    first = _environment(tmp_path / "cache", _wheel(tmp_path / "a"))
    other = _environment(tmp_path / "cache", _wheel(tmp_path / "b", body="answer = 43\n"))
    assert _says(other, "import demo; print(demo.answer)") == "43"
    assert first.python != other.python


def test_what_only_this_process_can_import_is_not_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    _environment(tmp_path / "cache", _wheel(tmp_path))  # the package is installed, whatever PYTHONPATH pretends
    monkeypatch.delenv("PYTHONPATH")
    environment = _environment(tmp_path / "cache", _wheel(tmp_path))
    outcome = subprocess.run([environment.python, "-c", "import numpy"], capture_output=True, check=False)
    assert outcome.returncode != 0


def test_a_companion_that_does_not_exist_is_named_in_one_line_and_nothing_is_left(tmp_path):
    refusal = _refusal(tmp_path / "cache", _wheel(tmp_path, requires=["no-such-package-of-anyone==99.0"]))
    assert "no-such-package-of-anyone" in refusal
    assert _leftovers(tmp_path / "cache") == []
    assert _environment(tmp_path / "cache", _wheel(tmp_path)).was_built


def test_an_index_that_cannot_be_reached_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    assert "index cannot be reached" in _refusal(tmp_path / "cache", "jax==0.4.38")


def test_an_interpreter_that_is_none_is_told_so(tmp_path):
    assert "not a Python interpreter" in _refusal(tmp_path / "cache", _wheel(tmp_path), python="/bin/false")
    assert "not a Python interpreter" in _refusal(tmp_path / "cache", _wheel(tmp_path), python="/no/such/python")


def test_a_cache_that_cannot_be_made_is_told_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    refusal = _refusal(tmp_path / "file" / "cache", _wheel(tmp_path))
    assert "cache" in refusal


def test_a_damaged_entry_and_a_lost_environment_are_built_anew(tmp_path):
    cache, wheel = tmp_path / "cache", _wheel(tmp_path)
    _environment(cache, wheel)
    (entry,) = (cache / "requests").iterdir()
    entry.write_bytes(b'{"environment": "../../elsewhere", "installed": []}')
    assert _environment(cache, wheel).was_built
    entry.write_bytes(b"{")
    assert _environment(cache, wheel).was_built
    (folder,) = (cache / "environments").iterdir()
    (folder / "bin" / "python").unlink()
    assert _says(_environment(cache, wheel), "import demo; print(demo.answer)") == "42"


def test_two_builds_at_once_share_what_the_first_has_built(tmp_path):
    cache, wheel = tmp_path / "cache", _wheel(tmp_path)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: _environment(cache, wheel), range(2))
    assert first.python == second.python
    assert _says(first, "import demo; print(demo.answer)") == "42"
    assert _leftovers(cache) == []


_BUILD = """
import sys
from pathlib import Path
from logitproof.conformance.upgrade.environment import environment_with
from logitproof.conformance.upgrade.installer import INSTALLERS
from logitproof.conformance.upgrade.requirement import parse_wanted
environment_with([parse_wanted(sys.argv[2])], python=sys.executable, installer=INSTALLERS["pip"],
                 cache=Path(sys.argv[1]), note=print)
"""


def test_a_build_that_was_killed_is_made_again_and_its_remains_are_removed(tmp_path):
    cache, wheel = tmp_path / "cache", _wheel(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", _BUILD, str(cache), wheel], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not list(cache.glob("environments/.building-*/environment")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(_leftovers(cache)) == 1
    assert _says(_environment(cache, wheel), "import demo; print(demo.answer)") == "42"
    assert _leftovers(cache) == []


def test_a_build_under_way_is_not_taken_for_remains(tmp_path):
    cache, slow = tmp_path / "cache", _wheel(tmp_path / "a")
    process = subprocess.Popen([sys.executable, "-c", _BUILD, str(cache), slow], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not list(cache.glob("environments/.building-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    _environment(cache, _wheel(tmp_path / "b", body="answer = 43\n"))
    assert process.wait(timeout=60) == 0


def test_an_interrupted_build_leaves_nothing(tmp_path):
    cache, wheel = tmp_path / "cache", _wheel(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", _BUILD, str(cache), wheel], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not list(cache.glob("environments/.building-*/environment")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)
    assert _leftovers(cache) == []
    assert not list(cache.glob("requests/*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere: run it as another user")
def test_a_read_only_cache_is_told_so(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o500)
    assert "Permission denied" in _refusal(cache, _wheel(tmp_path))


def test_the_interpreter_of_an_environment_stays_one_when_its_cache_is_reached_by_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    environment = _environment(tmp_path / "link", _wheel(tmp_path))
    assert Path(environment.python).exists()
    assert _says(environment, "import demo; print(demo.answer)") == "42"
