"""Floats as text: nothing is lost, and what is no number is refused."""

from __future__ import annotations

import numpy as np
import pytest

from logitproof.reference import FORMATS
from logitproof.reports import array_record, array_value, bit_equal, float_from, hex_of, scalar_from, shortest_decimal


def _every_number(name: str) -> np.ndarray:
    return np.arange(1 << 16, dtype=np.uint16).view(FORMATS[name].numpy_dtype)


def _random_numbers(name: str, count: int) -> np.ndarray:
    dtype = FORMATS[name].numpy_dtype
    bits = np.random.Philox(20).random_raw(count).astype(f"u{dtype.itemsize}")
    return bits.view(dtype)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_every_16_bit_number_survives_the_way_to_text_and_back(name):
    numbers = _every_number(name)
    returned = np.array([scalar_from(hex_of(number), name) for number in numbers], numbers.dtype)
    assert bit_equal(returned, numbers)


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_random_bits_survive_the_way_to_text_and_back(name):
    numbers = _random_numbers(name, 5000)
    returned = np.array([scalar_from(hex_of(number), name) for number in numbers], numbers.dtype)
    assert bit_equal(returned, numbers)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0x1p-1"),
        (-1.5, "-0x1.8p+0"),
        (0.1, "0x1.999999999999ap-4"),
        (0.0, "0x0p+0"),
        (-0.0, "-0x0p+0"),
        (float("inf"), "inf"),
        (np.float32("-inf"), "-inf"),
        (np.float32("nan"), "nan:0x7fc00000"),
        (np.float16("nan"), "nan:0x7e00"),
        (5e-324, "0x0.0000000000001p-1022"),
    ],
)
def test_numbers_are_written_as_float_hex_and_nan_by_its_bits(value, text):
    assert hex_of(value) == text


@pytest.mark.parametrize("text", ["nan", "", "0x", "one", "nan:0x", "nan:0xfff_", "nan:7fc0", "0x1p99999"])
def test_text_that_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match=r"hexadecimal|by its bits"):
        float_from(text)


def test_a_number_that_the_format_does_not_have_is_refused():
    with pytest.raises(ValueError, match="not a number of float16"):
        scalar_from((0.1).hex(), "float16")
    with pytest.raises(ValueError, match="too many bits"):
        scalar_from("nan:0x7fc00000", "float16")


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_the_shortest_decimal_of_every_16_bit_number_rounds_back_to_it(name):
    numbers = [number for number in _every_number(name) if np.isfinite(float(number))]
    for number in numbers:
        with np.errstate(over="ignore"):
            back = np.array(float(shortest_decimal(number, FORMATS[name]))).astype(FORMATS[name].numpy_dtype)
        assert bit_equal(back, np.asarray(number))


def test_the_shortest_decimal_of_float32_is_the_one_that_numpy_prints():
    numbers = [number for number in _random_numbers("float32", 2000) if np.isfinite(number)]
    for number in numbers:
        ours = shortest_decimal(number, FORMATS["float32"])
        numpys = np.format_float_scientific(number, unique=True, trim="-")
        digits = [text.lstrip("-").partition("e")[0].replace(".", "").strip("0") for text in (ours, numpys)]
        assert len(digits[0]) == len(digits[1])


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (65,), (5, 13), (4097,)])
@pytest.mark.parametrize("name", [*FORMATS, "int64"])
def test_arrays_survive_the_way_into_a_record_and_back(name, shape):
    size = int(np.prod(shape))
    array = np.arange(size) if name == "int64" else _random_numbers(name, size)
    array = array.reshape(shape)
    returned = array_value(array_record(array))
    assert returned is not None
    assert bit_equal(returned, array)


def test_arrays_are_readable_up_to_64_elements_bytes_up_to_4096_and_references_beyond():
    forms = {n: array_record(np.zeros(n), corpus="softmax/wide") for n in (64, 65, 4096, 4097)}
    assert [forms[n].values is not None for n in forms] == [True, False, False, False]
    assert [forms[n].data is not None for n in forms] == [False, True, True, False]
    assert forms[4097].corpus == "softmax/wide"
    assert array_value(forms[4097]) is None


def test_bytes_are_little_endian_whatever_the_machine_stores():
    big = np.arange(100, dtype=">f4")
    assert array_record(big).data == np.arange(100, dtype="<f4").tobytes().hex()
