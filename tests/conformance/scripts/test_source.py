"""The source of a script: arrays to the last bit, and texts from anywhere that stay texts."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import replace
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from record_samples import backend, check, discrepancy
from setting_samples import EAGER
from worker_samples import call_batch

from logitproof.conformance.scripts.arrays import SLICED, array_source, storage_of
from logitproof.conformance.scripts.expected import decimal_of, element_of, ulp_exponent
from logitproof.conformance.scripts.of_discrepancy import reproduction_of
from logitproof.conformance.scripts.script import Reproduction, ScriptCall, Target, script_for
from logitproof.conformance.scripts.symptoms import ExpectedElement, NoGradient, Off
from logitproof.conformance.worker.frameworks.registry import framework_named
from logitproof.conformance.worker.layout import laid_out
from logitproof.reference import FORMATS, Status, enclose, format_named

RANDOM = np.random.default_rng(1)


class FakeTensorFlow:
    """As much of TensorFlow as a script needs to hold bfloat16."""

    class bfloat16:  # noqa: N801 - as it is called there
        as_numpy_dtype = ml_dtypes.bfloat16


def _evaluated(source, storage):
    names = {"np": np, "tf": FakeTensorFlow}
    exec(f"{storage.numbers}\n{SLICED}\narray = {source}", names)  # noqa: S102 - our own
    return names["array"]


def _numbers(count, dtype):
    """Numbers of every size, special ones among them, NaN with bits of its own."""
    storage = format_named(dtype).numpy_dtype
    bits = RANDOM.integers(0, 1 << 8 * storage.itemsize, count, np.uint64).astype(f"u{storage.itemsize}")
    array = bits.view(storage)
    array[: min(count, 6)] = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0])[: min(count, 6)].astype(storage)
    return array


def _arrays(dtype):
    numbers = np.arange(-3, 3).astype(np.float64).astype(format_named(dtype).numpy_dtype)
    yield "hex floats", numbers
    yield "a scalar", numbers[:1].reshape(())
    yield "one number over and over", np.full((3, 4), numbers[0])
    yield "one row over and over", np.tile(numbers, (2, 3, 1))
    yield "a special row over and over", np.tile(_numbers(6, dtype), (4, 1))
    yield "long runs", np.repeat(numbers, 40).reshape(-1, 8)
    yield "any bits", _numbers(60, dtype)
    yield "many bits", _numbers(600, dtype).reshape(3, 20, 10)


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_an_array_is_written_to_the_last_bit(dtype, framework):
    storage = storage_of(dtype, framework_named(framework).spelling)
    for what, array in _arrays(dtype):
        for axis in {None, *range(array.ndim)}:
            evaluated = _evaluated(array_source(array, storage, axis), storage)
            assert evaluated.shape == array.shape, what
            assert evaluated.tobytes() == array.tobytes(), what
            assert evaluated.flags.writeable, what


@pytest.mark.parametrize("layout", ["transposed", "sliced"])
@pytest.mark.parametrize("shape", [(6,), (2, 3), (3, 2, 4)])
def test_an_array_lies_in_memory_as_the_worker_lays_it(layout, shape):
    storage = storage_of("float32", framework_named("torch").spelling)
    array = _numbers(int(np.prod(shape)), "float32").reshape(shape)
    evaluated, expected = _evaluated(array_source(array, storage, 0, layout), storage), laid_out(array, layout)
    assert evaluated.tobytes() == array.tobytes()
    assert evaluated.strides == expected.strides


@pytest.mark.parametrize("labels", [[3], [2, 2, 2], [0, -100, 65536], list(range(200))])
def test_labels_are_64_bit_integers_everywhere(labels):
    storage = storage_of("float32", framework_named("torch").spelling)
    evaluated = _evaluated(array_source(np.array(labels, np.int64), storage), storage)
    assert evaluated.dtype == np.int64
    assert evaluated.tolist() == labels


def test_what_repeats_itself_is_written_once():
    storage = storage_of("float32", framework_named("torch").spelling)
    row = np.tile(_numbers(40, "float32"), (50, 1))
    assert len(array_source(row, storage, 1)) < 2000
    assert len(array_source(np.full((300, 300), np.float32(1.5)), storage)) < 100
    assert len(array_source(np.repeat(np.float32([1, 2]), 5000), storage)) < 100


@pytest.mark.parametrize("dtype", FORMATS)
def test_no_line_of_a_long_array_is_longer_than_a_screen(dtype):
    storage = storage_of(dtype, framework_named("torch").spelling)
    for count in (60, 5000):
        source = array_source(_numbers(count, dtype), storage)
        assert max(map(len, source.splitlines())) <= 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.25", "0.25"),
        ("-2.938e-39", "-2.938e-39"),
        ("0", "0"),
        ("0 ± 1.2e-400", "0"),
        ("1.5e-434294481903", "0"),
        ("1.2e+400", None),
        ("-17e399", None),
    ],
)
def test_a_decimal_is_one_that_fractions_read_at_once(text, expected):
    assert decimal_of(text) == expected


@pytest.mark.parametrize(
    "text", ["", "nan", "1;import os", "0x1p+0", "1e999999999999999999999999999999999999999999", "١"]
)
def test_what_is_no_decimal_is_refused(text):
    with pytest.raises(ValueError, match="not a decimal"):
        decimal_of(text)


@pytest.mark.parametrize("dtype", FORMATS)
def test_the_ulp_of_a_decimal_is_the_spacing_of_the_format(dtype):
    fmt = format_named(dtype)
    for number, exponent in [
        (Fraction(0), fmt.quantum_exponent),
        (Fraction(3, 2), 1 - fmt.precision),
        (Fraction(1), -fmt.precision),  # below a power of two floats lie closer
        (-Fraction(5, 8), -fmt.precision),
        (Fraction(fmt.quantum) * 3 / 7, fmt.quantum_exponent),
        (Fraction(fmt.smallest_normal) * 3 / 2, fmt.quantum_exponent),
    ]:
        assert ulp_exponent(fmt, number) == exponent


def test_an_element_has_the_exact_result_and_a_bound_that_good_results_keep():
    batch = call_batch("softmax", "float32", {})
    exact = enclose(batch.call("value"))
    assert (exact.status == Status.FINITE).all()
    numbers = np.ldexp(exact.hi, exact.exponent)
    for index in np.ndindex(numbers.shape):
        element = element_of(batch, "value", index)
        careful = element_of(batch, "value", index, attainable=True)
        assert float(Fraction(element.expected)) == pytest.approx(numbers[index], rel=1e-15)
        assert 1 <= careful.permitted <= element.permitted < 100
        assert (
            Fraction(2) ** element.exponent
            <= Fraction(element.expected) / 2**23
            <= Fraction(2) ** (element.exponent + 1)
        )


def test_elements_of_several_places_are_looked_at_in_one_script():
    batch = call_batch("softmax", "float32", {}, shape=(2, 2))
    elements = tuple(element_of(batch, "value", index) for index in np.ndindex(2, 2))
    calls = tuple(ScriptCall(batch, "torch.softmax", "value", Off(elements, "so much")) for _ in range(2))
    script = script_for(Reproduction("Wrong.", (), Target("torch"), EAGER, calls))
    ast.parse(script)
    assert "# Call 2 of 2" in script
    assert script.count("for index, expected, exponent, permitted in [") == 2
    assert script.count("def ulps_away") == 1


def test_a_script_has_one_dtype_and_known_entry_points():
    calls = [ScriptCall(call_batch("sigmoid", dtype, {}), "torch.sigmoid", "value", NoGradient()) for dtype in FORMATS]
    with pytest.raises(ValueError, match="one dtype"):
        script_for(Reproduction("", (), Target("torch"), EAGER, tuple(calls)))
    with pytest.raises(ValueError, match="no entry point"):
        script_for(Reproduction("", (), Target("torch"), EAGER, (replace(calls[0], entry_point="torch.sgmoid"),)))


HOSTILE = [
    'a quote " and three """ and """" more',
    "''' and \\",
    "a new line\nimport os\r\nos.system('true')\x0b\x0c\x85\u2028import os",
    "\x1b[31mred\x1b[0m \x00 \u202egnihtyna\u202c \ud800",
    "# -*- coding: utf-7 -*- +AGEAYg-",
    "{braces} %s \\N{DIGIT ONE} \\u0031",
    "x" * 70_000,
]


def _skeleton(script):
    """What a script does: its syntax tree without texts."""
    tree = ast.parse(script)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def _module_script(text):
    """The script of a finding of which every text is this one."""
    one = discrepancy(
        check(),
        explanation=text,
        entry_point=text,
        kind=text,
        version=text,
        id=text,
        input_class=text,
        batch=text,
        case=text,
        cause=text,
    )
    target = replace(backend(), target=f"{text[:1000]}.py", version=text, environment={"TF_ENABLE_ONEDNN_OPTS": text})
    return script_for(reproduction_of(one, target))


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_a_record_stay_texts(text):
    script = _module_script(text)
    script.encode()
    assert _skeleton(script) == _skeleton(_module_script("harmless!"))
    assert all(char.isprintable() for char in script.replace("\n", ""))
    for token in tokenize.generate_tokens(io.StringIO(script).readline):
        if token.type not in (tokenize.STRING, tokenize.COMMENT):
            assert "system" not in token.string


@pytest.mark.parametrize("text", HOSTILE)
def test_an_entry_point_that_is_none_of_the_frameworks_makes_no_script(text):
    with pytest.raises(ValueError, match="no entry point"):
        script_for(reproduction_of(discrepancy(check(), entry_point=text), backend()))


@pytest.mark.parametrize(
    ("name", "value", "is_kept"),
    [
        ("TF_ENABLE_ONEDNN_OPTS", "0", True),
        ("ONEDNN_MAX_CPU_ISA", "AVX2", True),
        ("TF_ENABLE_ONEDNN_OPTS", "0\nimport os", False),
        ("LD_PRELOAD", "evil.so", False),
        ("XLA_FLAGS", "--xla_dump_to=/etc", False),
        ("PYTHONPATH", "here", False),
    ],
)
def test_only_switches_of_numerical_libraries_reach_a_script(name, value, is_kept):
    reproduction = reproduction_of(discrepancy(check()), replace(backend(), environment={name: value}))
    assert reproduction.environment == ({name: value} if is_kept else {})
    assert (f'os.environ["{name}"] = "{value}"' in script_for(reproduction)) == is_kept


def test_an_element_without_ulps_is_written_as_python_reads_it():
    element = ExpectedElement((0,), "0.5", ("0x1p-1", "0x1p-1"), -25, 1.0)
    source = Off((element,), "so much").source("float32")
    ast.parse(source)
    assert "permitted = 1.0" in source
