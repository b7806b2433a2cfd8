"""The bytes between parent and worker."""

from __future__ import annotations

import io

import ml_dtypes
import numpy as np
import pytest

from logitproof.conformance.backends.protocol import ProtocolError, from_wire, read_answer, read_hello, to_wire
from logitproof.conformance.worker.layout import LAYOUTS, laid_out
from logitproof.conformance.worker.wire import (
    PREFIX,
    PROTOCOL,
    Array,
    WireError,
    array_of,
    decode,
    encode,
    read_message,
    write_message,
)

DTYPES = ["bool", "int64", "uint8", "float16", "bfloat16", "float32", "float64", "complex64"]


def _sent_and_read(header, arrays):
    stream = io.BytesIO()
    write_message(stream, header, arrays)
    stream.seek(0)
    return read_message(stream)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 1, 5)])
def test_an_array_arrives_as_it_was_sent(dtype, shape):
    storage = np.dtype(ml_dtypes.bfloat16) if dtype == "bfloat16" else np.dtype(dtype)
    sent = np.random.default_rng(0).integers(0, 2, shape).astype(storage)
    _, [array] = _sent_and_read({}, [to_wire(sent)])
    received = from_wire(array)
    assert (received.dtype, received.shape, received.tobytes()) == (sent.dtype, sent.shape, sent.tobytes())


def test_every_bit_of_a_nan_and_the_sign_of_zero_arrive():
    patterns = np.array([0x7FC00001, 0xFFC00000, 0x7F800001, 0x80000000], np.uint32).view(np.float32)
    _, [array] = _sent_and_read({}, [to_wire(patterns)])
    assert from_wire(array).tobytes() == patterns.tobytes()


def test_arrays_that_are_not_contiguous_or_not_little_endian_arrive_by_value():
    wide = np.arange(12.0).reshape(3, 4)
    _, arrays = _sent_and_read({}, [array_of(wide.T), array_of(wide[:, ::2]), array_of(wide.astype(">f8"))])
    for array, expected in zip(arrays, (wide.T, wide[:, ::2], wide), strict=True):
        np.testing.assert_array_equal(from_wire(array), expected)


def test_a_dtype_that_the_wire_lacks_travels_as_float64_under_its_own_name():
    if np.dtype(np.longdouble) == np.dtype(np.float64):
        pytest.skip("a long double is a double here: run it on Linux on x86-64")
    _, [array] = _sent_and_read({}, [array_of(np.longdouble(0.5))])
    assert array.dtype == np.dtype(np.longdouble).name
    assert array.data == np.float64(0.5)


def test_two_messages_in_a_row_are_told_apart():
    stream = io.BytesIO()
    for number in (1, 2):
        write_message(stream, {"number": number}, [array_of(np.full(number, number))])
    stream.seek(0)
    for number in (1, 2):
        header, [array] = read_message(stream)
        assert header["number"] == number
        assert array.data.tolist() == [number] * number
    assert read_message(stream) is None


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (b"not JSON", b""),
        (b"[]", b""),
        (b"{}", b""),
        (b'{"arrays": [{"dtype": "float32"}]}', b""),
        (b'{"arrays": [{"dtype": "object", "shape": [1]}]}', b"12345678"),
        (b'{"arrays": [{"dtype": "float32", "shape": [-1]}]}', b""),
        (b'{"arrays": [{"dtype": "float32", "shape": "2"}]}', b""),
        (b'{"arrays": [{"dtype": "float32", "shape": [1]}]}', b"123"),
        (b'{"arrays": [{"dtype": "float32", "shape": [1]}]}', b"12345"),
    ],
)
def test_what_is_no_message_is_refused(text, body):
    with pytest.raises(WireError):
        decode(text, bytearray(body))


def test_the_prefix_counts_the_header_and_the_body():
    prefix, *rest = encode({"message": "x"}, [array_of(np.zeros(3, np.float32))])
    assert PREFIX.unpack(prefix) == (len(rest[0]), 12)


def test_equal_arrays_are_equal_bit_for_bit():
    zero, nan = np.zeros(1, np.float32), np.array([np.nan], np.float32)
    assert array_of(nan).equals(array_of(nan.copy()))
    assert not array_of(zero).equals(array_of(-zero))
    assert not array_of(zero).equals(array_of(zero.astype(np.float64)))
    assert not array_of(zero).equals(array_of(zero.reshape(1, 1)))
    assert not Array("bfloat16", np.zeros(1, np.uint16)).equals(Array("uint16", np.zeros(1, np.uint16)))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4)])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_a_layout_moves_the_numbers_and_changes_none(layout, shape, dtype):
    data = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    placed = laid_out(data, layout)
    np.testing.assert_array_equal(placed, data)
    assert placed.dtype == data.dtype
    assert not np.shares_memory(placed, data)


def test_the_layouts_of_a_matrix_differ_in_memory():
    data = np.zeros((3, 4), np.float32)
    assert laid_out(data, "contiguous").strides == (16, 4)
    assert laid_out(data, "transposed").strides == (4, 12)
    assert laid_out(data, "sliced").strides == (36, 8)


def test_what_lies_between_the_elements_of_a_slice_is_nan():
    placed = laid_out(np.zeros((2, 3), np.float16), "sliced")
    neighbours = np.lib.stride_tricks.as_strided(placed, shape=(6,), strides=(2,))[1::2]
    assert np.isnan(neighbours).all()


def test_an_unknown_layout_is_refused_by_name():
    with pytest.raises(ValueError, match="diagonal"):
        laid_out(np.zeros(1), "diagonal")


@pytest.mark.parametrize("header", [{}, {"message": "outputs"}, {"message": "hello"}, {"message": "error"}])
def test_an_answer_with_parts_missing_is_refused(header):
    with pytest.raises(ProtocolError):
        read_answer(header, [])
    with pytest.raises(ProtocolError):
        read_hello(header)


HELLO = {
    "message": "hello", "protocol": PROTOCOL, "framework": "numpy", "version": "1", "build": {}, "cpu": {},
    "settings": [{"mode": "eager", "device": "cpu"}], "dtypes": ["float32"], "threads": None, "environment": {},
}  # fmt: skip
ENTRY = {"name": "f", "function": "sigmoid", "keywords": [], "differentiable": [], "deviations": []}


def test_an_entry_point_is_read_strictly():
    (entry,) = read_hello({**HELLO, "entry_points": [ENTRY]}).entry_points
    assert (entry.name, entry.function, entry.signature) == ("f", "sigmoid", None)
    for key, value in (("name", 3), ("keywords", "axis"), ("function", "sofmax"), ("deviations", [{}])):
        with pytest.raises(ProtocolError, match="the hello is not complete"):
            read_hello({**HELLO, "entry_points": [{**ENTRY, key: value}]})


def test_an_output_that_points_at_a_result_that_is_not_there_is_refused():
    output = {"quantity": "value", "run": "repeat", "same_as": "plain", "array": None}
    header = {"message": "outputs", "outputs": [output], "missing": [], "modified": [], "errors": []}
    with pytest.raises(ProtocolError):
        read_answer(header, [])
