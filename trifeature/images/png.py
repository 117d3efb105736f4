"""PNG files, written, and read with care: the header is judged before anything is decoded."""

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Side in pixels up to which an image is decoded: a few hundred bytes can claim gigabytes.
LARGEST_SIDE = 1024


def png_bytes(pixels: np.ndarray) -> bytes:
    """Pixels uint8 [h, w, 3] as a PNG file."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", compress_level=1)
    return content.getvalue()


def png_side(path: Path) -> int:
    """The side of a square PNG file in pixels, from its header alone.

    Raises:
        ValueError: no PNG file, or an image that is not square, is larger than `LARGEST_SIDE` or
            has more than 8 bits per channel.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        header = file.read(25)
    if header[:8] != _SIGNATURE or header[8:16] != b"\0\0\0\x0dIHDR" or len(header) < 25:
        raise ValueError(f"{path} is no PNG file, or is damaged")
    width, height, bits = struct.unpack(">IIB", header[16:])
    if not 1 <= max(width, height) <= LARGEST_SIDE:
        raise ValueError(
            f"{path} says that it has {width} × {height} pixels; images of up to "
            f"{LARGEST_SIDE} × {LARGEST_SIDE} are read"
        )
    if width != height:
        raise ValueError(f"{path} is not square: it has {width} × {height} pixels")
    if bits > 8:
        raise ValueError(f"{path} has {bits} bits per channel; images of 8 are read")
    return int(width)


def read_png(path: Path) -> np.ndarray:
    """The pixels of a PNG file: uint8 [h, w, 3], RGB.

    Raises:
        ValueError: as :func:`png_side` refuses, a damaged file, or transparent pixels.
        OSError: it cannot be read.
    """
    side = png_side(path)
    content = path.open("rb")  # first, so that an OSError below is Pillow's own
    with content:
        try:
            with Image.open(content, formats=["PNG"]) as image:
                if image.size != (side, side):  # Pillow believes the last header, not the first
                    raise ValueError(f"its headers differ: {side} and {max(image.size)} pixels")
                pixels = np.asarray(image.convert("RGBA"))
        except Exception as error:  # Pillow, zlib and struct each raise kinds of their own
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(f"{path} is damaged ({reason})") from error
    if (pixels[:, :, 3] < 255).any():
        raise ValueError(f"{path} has transparent pixels; what lies behind them is unknown")
    return np.ascontiguousarray(pixels[:, :, :3])
