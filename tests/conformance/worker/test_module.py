"""A user's module as a backend: the contract of a call, and what comes back."""

from __future__ import annotations

import numpy as np
import pytest
from worker_samples import ROWS, SOFTMAX, TORCH, answer_of, call_batch, module, softmax_batch

from logitproof.conformance.backends.client import Worker, parse_backend
from logitproof.reference import function_named

VJP = """
def softmax_vjp(cotangent, logits, *, axis):
    p = softmax(logits, axis=axis)
    return (p * (cotangent - (p * cotangent).sum(axis, keepdims=True)),)
"""

# What a module offers


def test_only_what_a_module_defines_is_offered(tmp_path):
    with Worker.start(module(tmp_path, SOFTMAX + "def helper(x): return x\n")) as worker:
        [entry] = worker.hello.entry_points
    assert (entry.name, entry.function, entry.keywords) == ("softmax", "softmax", ("axis",))


@pytest.mark.framework("torch")
def test_a_keyword_that_the_signature_lacks_is_unsupported(tmp_path):
    source = (
        TORCH + "def softmax_cross_entropy(logits, labels, *, axis, weight=None): return (logits * labels).sum(axis)"
    )
    batch = call_batch("softmax_cross_entropy", "float32", {"label_smoothing": 0.125})
    failure = answer_of(module(tmp_path, source), batch).failure
    assert failure.kind == "unsupported"
    assert "label_smoothing" in failure.message


def test_the_dtypes_that_a_module_declares_unsupported_are_told(tmp_path):
    source = SOFTMAX + "unsupported = {'softmax': ['float16', 'float64']}\n"
    with Worker.start(module(tmp_path, source)) as worker:
        [entry] = worker.hello.entry_points
    assert entry.unsupported_in("float16").reason == "declared unsupported"
    assert entry.unsupported_in("float32") is None


def test_what_a_call_raises_is_never_taken_for_the_worker_s_own_word(tmp_path):
    source = SOFTMAX + (
        "def softmax(logits, *, axis):\n"
        "    from logitproof_worker.evaluate import UnsupportedError\n"
        "    raise UnsupportedError('nothing to see here')\n"
    )
    failure = answer_of(module(tmp_path, source)).failure
    assert (failure.kind, failure.type) == ("error", "UnsupportedError")


@pytest.mark.parametrize(
    ("framework", "call", "dtype", "kind"),
    [
        ("torch", "torch.special.erfcx(logits)", "float16", "not implemented"),
        ("torch", "torch.special.erfcx(logits)", "bfloat16", "not implemented"),
        ("torch", "torch.special.erfcx(logits.half())", "float32", "error"),
        ("torch", "torch.exp(logits.long() << logits)", "float32", "error"),
        ("numpy", "numpy.linalg.inv(logits[:, :2])", "float16", "not implemented"),
        ("numpy", "numpy.linalg.inv(logits[0])", "float32", "error"),
        ("tensorflow", "tensorflow.math.zeta(logits, logits)", "float16", "not implemented"),
        ("tensorflow", "tensorflow.math.ndtri(logits)", "bfloat16", "not implemented"),
        (
            "tensorflow",
            "tensorflow.cast(tensorflow.math.ndtri(tensorflow.cast(logits, 'half')), 'float32')",
            "float32",
            "error",
        ),
    ],
)
def test_a_framework_s_own_word_that_it_has_no_kernel_for_the_dtype_is_believed(tmp_path, framework, call, dtype, kind):
    source = f"import {framework}\nframework = '{framework}'\ndef softmax(logits, *, axis): return {call}\n"
    assert answer_of(module(tmp_path, source), softmax_batch(ROWS, dtype)).failure.kind == kind


@pytest.mark.framework("torch")
def test_only_the_framework_s_own_kind_of_exception_is_believed(tmp_path):
    source = (
        TORCH + """def softmax(logits, *, axis): raise ValueError("\\"my_kernel\\" not implemented for 'Half'")\n"""
    )
    assert answer_of(module(tmp_path, source), softmax_batch(ROWS, "float16")).failure.kind == "error"


@pytest.mark.parametrize(
    "signature", ["logits, labels, *, axis, **options", "logits, labels, axis, label_smoothing=0.0", "*args, **kwargs"]
)
def test_keywords_are_read_from_the_signature(tmp_path, signature):
    source = f"framework = 'numpy'\ndef softmax_cross_entropy({signature}): return 0.0\n"
    with Worker.start(module(tmp_path, source)) as worker:
        [entry] = worker.hello.entry_points
    every = set(function_named("softmax_cross_entropy").keywords)
    assert set(entry.keywords) == (every if "**" in signature else {"axis", "label_smoothing"})


@pytest.mark.framework("torch")
def test_a_call_gets_positional_arguments_and_only_the_keywords_that_were_given(tmp_path):
    source = TORCH + (
        "def sparse_softmax_cross_entropy(*args, **kwargs):\n"
        "    logits, labels = args\n"
        "    assert sorted(kwargs) == ['axis', 'ignore_index', 'weight'], kwargs\n"
        "    assert labels.dtype == torch.int64 and kwargs['weight'].dtype == logits.dtype == torch.bfloat16\n"
        "    assert type(kwargs['ignore_index']) is int and type(kwargs['axis']) is int\n"
        "    return torch.nn.functional.cross_entropy(\n"
        "        logits, labels, kwargs['weight'], reduction='none', ignore_index=kwargs['ignore_index'])\n"
    )
    batch = call_batch("sparse_softmax_cross_entropy", "bfloat16", {"weight": np.ones(4), "ignore_index": 2})
    weight = batch.parameters["weight"].astype(batch.cotangent.dtype)
    batch = type(batch)(**{**vars(batch), "parameters": {**batch.parameters, "weight": weight}})
    answer = answer_of(module(tmp_path, source), batch, batch.spec.quantities)
    assert answer.failure is None
    assert not answer.errors


@pytest.mark.framework("torch")
def test_only_the_argument_whose_gradient_is_asked_for_requires_it(tmp_path):
    source = TORCH + (
        "def kl_divergence(labels, probs, *, axis):\n"
        "    if torch.is_grad_enabled():\n"
        "        assert labels.requires_grad != probs.requires_grad\n"
        "    else:\n"
        "        assert not labels.requires_grad and not probs.requires_grad\n"
        "    return (labels * (labels / probs).log()).sum(axis)\n"
    )
    batch = call_batch("kl_divergence", "float64", {})
    answer = answer_of(module(tmp_path, source), batch, batch.spec.quantities)
    assert not answer.errors
    assert [output.run for output in answer.of("value")] == ["plain", "repeat", "recorded", "recorded:probs"]
    assert [output.run for output in answer.of("gradient:probs")] == ["recorded", "repeat"]


def test_the_siblings_of_a_file_and_packages_of_the_folder_can_be_imported(tmp_path, monkeypatch):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "sibling.py").write_text(SOFTMAX, encoding="utf-8")
    source = "from sibling import softmax\nframework = 'numpy'\n"
    assert answer_of(module(tmp_path, source)).failure is None
    (tmp_path / "package" / "kernels.py").write_text(SOFTMAX, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    spec = parse_backend("package.kernels")
    assert spec.name == "package.kernels"
    assert answer_of(spec).failure is None


@pytest.mark.framework("torch")
@pytest.mark.parametrize("layout", ["transposed", "sliced"])
def test_a_layout_reaches_the_module_in_every_dtype(tmp_path, layout):
    source = TORCH + (
        "def softmax(logits, *, axis):\n"
        f"    assert not logits.is_contiguous() and (logits.stride(0) == 1) is ({layout!r} == 'transposed')\n"
        "    return torch.softmax(logits, axis)\n"
    )
    expected = np.exp(ROWS) / np.exp(ROWS).sum(1, keepdims=True)
    with Worker.start(module(tmp_path, source)) as worker:
        for dtype in ("float16", "bfloat16", "float32", "float64"):
            answer = worker.evaluate(softmax_batch(ROWS, dtype, layout), "softmax", ["value", "gradient:logits"])
            assert answer.failure is None
            assert not answer.errors
            # A few roundings of at most 2^-8 each; the wrong element would be off by its neighbour's value.
            np.testing.assert_allclose(answer.outputs[0].array.astype(float), expected, atol=2.0**-5)


# Gradients


def test_numpy_has_gradients_only_through_its_vjp(tmp_path):
    with_gradient = answer_of(module(tmp_path, SOFTMAX + VJP), quantities=["value", "gradient:logits"])
    assert [output.run for output in with_gradient.of("gradient:logits")] == ["recorded", "repeat"]
    with Worker.start(module(tmp_path, SOFTMAX)) as worker:
        assert worker.hello.entry_points[0].differentiable == ()
        answer = worker.evaluate(softmax_batch(ROWS), "softmax", ["value", "gradient:logits"])
    assert answer.of("value")
    [error] = answer.errors
    assert (error.quantity, error.failure.kind) == ("gradient:logits", "unsupported")


def test_a_vjp_returns_one_gradient_for_each_real_argument(tmp_path):
    source = """
    import numpy as np
    framework = "numpy"
    def kl_divergence(labels, probs, *, axis):
        return (labels * np.log(labels / probs)).sum(axis)
    def kl_divergence_vjp(v, labels, probs, *, axis):
        v = np.expand_dims(v, axis)
        return v * (np.log(labels / probs) + 1), None
    """
    batch = call_batch("kl_divergence", "float64", {})
    answer = answer_of(module(tmp_path, source), batch, batch.spec.quantities)
    assert answer.of("gradient:labels")
    assert answer.missing == ("gradient:probs",)


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_a_gradient_that_does_not_come_is_missing(tmp_path, framework):
    cut = {"torch": "logits.detach().softmax(axis)", "tensorflow": "tf.stop_gradient(tf.nn.softmax(logits, axis))"}
    imports = {"torch": "import torch", "tensorflow": "import tensorflow as tf"}
    source = f"{imports[framework]}\nframework = {framework!r}\ndef softmax(logits, *, axis): return {cut[framework]}\n"
    answer = answer_of(module(tmp_path, source), quantities=["value", "gradient:logits"])
    assert answer.missing == ("gradient:logits",)
    assert len(answer.of("value")) == 3
    assert not answer.of("gradient:logits")


@pytest.mark.framework("torch")
def test_a_value_that_depends_on_recording_is_seen(tmp_path):
    source = TORCH + "def softmax(logits, *, axis): return torch.softmax(logits, axis) + logits.requires_grad * 0.5\n"
    answer = answer_of(module(tmp_path, source), quantities=["value"])
    first, repeat, recorded = answer.of("value")
    assert (repeat.same_as, recorded.same_as) == ("plain", None)
    np.testing.assert_array_equal(recorded.array, first.array + np.float32(0.5))


@pytest.mark.framework("torch")
def test_a_gradient_that_raises_does_not_take_the_value_with_it(tmp_path):
    source = TORCH + (
        "class Fails(torch.autograd.Function):\n"
        "    @staticmethod\n"
        "    def forward(ctx, x): return x.softmax(-1)\n"
        "    @staticmethod\n"
        "    def backward(ctx, g): raise NotImplementedError('no backward')\n"
        "def softmax(logits, *, axis): return Fails.apply(logits)\n"
    )
    answer = answer_of(module(tmp_path, source), quantities=["value", "gradient:logits"])
    assert answer.of("value")
    [error] = answer.errors
    assert (error.quantity, error.failure.type, error.failure.message) == (
        "gradient:logits",
        "NotImplementedError",
        "no backward",
    )


# What comes back


def test_results_are_told_apart_bit_for_bit(tmp_path):
    source = SOFTMAX + (
        "calls, kept = [], softmax\n"
        "def softmax(x, *, axis):\n"
        "    calls.append(1)\n"
        "    return kept(x, axis=axis) + np.float32(len(calls) - 1)\n"
    )
    first, repeat = answer_of(module(tmp_path, source)).of("value")
    assert repeat.same_as is None
    assert (repeat.array == first.array + 1).all()


@pytest.mark.parametrize(
    ("result", "dtype", "shape"),
    [
        ("np.float64(0.5)", "float64", ()),
        ("0.5", "float64", ()),
        ("logits.astype(np.float64)", "float64", (2, 3)),
        ("logits[0]", "float32", (3,)),
        ("logits.astype(np.complex64)", "complex64", (2, 3)),
        ("logits > 0", "bool", (2, 3)),
    ],
)
def test_dtype_and_shape_are_told_as_they_are(tmp_path, result, dtype, shape):
    source = f"import numpy as np\nframework = 'numpy'\ndef softmax(logits, *, axis): return {result}\n"
    output = answer_of(module(tmp_path, source)).outputs[0]
    assert (output.dtype, output.array.shape) == (dtype, shape)


@pytest.mark.parametrize("result", ["None", "'text'", "[0.5, 0.5]", "{}", "object()", "np.array([None])"])
def test_what_is_neither_a_tensor_nor_a_number_is_a_type_error(tmp_path, result):
    source = f"import numpy as np\nframework = 'numpy'\ndef softmax(logits, *, axis): return {result}\n"
    failure = answer_of(module(tmp_path, source)).failure
    assert (failure.kind, failure.type) == ("error", "TypeError")


@pytest.mark.parametrize("framework", ["torch", "numpy"])
def test_a_modified_input_is_named_and_restored_for_the_next_call(tmp_path, framework):
    compute = {
        "torch": "torch.softmax(logits, axis)",
        "numpy": "np.exp(logits) / np.exp(logits).sum(axis, keepdims=True)",
    }
    imports = {"torch": "import torch", "numpy": "import numpy as np"}
    source = (
        f"{imports[framework]}\nframework = {framework!r}\n"
        f"def softmax(logits, *, axis):\n    p = {compute[framework]}\n    logits *= 2\n    return p\n"
    )
    answer = answer_of(module(tmp_path, source))
    assert answer.modified == ("logits",)
    _, repeat = answer.of("value")[:2]
    assert repeat.same_as == "plain"


@pytest.mark.framework("torch")
def test_a_modified_weight_is_named(tmp_path):
    source = TORCH + (
        "def nll_loss(log_probs, labels, *, axis, weight):\n"
        "    weight += 1\n"
        "    return -log_probs.gather(1, labels[:, None])[:, 0]\n"
    )
    batch = call_batch("nll_loss", "float32", {"weight": np.ones(4, np.float32)})
    assert answer_of(module(tmp_path, source), batch).modified == ("weight",)
