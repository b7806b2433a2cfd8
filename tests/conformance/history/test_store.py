"""The history of runs: filed under backend and version, found again, whole or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from unittest.mock import Mock

import pytest
from record_samples import backend, check, discrepancy, record

from logitproof.conformance.errors import UserError
from logitproof.conformance.history import store as _store
from logitproof.conformance.history.store import file_run, find_run
from logitproof.reports import Outputs, StoredOutput, read_outputs, read_record

CONTENT = bytes(16)
NAME = hashlib.sha256(CONTENT).hexdigest()
OUTPUTS = Outputs(NAME, (StoredOutput("overflow/n=10", "float32", (4,)),))


@pytest.fixture
def folder(tmp_path):
    """The folder of a run: its outputs."""
    (tmp_path / "run" / "outputs").mkdir(parents=True)
    (tmp_path / "run" / "outputs" / NAME).write_bytes(CONTENT)
    return tmp_path / "run"


def _run(*versions, started="2026-11-21T10:00:00+00:00", names=("torch",)):
    checks = [replace(check(backend=name, version=v), outputs=OUTPUTS) for name, v in zip(names, versions, strict=True)]
    filled = record(*checks, discrepancies=tuple(discrepancy(each) for each in checks))
    backends = tuple(replace(backend(name), version=v) for name, v in zip(names, versions, strict=True))
    return replace(filled, backends=backends, run=replace(filled.run, started=started))


def test_a_run_is_found_by_name_and_by_version_and_the_latest_first(tmp_path, folder):
    for version, day in (("2.12.0", 1), ("2.13.0+cpu", 2), ("2.13.0+cpu", 3)):
        file_run(tmp_path / "history", folder, _run(version, started=f"2026-11-0{day}T10:00:00+00:00"))
    latest = find_run(tmp_path / "history", "torch")
    assert read_record(latest).run.started == "2026-11-03T10:00:00+00:00"
    assert find_run(tmp_path / "history", "torch==2.13.0") == latest
    assert read_record(find_run(tmp_path / "history", "torch==2.12.0")).backends[0].version == "2.12.0"
    assert read_record(find_run(tmp_path / "history", "torch<2.13")).backends[0].version == "2.12.0"


def test_each_backend_is_filed_with_what_is_its_own_and_its_outputs(tmp_path, folder):
    record_of_two = _run("2.13.0", "3.15.1", names=("torch", "keras"))
    run_folders = file_run(tmp_path / "history", folder, record_of_two)
    assert [run_folder.relative_to(tmp_path / "history").parts[:2] for run_folder in run_folders] == [
        ("torch", "2.13.0"),
        ("keras", "3.15.1"),
    ]
    for run_folder, name in zip(run_folders, ("torch", "keras"), strict=True):
        filed = read_record(run_folder)
        assert {each.backend for each in (*filed.checks, *filed.discrepancies)} == {name}
        assert [each.name for each in filed.backends] == [name]
        assert read_outputs(run_folder, filed.checks[0].outputs)["overflow/n=10"].tobytes() == CONTENT


def test_an_incomplete_run_is_no_history(tmp_path, folder):
    assert file_run(tmp_path / "history", folder, replace(_run("2.13.0"), complete=False)) == []
    assert not (tmp_path / "history").exists()


def test_the_path_of_a_module_becomes_the_name_of_one_folder(tmp_path, folder):
    name = "../../elsewhere/kernels.py"
    (run_folder,) = file_run(tmp_path / "history", folder, _run("1", names=(name,)))
    assert run_folder.parent.parent.parent == tmp_path / "history"
    assert run_folder.parent.parent.name.startswith("kernels.py-")
    assert find_run(tmp_path / "history", name) == run_folder


def test_without_links_the_outputs_are_copied(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(_store.os, "link", Mock(side_effect=OSError(18, "Invalid cross-device link")))
    (run_folder,) = file_run(tmp_path / "history", folder, _run("2.13.0"))
    assert (run_folder / "outputs" / NAME).read_bytes() == CONTENT


def test_a_full_disk_is_one_line_and_leaves_nothing_half(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(_store.os, "link", Mock(side_effect=OSError(18, "Invalid cross-device link")))
    monkeypatch.setattr(_store.shutil, "copyfile", Mock(side_effect=OSError(28, "No space left on device")))
    with pytest.raises(UserError, match=r"--store .*: No space left on device"):
        file_run(tmp_path / "history", folder, _run("2.13.0"))
    assert list((tmp_path / "history" / "torch" / "2.13.0").iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("torch==2.14.0", "has no run of it, but of torch 2.13.0"),
        ("jax", "has no run of it, but of torch"),
        ("torch==two", "is no set of versions"),
        ("missing/record.json", "has no run of it"),
    ],
)
def test_what_the_history_does_not_have_is_one_line_with_what_it_has(tmp_path, folder, asked, words):
    file_run(tmp_path / "history", folder, _run("2.13.0"))
    with pytest.raises(UserError, match=words) as caught:
        find_run(tmp_path / "history", asked)
    assert "\n" not in str(caught.value)
