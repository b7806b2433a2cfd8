"""Witnesses: written and read without loss, refused where they are damaged, replayed by a run before all else."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from setting_samples import EAGER

from logitproof.conformance.backends.protocol import EntryPoint, Hello
from logitproof.conformance.cli.main import main
from logitproof.conformance.inputs.batch import Batch
from logitproof.conformance.inputs.hashes import case_hash
from logitproof.conformance.inputs.witness import (
    MAX_WITNESS_BYTES,
    WITNESS_CLASS,
    Witness,
    WitnessError,
    decode_witness,
    encode_witness,
    read_witness,
    witness_of,
    witnesses_in,
    write_witness,
)
from logitproof.conformance.judge.tally import identity_of
from logitproof.conformance.run.plan import sources
from logitproof.conformance.run.request import RunRequest
from logitproof.properties import Seeded, function_inputs
from logitproof.reference import FORMATS, FUNCTIONS
from logitproof.reports import Discrepancy, Expected, bit_equal, discrepancy_id

EVERYTHING = frozenset(keyword for function in FUNCTIONS.values() for keyword in function.options)


def batch_of(function: str, dtype: str, seed: object = 0) -> Batch:
    inputs = function_inputs(Seeded("witness", function, dtype, seed), FUNCTIONS[function], FORMATS[dtype], EVERYTHING)
    return Batch(function, dtype, WITNESS_CLASS, "hunt", inputs.arguments, inputs.parameters, inputs.cotangent)


def discrepancy_of(batch: Batch, kind: str = "beyond bound") -> Discrepancy:
    check = identity_of("kernels", f"kernels.{batch.function}", EAGER, batch, "value").id
    return Discrepancy(
        id=discrepancy_id(check, kind, case_hash(batch, 0)),
        severity="defect",
        kind=kind,
        cause=None,
        function=batch.function,
        backend="kernels",
        version="1.2",
        entry_point=f"kernels.{batch.function}",
        dtype=batch.dtype,
        mode="eager",
        device="cpu",
        quantity="value",
        input_class=WITNESS_CLASS,
        parameters={},
        check=check,
        batch="hunt",
        case="",
        index=(0,),
        inputs={},
        observed="nan:0x7fc00000",
        expected=Expected("0x1p+0", "0x1p+0", "1.0000000000000000000"),
        error_ulps="inf",
        error_bound_ratio="0x1.8p+3",
        explanation="it is wrong — by “much”",
        count=1,
    )


def softmax_batch(dtype: str = "float32") -> Batch:
    logits = np.array([[0.1, -0.0, np.inf, np.nan, -np.inf]]).astype(FORMATS[dtype].numpy_dtype)
    return Batch("softmax", dtype, WITNESS_CLASS, "hunt", (logits,), {"axis": -1}, np.ones_like(logits))


def witness(batch: Batch | None = None) -> Witness:
    batch = softmax_batch() if batch is None else batch
    return witness_of(batch, discrepancy_of(batch))


def arrays_of(batch: Batch) -> tuple[np.ndarray, ...]:
    return (*batch.arguments, batch.cotangent)


def changed(**fields: object) -> bytes:
    raw = json.loads(encode_witness(witness()))
    return json.dumps({**raw, **fields}).encode()


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_witness_replays_the_inputs_bit_by_bit(tmp_path, function, dtype):
    for seed in range(6):
        batch = batch_of(function, dtype, seed)
        file = write_witness(tmp_path, witness(batch))
        replayed = read_witness(file).batch()
        assert (replayed.function, replayed.dtype, replayed.input_class) == (function, dtype, "witness")
        for old, new in zip(arrays_of(batch), arrays_of(replayed), strict=True):
            assert bit_equal(old, new)
        assert replayed.parameters.keys() == batch.parameters.keys()
        for name, value in batch.parameters.items():
            same = replayed.parameters[name]
            assert type(same) is type(value)
            assert bit_equal(value, same) if isinstance(value, np.ndarray) else value == same


def test_special_numbers_survive():
    for dtype in FORMATS:
        batch = softmax_batch(dtype)
        assert bit_equal(decode_witness(encode_witness(witness(batch))).batch().arguments[0], batch.arguments[0])


def test_a_run_gives_the_replayed_failure_the_id_of_the_witness():
    for function in ("softmax", "sigmoid_cross_entropy", "nll_loss"):
        batch = batch_of(function, "float32")
        kept = witness(batch)
        replayed = kept.batch()
        check = identity_of("kernels", f"kernels.{function}", EAGER, replayed, "value").id
        assert discrepancy_id(check, kept.kind, case_hash(replayed, 0)) == kept.id


def test_a_witness_is_written_in_one_step(tmp_path):
    folder = tmp_path / "a" / "b"
    file = write_witness(folder, witness())
    assert file.name == f"{witness().id}.json"
    assert [each.name for each in folder.iterdir()] == [file.name]
    before = file.read_bytes()
    broken = msgspec.structs.replace(witness(), cotangent=witness().arguments["logits"], dtype="float64")
    with pytest.raises(WitnessError):
        write_witness(folder, broken)
    assert [each.name for each in folder.iterdir()] == [file.name]
    assert file.read_bytes() == before
    assert before.decode().startswith('{\n"schema": 1,\n"id": ')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "not a witness"),
        (b"[]", "not a witness"),
        (b"{}", "a witness of schema None"),
        (b"[" * 200_000, "not a witness"),
        (encode_witness(witness())[:-30], "not a witness"),
        (changed(schema=2), "a witness of schema 2, and this release reads schema 1"),
        (changed(schema="1"), "a witness of schema '1'"),
        (changed(more=1), "unknown field"),
        (changed(id="../../etc/passwd"), "regex"),
        (changed(function="softmaxx"), "unknown function 'softmaxx'"),
        (changed(function="sigmoid"), "sigmoid takes x"),
        (changed(dtype="float64"), "the arguments are float32, not float64"),
        (changed(error_ulps=1.5), "Expected `str`"),
        (changed(parameters={"axis": 5}), "axis cannot be 5"),
        (changed(parameters={"axis": -1, "weight": 1}), "softmax does not take weight"),
        (changed(arguments={}), "softmax takes logits"),
        (changed(cotangent={"dtype": "float32", "shape": [1], "values": ["0x1p+0"]}), "the cotangent is float32"),
        (changed(cotangent={"dtype": "float32", "shape": [2], "values": ["0x1p+0"]}), "do not fill the shape"),
        (changed(cotangent={"dtype": "float32", "shape": [1], "values": ["1.5x"]}), "not a hexadecimal float"),
        (changed(cotangent={"dtype": "float8", "shape": [1], "values": ["0x1p+0"]}), "unknown dtype"),
        (changed(cotangent={"dtype": "float32", "shape": [1], "corpus": "x"}), "a reference"),
        (changed(explanation="x" * 70_000), "length"),
    ],
)
def test_what_is_no_witness_is_refused_in_one_line(tmp_path, text, reason):
    file = tmp_path / "w.json"
    file.write_bytes(text)
    with pytest.raises(WitnessError) as refused:
        read_witness(file)
    assert reason in str(refused.value)
    assert str(refused.value).startswith(f"{file}: ")
    assert "\n" not in str(refused.value)


def test_a_damaged_file_costs_a_note_and_not_the_others(tmp_path):
    good = write_witness(tmp_path, witness())
    (tmp_path / "a.json").write_bytes(b"{")
    (tmp_path / "b.json").write_bytes(b" " * (MAX_WITNESS_BYTES + 1))
    (tmp_path / "c.json").mkdir()
    (tmp_path / "d.json").write_bytes(changed(schema=7))
    (tmp_path / "notes.txt").write_text("no witness, and none of ours")
    witnesses, notes = witnesses_in(tmp_path)
    assert [each.id for each in witnesses] == [good.stem]
    assert [Path(note.split(": ")[0]).name for note in notes] == ["a.json", "b.json", "c.json", "d.json"]
    assert f"larger than {MAX_WITNESS_BYTES} bytes" in notes[1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything: run it as another user")
def test_a_file_that_may_not_be_read_costs_a_note(tmp_path):
    write_witness(tmp_path, witness()).chmod(0)
    assert witnesses_in(tmp_path)[0] == []


def test_without_a_folder_there_are_no_witnesses(tmp_path):
    assert witnesses_in(tmp_path / "none") == ([], [])


def hello(*functions: str) -> Hello:
    entries = tuple(EntryPoint(f"kernels.{name}", name, FUNCTIONS[name].keywords, (), ()) for name in functions)
    return Hello(1, "numpy", "1", {}, {}, (EAGER,), ("float32", "float64"), 1, {}, entries)


def request(folder: Path, **asked: object) -> RunRequest:
    return RunRequest(("kernels",), **{"profile": "smoke", "witnesses": folder, **asked})  # type: ignore[arg-type]


def replayed(asked: RunRequest, *functions: str) -> list[Batch]:
    """The batches of witnesses among the sources of a run, which come before all others."""
    listed = sources(asked, {"kernels": hello(*functions)})
    given = [source.given for source in listed if source.given is not None]
    assert [source.given for source in listed[: len(given)]] == given
    assert len(listed) > len(given)
    return given


def test_a_run_takes_the_witnesses_first_and_only_those_it_is_asked_for(tmp_path):
    for function in ("softmax", "sigmoid", "logit"):
        for dtype in ("float32", "float64"):
            write_witness(tmp_path, witness(batch_of(function, dtype)))
    assert len(replayed(request(tmp_path), "softmax", "sigmoid", "logit")) == 6
    assert {batch.function for batch in replayed(request(tmp_path), "softmax", "logit")} == {"softmax", "logit"}
    only = replayed(request(tmp_path, functions=("sigmoid",), dtypes=("float64",)), "softmax", "sigmoid")
    assert [(batch.function, batch.dtype) for batch in only] == [("sigmoid", "float64")]
    assert replayed(replace(request(tmp_path), witnesses=None), "softmax") == []


def test_equal_inputs_are_replayed_once_whatever_they_witness(tmp_path):
    batch = batch_of("softmax", "float32")
    for kind in ("nan", "infinity", "beyond bound"):
        write_witness(tmp_path, witness_of(batch, discrepancy_of(batch, kind)))
    assert len(list(tmp_path.iterdir())) == 3
    assert len(replayed(request(tmp_path), "softmax")) == 1


KERNELS = """
import numpy as np
framework = "numpy"

def softmax(logits, *, axis):
    terms = np.exp(logits - logits.max(axis, keepdims=True))
    right = terms / terms.sum(axis, keepdims=True)
    return np.where((logits == 0.375).any(axis, keepdims=True), right * np.float32(1.25), right)
"""


@pytest.mark.slow
def test_a_run_finds_the_failure_of_a_witness_that_the_corpus_does_not_have(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("kernels.py").write_text(KERNELS)
    command = ["run", "--backend", "kernels.py", "--profile", "smoke", "--dtype", "float32", "--jobs", "1"]
    assert main(command) == 0
    corpus = json.loads(Path("logitproof-report/record.json").read_text())["corpus"]
    logits = np.array([[0.375, 0]], np.float32)
    batch = Batch("softmax", "float32", WITNESS_CLASS, "hunt", (logits,), {"axis": -1}, np.ones_like(logits))
    folder = Path(".logitproof/witnesses")
    write_witness(folder, witness(batch))
    (folder / "damaged.json").write_text("{")
    capsys.readouterr()
    assert main(command) == 1
    record = json.loads(Path("logitproof-report/record.json").read_text())
    assert len(record["corpus"]["given"]) == 1
    assert {**record["corpus"], "given": {}} == corpus
    assert record["checks"][0]["input_class"] == "witness"
    defects = [discrepancy for discrepancy in record["discrepancies"] if discrepancy["severity"] == "defect"]
    assert {discrepancy["input_class"] for discrepancy in defects} == {"witness"}
    assert "damaged.json: not a witness" in capsys.readouterr().err
