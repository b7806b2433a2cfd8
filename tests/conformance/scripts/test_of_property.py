"""`logitproof reproduce` for broken properties: the script runs away from logitproof, and tells broken from mended."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from logitproof.conformance.cli.main import main
from logitproof.conformance.scripts.of_property import Apart, RowEntry

CORRECT = """
import numpy as np
framework = "numpy"

def softmax(logits, *, axis):
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
"""
# The last entry of a row is off by more than its neighbours explain.
WRONG = CORRECT.replace("    return e /", "    e[..., -1:] *= np.asarray(1.0625, e.dtype)\n    return e /")


def _record(folder, *properties):
    options = [word for name in properties for word in ("--property", name)]
    main(
        ["run", "--backend", str(folder / "kernels.py"), *options, "--dtype", "float32", "--output", str(folder / "r")]
    )
    return json.loads((folder / "r" / "record.json").read_text(encoding="utf-8"))


def _script(folder, number):
    target = folder / "finding.py"
    assert main(["reproduce", number, "--record", str(folder / "r"), "--output", str(target)]) == 0
    return target


def _executed(script):
    return subprocess.run([sys.executable, "-I", str(script)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "name", ["softmax-ratio", "softmax-repeated-class", "softmax-equal-logits", "shift-invariance"]
)
def test_the_script_of_a_broken_property_ends_with_1_until_it_is_mended(tmp_path, name, capsys):
    (tmp_path / "kernels.py").write_text(WRONG, encoding="utf-8")
    record = _record(tmp_path, name)
    if name == "shift-invariance":  # the wrong factor is the same on both sides
        assert record["discrepancies"] == []
        return
    (discrepancy,) = record["discrepancies"]
    script = _script(tmp_path, discrepancy["id"])
    assert "logitproof" not in script.read_text(encoding="utf-8").split('"""')[2].replace(str(tmp_path), "")
    broken = _executed(script)
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "the discrepancy is there" in broken.stdout
    (tmp_path / "kernels.py").write_text(CORRECT, encoding="utf-8")
    mended = _executed(script)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert "the discrepancy is gone" in mended.stdout
    capsys.readouterr()


@pytest.mark.framework("torch")
@pytest.mark.slow
@pytest.mark.parametrize("name", ["logsumexp-gradient", "logsumexp-gradient-sum"])
def test_the_script_shows_a_property_that_a_real_framework_breaks(tmp_path, name, capsys):
    report = tmp_path / "r"
    main(["run", "--backend", "torch", "--property", name, "--output", str(report)])
    record = json.loads((report / "record.json").read_text(encoding="utf-8"))
    assert record["discrepancies"]
    for discrepancy in record["discrepancies"][:4]:
        outcome = _executed(_script(tmp_path, discrepancy["id"]))
        assert outcome.returncode == 1, (discrepancy["dtype"], outcome.stdout + outcome.stderr)
    capsys.readouterr()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda record: record["discrepancies"][0]["inputs"].clear(), "are not those of softmax-ratio"),
        (
            lambda record: [each.update(property="softmax-rattle") for each in record["properties"]],
            "did you mean 'softmax-ratio'?",
        ),
        (
            lambda record: record["tables"]["arrays"].__setitem__(
                record["discrepancies"][0]["inputs"]["x"], {"dtype": "float32", "shape": [1], "values": ["inf"]}
            ),
            "not in the domain",
        ),
    ],
)
def test_a_record_that_was_tampered_with_is_one_clear_line(tmp_path, capsys, change, words):
    (tmp_path / "kernels.py").write_text(WRONG, encoding="utf-8")
    record = _record(tmp_path, "softmax-ratio")
    (discrepancy,) = record["discrepancies"]
    change(record)
    (tmp_path / "r" / "record.json").write_text(json.dumps(record), encoding="utf-8")
    capsys.readouterr()
    assert main(["reproduce", discrepancy["id"], "--record", str(tmp_path / "r")]) == 2
    line = capsys.readouterr().err
    assert words in line
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    ("relation", "observed", "there"),
    [
        ("ratio", [0.5, 0.25], False),
        ("ratio", [0.5, 0.26], True),
        ("ratio", [1.0, 0.5], False),  # whatever the row was normalised by
        ("difference", [0.0, 0.5], False),
        ("difference", [7.0, 7.5], False),
        ("difference", [7.0, 7.625], True),
    ],
)
def test_entries_of_a_row_are_compared_with_the_leading_one(relation, observed, there):
    symptom = Apart((RowEntry((1,), (0,), "0.5", 2.0**-30, 2.0**-30),), relation)
    source = (
        "from fractions import Fraction\nis_there = False\n" + symptom.helper("float32") + symptom.source("float32")
    )
    names = {"observed": np.array(observed, np.float32)}
    exec(compile(source, "script", "exec"), names)  # noqa: S102 - the script is our own
    assert names["is_there"] is there
