"""Pickles of arrays read back exactly; anything that could run code is refused and not run."""

import codecs
import collections
import fractions
import os
import pickle
import struct

import numpy as np
import pytest

from interaction_probes.datasets.readers.restricted_pickle import read_plain_pickle

CONTENT = {
    "floats": np.arange(12.0).reshape(3, 4),
    "fortran": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
    "big_endian": np.arange(4, dtype=">f4"),
    "booleans": np.array([True, False]),
    "texts": np.array(["ä", "bcd"]),
    "bytes": np.array([b"ab", b"c"]),
    "objects": np.array(["one", 2, None, b"x"], dtype=object),
    "nothing": np.zeros((0, 3), dtype=np.uint8),
    "scalar": np.float64(1.5),
    "plain": {"list": [1, 2.5, "text", b"\xff\x00", b"", None, True], "tuple": (2**70, "x")},
}


def read(tmp_path, data):
    path = tmp_path / "file.pkl"
    path.write_bytes(data)
    return read_plain_pickle(path)


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_and_plain_values_read_back(tmp_path, protocol):
    found = read(tmp_path, pickle.dumps(CONTENT, protocol=protocol))
    assert list(found) == list(CONTENT)
    for key, value in CONTENT.items():
        if isinstance(value, np.ndarray):
            assert found[key].dtype == value.dtype
            np.testing.assert_array_equal(found[key], value)
        else:
            assert found[key] == value
            assert type(found[key]) is (float if key == "scalar" else type(value))
    assert not found["floats"].flags.writeable


def test_names_of_numpy_before_its_second_version(tmp_path):
    data = pickle.dumps(CONTENT["floats"], protocol=2)
    assert b"numpy._core.multiarray" in data
    old = data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    np.testing.assert_array_equal(read(tmp_path, old), CONTENT["floats"])


def test_an_array_of_python_2(tmp_path):
    """Its bytes are a text of the pickle, and so is the code of its type."""
    data = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
    data += b"(I1\n(I2\ntcnumpy\ndtype\n(S'f4'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\n"
    data += b"S'\\x00\\x00\\x80?\\x00\\x00\\x00\\xc0'\ntb."
    assert read(tmp_path, data).tolist() == [1, -2]


class Calls:
    """What would call a function where it is unpickled."""

    def __init__(self, function, *given):
        self.function, self.given = function, given

    def __reduce__(self):
        return self.function, self.given


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (lambda crater: Calls(os.mkdir, crater), "posix.mkdir"),
        (lambda crater: {"a": [Calls(eval, f"open({crater!r}, 'w')")]}, r"builtin\w*\.eval"),
        (lambda crater: Calls(getattr, "x", "y"), r"builtin\w*\.getattr"),
        (lambda crater: Calls(np.load, crater), "numpy.load"),
        (lambda crater: Calls(np.memmap, crater), "numpy.memmap"),
        (lambda crater: Calls(np.fromfile, crater), "numpy.*fromfile"),
        (lambda crater: Calls(codecs.encode, "x", "zip"), "another encoding than latin1"),
        (lambda crater: collections.OrderedDict(a=1), "collections.OrderedDict"),
        (lambda crater: fractions.Fraction(1, 2), "fractions.Fraction"),
        (lambda crater: {1, 2}, r"has a set|builtin\w*\.set"),
        (lambda crater: 1j, r"builtin\w*\.complex"),
        (lambda crater: bytearray(b"x"), r"builtin\w*\.bytearray|a bytearray"),
        (lambda crater: np.ndarray, "a function or a class"),
        (lambda crater: np.dtype("f4"), "the type of no array"),
        (lambda crater: np.array([1j]), "type 'c16'"),
        (lambda crater: np.zeros(2, [("a", "f4")]), "type 'V4'"),
        (lambda crater: np.array(["2020"], dtype="M8[s]"), "type 'M8'"),
        (lambda crater: np.array([Calls(os.mkdir, crater)], dtype=object), "posix.mkdir"),
        (lambda crater: np.array([{1}], dtype=object), r"has a set|builtin\w*\.set"),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_anything_else_is_refused_and_not_run(tmp_path, content, expected, protocol):
    crater = str(tmp_path / "crater")
    data = pickle.dumps(content(crater), protocol=protocol)
    with pytest.raises(ValueError, match=expected) as caught:
        read(tmp_path, data)
    assert "\n" not in str(caught.value)
    assert not os.path.exists(crater)


def cyclic():
    found = []
    found.append(found)
    return found


def doubled():
    """2**60 values, if each that is named twice were converted twice."""
    found = ["x"]
    for _ in range(15):
        found = [found, found, found, found]
    return found


def test_containers_in_containers(tmp_path):
    with pytest.raises(ValueError, match="nested more than 20 times"):
        read(tmp_path, pickle.dumps(cyclic()))
    found = read(tmp_path, pickle.dumps(doubled()))
    assert found[0] is found[3]


def state(dtype, shape, data, fortran=False):
    """A pickle of an array whose parts do not fit together."""
    text = b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n"
    text += shape + b"cnumpy\ndtype\n(S'" + dtype + b"'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
    return text + (b"I01\n" if fortran else b"I00\n") + data + b"tb."


@pytest.mark.parametrize(
    "data",
    [
        state(b"f8", b"(I4\nt", b"S'\\x00'\n"),
        state(b"f8", b"(I-1\nt", b"S'\\x00'\n"),
        state(b"O8", b"(I2\nt", b"S'aaaaaaaabbbbbbbb'\n"),
        state(b"O8", b"(I2\nt", b"(lNa"),
        state(b"f8", b"(I1\nt", b"(lNa"),
        state(b"f99", b"(I1\nt", b"S'\\x00'\n"),
        # an attribute of a function of the reader is set
        b"cnumpy\ndtype\n}S'x'\nI1\nsb.",
        b"cnumpy\ndtype\n(N}S'_make'\nNstb.",
        # an attribute of the type of an array is set
        b"cnumpy\ndtype\n(S'f8'\ntRN}S'code'\nNs\x86b.",
        # a reference out of the file
        b"Pname\n.",
        # a class is made without being called
        b"\x80\x02cnumpy\nndarray\n)\x81.",
        b"",
        b"no pickle",
        pickle.dumps(CONTENT)[:-40],
        b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.",
    ],
)
def test_what_is_made_up_or_damaged_is_one_line(tmp_path, data):
    with pytest.raises(ValueError, match=r"the pickle has|no pickle that can be read") as caught:
        read(tmp_path, data)
    assert "\n" not in str(caught.value)


def test_the_made_up_ones_fail_for_what_is_wrong_in_them(tmp_path):
    found = read(
        tmp_path, state(b"f8", b"(I1\nt", b"S'\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00'\n")
    )
    assert found.tolist() == [0]
    assert read(tmp_path, state(b"O8", b"(I2\nt", b"(lNaI1\na")).tolist() == [None, 1]
