"""The output folder: an older run is replaced in one step or not at all, and nothing else is touched."""

from __future__ import annotations

import shutil

import ml_dtypes
import numpy as np
import pytest
from record_samples import check, record

from logitproof.reports import (
    FolderError,
    Outputs,
    RecordError,
    StoredOutput,
    bit_equal,
    open_folder,
    read_outputs,
    read_record,
)


def _stored(folder, arrays):
    file = folder.outputs.begin()
    stored = [file.append(array) for array in arrays.values()]
    assert all(bit_equal(np.asarray(each), array) for each, array in zip(stored, arrays.values(), strict=True))
    batches = zip(arrays, stored, strict=True)
    return Outputs(file.finish(), tuple(StoredOutput(name, each.dtype.name, each.shape) for name, each in batches))


def _publish(target, array, *, complete=True, text="summary"):
    folder = open_folder(target)
    stored = _stored(folder, {"batch": array})
    published = record(check(outputs=stored), complete=complete)
    return folder.publish(published, {"summary.md": text}), stored


def test_outputs_are_read_back_bit_by_bit(tmp_path):
    arrays = {
        "a": np.array([[0.0, -0.0], [np.nan, np.inf]], np.float32),
        "b": np.array(1.5, ml_dtypes.bfloat16),
        "c": np.zeros((0, 3), np.float16),
        "d": np.arange(4, dtype=np.int32),
    }
    folder = open_folder(tmp_path / "report")
    stored = _stored(folder, arrays)
    folder.publish(record(check(outputs=stored)), {})
    returned = read_outputs(tmp_path / "report", read_record(tmp_path / "report").checks[0].outputs)
    assert list(returned) == list(arrays)
    assert all(bit_equal(returned[name], arrays[name]) for name in arrays)


def test_a_complete_run_replaces_the_older_one_and_its_outputs(tmp_path):
    _, old = _publish(tmp_path, np.zeros(3))
    _, new = _publish(tmp_path, np.ones(3), text="newer")
    assert (tmp_path / "summary.md").read_text() == "newer"
    assert [file.name for file in (tmp_path / "outputs").iterdir()] == [new.sha256]
    assert old.sha256 != new.sha256
    assert sorted(file.name for file in tmp_path.iterdir()) == ["outputs", "record.json", "summary.md"]


def test_an_incomplete_run_leaves_a_complete_one_alone(tmp_path):
    _publish(tmp_path, np.zeros(3), text="older")
    folder, stored = _publish(tmp_path, np.ones(3), complete=False, text="cut short")
    assert (tmp_path / "summary.md").read_text() == "older"
    assert folder == tmp_path / "incomplete"
    assert not read_record(folder).complete
    assert bit_equal(read_outputs(folder, stored)["batch"], np.ones(3))


def test_an_incomplete_run_is_kept_where_no_complete_one_is(tmp_path):
    folder, _ = _publish(tmp_path / "new", np.zeros(3), complete=False)
    assert folder == tmp_path / "new"
    again, _ = _publish(tmp_path / "new", np.ones(3), complete=False, text="again")
    assert again == folder
    assert (folder / "summary.md").read_text() == "again"


def test_a_complete_run_removes_an_incomplete_one_that_it_makes_obsolete(tmp_path):
    _publish(tmp_path, np.zeros(3))
    _publish(tmp_path, np.ones(3), complete=False)
    _publish(tmp_path, np.ones(3), complete=False)
    _publish(tmp_path, np.full(3, 2.0))
    assert not (tmp_path / "incomplete").exists()


def test_files_that_logitproof_did_not_write_stay(tmp_path):
    (tmp_path / "outputs").mkdir()
    mine = [tmp_path / "notes.txt", tmp_path / "outputs" / "mine.bin", tmp_path / "incomplete"]
    for file in mine:
        file.write_text("mine")
    for value in (0.0, 1.0):
        _publish(tmp_path, np.full(3, value))
    assert [file.read_text() for file in mine] == ["mine"] * 3


def test_a_run_that_is_discarded_leaves_nothing_behind(tmp_path):
    folder = open_folder(tmp_path / "a" / "b")
    _stored(folder, {"batch": np.zeros(3)})
    folder.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_discarded_leaves_an_older_one_as_it_was(tmp_path):
    _publish(tmp_path, np.zeros(3))
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    folder = open_folder(tmp_path)
    _stored(folder, {"batch": np.ones(3)})
    folder.discard()
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_a_record_that_does_not_fit_the_schema_leaves_the_older_run_as_it_was(tmp_path):
    _publish(tmp_path, np.zeros(3))
    before = (tmp_path / "record.json").read_bytes()
    folder = open_folder(tmp_path)
    with pytest.raises(RecordError):
        folder.publish(record(check(cases=-1)), {"summary.md": "new"})
    assert (tmp_path / "record.json").read_bytes() == before
    assert (tmp_path / "summary.md").read_text() == "summary"


def test_equal_outputs_share_one_file(tmp_path):
    folder = open_folder(tmp_path)
    one, two = (_stored(folder, {"batch": np.zeros(3)}) for _ in range(2))
    assert one == two
    folder.publish(record(check(outputs=one), check("other", outputs=two)), {})
    assert len(list((tmp_path / "outputs").iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match=r"cannot use the output folder .*file/report: Not a directory"):
        open_folder(tmp_path / "file" / "report")
    with pytest.raises(FolderError, match="file: File exists"):
        open_folder(tmp_path / "file")


def test_a_foreign_record_json_is_not_overwritten(tmp_path):
    (tmp_path / "record.json").write_text('{"artist": "Bill Evans"}')
    with pytest.raises(FolderError, match="not a record of logitproof; choose another folder"):
        open_folder(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["record.json"]


def test_a_full_disk_is_named(tmp_path):
    folder = open_folder(tmp_path)
    file = folder.outputs.begin()
    shutil.rmtree(folder.building)  # whoever runs the tests may write everywhere: a missing folder refuses as well
    for refused in (folder.outputs.begin, lambda: file.append(np.zeros(3)), file.finish):
        with pytest.raises(FolderError, match="cannot use the output folder"):
            refused()


def test_an_output_file_that_became_shorter_is_noticed(tmp_path):
    stored = open_folder(tmp_path).outputs.begin().append(np.zeros(3))
    stored.file.write_bytes(b"")
    with pytest.raises(ValueError, match="has become shorter"):
        np.asarray(stored)


def test_outputs_that_were_changed_are_noticed(tmp_path):
    _, stored = _publish(tmp_path, np.zeros(3))
    file = tmp_path / "outputs" / stored.sha256
    file.write_bytes(np.ones(3).tobytes())
    with pytest.raises(RecordError, match="not what the record says"):
        read_outputs(tmp_path, stored)
    file.unlink()
    with pytest.raises(RecordError, match="No such file"):
        read_outputs(tmp_path, stored)
