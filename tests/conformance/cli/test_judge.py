"""`logitproof judge` and the assertion: results in files, verdict on standard output, wrong files named."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from record_samples import check, discrepancy

from logitproof import ExaminationResult, assert_ok, exact, examine, judge
from logitproof.conformance.cli.main import main

LOGITS = np.array([[1, 2, 3], [-50, 0, 50]], np.float32)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Write x.npz and y.npz into the working folder."""
    monkeypatch.chdir(tmp_path)

    def write(inputs, outputs):
        np.savez("x.npz", **inputs)
        np.savez("y.npz", **outputs)
        return tmp_path

    return write


def _judged(capsys, function, *options):
    status = main(["judge", function, "--inputs", "x.npz", "--outputs", "y.npz", *options])
    return status, capsys.readouterr()


def _refused(capsys, function="softmax", *options):
    status, printed = _judged(capsys, function, *options)
    assert (status, printed.out, printed.err.count("\n")) == (2, "", 1)
    return printed.err


def test_correctly_rounded_results_pass(files, capsys):
    files({"logits": LOGITS}, {"value": exact("softmax", LOGITS).nearest()})
    status, printed = _judged(capsys, "softmax")
    assert status == 0
    assert "PASS: no discrepancy." in printed.out


def test_a_wrong_element_fails_and_is_shown(files, capsys):
    value = exact("softmax", LOGITS).nearest()
    value[0, 1] = 0.25
    files({"logits": LOGITS}, {"value": value})
    status, printed = _judged(capsys, "softmax")
    assert status == 1
    assert "FAIL: 1 defect (1 result)." in printed.out
    assert "returned  0.25" in printed.out
    assert "exact     0.24472847105479765" in printed.out


def test_gradients_keywords_and_bfloat16_come_through_the_files(files, capsys):
    inputs = {"logits": LOGITS.astype(ml_dtypes.bfloat16), "labels": np.array([2, 0])}
    keywords = {"label_smoothing": 0.125, "reduction": "sum"}
    cotangent = np.array(2, ml_dtypes.bfloat16)
    truth = [
        exact("sparse_softmax_cross_entropy", inputs, quantity=quantity, cotangent=cotangent, **keywords).nearest()
        for quantity in ("value", "gradient:logits")
    ]
    given = {**inputs, "label_smoothing": np.float64(0.125), "reduction": np.str_("sum"), "cotangent": cotangent}
    files(given, {"value": truth[0], "gradient_logits": truth[1]})
    status, printed = _judged(capsys, "sparse_softmax_cross_entropy")
    assert status == 0, printed.out
    assert "bfloat16" in printed.out
    truth[1][1, 1] = 1
    files(given, {"value": truth[0], "gradient:logits": truth[1]})
    assert _judged(capsys, "sparse_softmax_cross_entropy")[0] == 1


def test_results_can_be_judged_by_a_stated_deviation(files, capsys):
    files({"probs": np.zeros(3), "labels": np.ones(3)}, {"value": np.full(3, 100.0)})
    assert _judged(capsys, "binary_cross_entropy")[0] == 1
    assert _judged(capsys, "binary_cross_entropy", "--definition", "clamp-log-100")[0] == 0
    assert "no definition 'clamp'" in _refused(capsys, "binary_cross_entropy", "--definition", "clamp")


def test_what_does_not_fit_is_named(files, capsys):
    files({"logits": LOGITS}, {"values": LOGITS})
    assert "softmax has no 'values': outputs may be called value, gradient:logits" in _refused(capsys)
    files({"logits": LOGITS}, {"value": LOGITS})
    assert "sigmoid needs x" in _refused(capsys, "sigmoid")
    files({"logits": LOGITS}, {"gradient_logits": LOGITS})
    assert "cotangent" in _refused(capsys)


def test_a_result_of_the_wrong_shape_is_a_defect(files, capsys):
    files({"logits": LOGITS}, {"value": LOGITS[0]})
    status, printed = _judged(capsys, "softmax")
    assert status == 1
    assert "has shape (3,), not (2, 3)" in printed.out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a .npz file of plain arrays"),
        (b"logits\n1 2 3\n", "not a .npz file of plain arrays"),
        (b"PK\x05\x06" + bytes(18), "holds no arrays"),
    ],
)
def test_a_file_that_is_no_npz_is_named(files, capsys, content, words):
    folder = files({}, {"value": LOGITS})
    (folder / "x.npz").write_bytes(content)
    line = _refused(capsys)
    assert "x.npz" in line
    assert words in line


def test_a_truncated_or_damaged_file_is_named(files, capsys):
    folder = files({"logits": np.arange(1000.0)}, {"value": LOGITS})
    whole = (folder / "x.npz").read_bytes()
    (folder / "x.npz").write_bytes(whole[:-40])
    assert "x.npz: not a .npz file" in _refused(capsys)
    (folder / "x.npz").write_bytes(whole[:300] + b"\xff\xfe" + whole[302:])
    assert "x.npz: not a .npz file" in _refused(capsys)


def test_python_objects_are_never_unpickled(files, capsys):
    files({"logits": np.array([print], dtype=object)}, {"value": LOGITS})
    assert "x.npz: not a .npz file of plain arrays" in _refused(capsys)


def test_a_bare_array_and_a_missing_file_are_named(files, capsys):
    folder = files({"logits": LOGITS}, {"value": LOGITS})
    with (folder / "x.npz").open("wb") as file:
        np.save(file, LOGITS)
    assert "x.npz: not a .npz file" in _refused(capsys)
    (folder / "x.npz").unlink()
    assert "x.npz: No such file or directory" in _refused(capsys)


def test_more_than_can_be_read_is_refused(files, capsys, monkeypatch):
    monkeypatch.setattr("logitproof.conformance.inputs.npz.MAX_BYTES", 100)
    files({"logits": LOGITS}, {"value": LOGITS})
    assert "more than 100 bytes of arrays" in _refused(capsys)


def test_the_assertion_passes_where_nothing_gates():
    assert_ok(judge("softmax", LOGITS, exact("softmax", LOGITS).nearest()))
    assert_ok(ExaminationResult((check(severities={"weakness": 9}),), ()))


def test_the_assertion_shows_the_defects():
    with pytest.raises(AssertionError) as caught:
        assert_ok(judge("softmax", LOGITS, LOGITS))
    text = str(caught.value)
    assert "FAIL: 1 defect" in text
    assert "beyond" in text
    assert "\x1b" not in text


def _shown_again(findings):
    """The source that the assertion shows."""
    with pytest.raises(AssertionError) as caught:
        assert_ok(findings)
    return str(caught.value).partition("for `kernel`:\n\n")[2]


def _softmax(logits, *, axis):
    terms = np.exp(logits - logits.max(axis, keepdims=True))
    return terms / terms.sum(axis, keepdims=True)


def _unshifted(logits, *, axis):
    with np.errstate(over="ignore", invalid="ignore"):
        terms = np.exp(logits)
        return terms / terms.sum(axis, keepdims=True)


def test_what_the_assertion_shows_again_fails_with_the_kernel_and_passes_with_a_right_one():
    source = _shown_again(
        examine(_unshifted, "softmax", framework="numpy", profile="smoke", dtypes=["float32", "float64"])
    )
    with pytest.raises(AssertionError, match="value of given outputs"):
        exec(source, {"kernel": _unshifted})  # noqa: S102 - our own
    exec(source, {"kernel": _softmax})  # noqa: S102 - our own


@pytest.mark.parametrize(
    ("function", "inputs", "quantity", "words"),
    [
        ("softmax", {"logits": LOGITS}, "value", "kernel(logits, axis=-1)"),
        ("softmax", {"logits": LOGITS.T, "axis": 0}, "value", "kernel(logits, axis=-1)"),
        ("softmax", {"logits": LOGITS.astype(ml_dtypes.bfloat16)}, "value", "ml_dtypes.bfloat16)\n"),
        (
            "softmax",
            {"logits": LOGITS, "cotangent": LOGITS},
            "gradient:logits",
            "kernel_vjp(cotangent, logits, axis=-1)",
        ),
        (
            "sparse_softmax_cross_entropy",
            {
                "logits": LOGITS,
                "labels": np.array([0, 2]),
                "weight": np.array([1, 0.5, 2], np.float32),
                "label_smoothing": 0.1,
                "reduction": "mean",
            },
            "value",
            'kernel(logits, labels, axis=-1, label_smoothing=0.1, weight=weight, reduction="mean")',
        ),
        (
            "sigmoid_cross_entropy",
            {"logits": LOGITS, "labels": np.abs(LOGITS) / 64, "pos_weight": np.array([1, 0.5, 2], np.float32)},
            "value",
            "kernel(logits, labels, pos_weight=pos_weight)",
        ),
    ],
)
def test_the_assertion_shows_how_to_call_with_the_smallest_input(function, inputs, quantity, words):
    correct = exact(function, {name: each for name, each in inputs.items() if name != "cotangent"}).nearest()
    wrong = np.full_like(correct if quantity == "value" else inputs["logits"], 7)
    source = _shown_again(judge(function, inputs, {quantity: wrong}))
    assert words in source

    def returns_seven(*arguments, **_):
        logits = arguments[quantity != "value"]
        return np.full((), 7, logits.dtype) if "reduction" in inputs else np.full_like(logits, 7)

    with pytest.raises(AssertionError, match="FAIL: 1 defect"):
        exec(source, {"kernel": returns_seven, "kernel_vjp": returns_seven})  # noqa: S102 - our own


def test_the_assertion_does_not_pass_where_nothing_was_judged():
    with pytest.raises(AssertionError, match="Nothing was examined"):
        assert_ok(ExaminationResult((), ()))
    unsupported = check(status="unsupported", elements=0, severities={})
    with pytest.raises(AssertionError, match="Nothing was examined"):
        assert_ok(ExaminationResult((unsupported,), (discrepancy(unsupported),)))
