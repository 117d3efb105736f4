import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from trifeature.images.png import LARGEST_SIDE, png_side, read_png

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)


def encoded(pixels, mode=None, **how):
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(buffer, "PNG", **how)
    return buffer.getvalue()


def chunk(kind, content):
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def claiming(width, height, bits=8):
    """A PNG file of a few bytes whose header says anything."""
    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    data = zlib.compress(bytes(64))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.fixture
def file(tmp_path):
    return tmp_path / "image.png"


@pytest.mark.parametrize("mode", [None, "RGBA"])
def test_pixels_are_read_as_they_are(file, mode):
    file.write_bytes(encoded(PIXELS, mode))
    assert png_side(file) == 12
    np.testing.assert_array_equal(read_png(file), PIXELS)


@pytest.mark.parametrize("mode", ["L", "P", "1"])
def test_other_kinds_become_rgb(file, mode):
    file.write_bytes(encoded(PIXELS, mode))
    expected = np.asarray(Image.fromarray(PIXELS).convert(mode).convert("RGB"))
    np.testing.assert_array_equal(read_png(file), expected)


GOOD = encoded(PIXELS)
TRANSPARENT = encoded(np.dstack([PIXELS, np.full((12, 12), 200, np.uint8)]))
BAD = {
    "is no PNG file, or is damaged": [b"", b"hello", GOOD[:20], b"GIF89a" + GOOD],
    "is damaged (": [GOOD[:60], GOOD[:40] + b"\0\0\0\0" + GOOD[44:], claiming(12, 12)],
    "is not square: it has 12 × 10 pixels": [encoded(PIXELS[:10])],
    "images of up to 1024 × 1024 are read": [
        claiming(2**31 - 1, 2**31 - 1),
        claiming(LARGEST_SIDE + 1, LARGEST_SIDE + 1),
        claiming(0, 0),
    ],
    "has 16 bits per channel": [claiming(12, 12, 16)],
    "has transparent pixels": [TRANSPARENT],
}


@pytest.mark.parametrize(
    ("expected", "content"), [(text, content) for text, many in BAD.items() for content in many]
)
def test_bad_files_are_one_line(file, expected, content):
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r".") as caught:
        read_png(file)
    assert expected in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_enormous_image_is_never_decoded(file, monkeypatch):
    def decode(*_, **__):
        raise AssertionError("decoded")

    monkeypatch.setattr(Image, "open", decode)
    file.write_bytes(claiming(50_000, 50_000))
    with pytest.raises(ValueError, match="says that it has 50000 × 50000 pixels"):
        read_png(file)


def test_a_second_header_does_not_get_past_the_first(file, monkeypatch):
    """Pillow believes the last one, and would decode what it claims."""
    large = claiming(900, 900)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 12, 12, 8, 2, 0, 0, 0))
    file.write_bytes(large[:8] + header + large[8:])
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("decoded"))
    with pytest.raises(ValueError, match="its headers differ: 12 and 900 pixels") as caught:
        read_png(file)
    assert str(file) in str(caught.value)


def test_a_folder_in_place_of_a_file_keeps_its_own_error(tmp_path):
    with pytest.raises(IsADirectoryError):
        read_png(tmp_path)
