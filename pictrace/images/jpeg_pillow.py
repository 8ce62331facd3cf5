"""What OpenCV does not do for a JPEG: say whether one without its end is whole, and give CMYK as it is stored.

By Pillow, which decodes with the same library, keeps its warnings to itself, and gets no metadata to read.
"""

from __future__ import annotations

import hashlib
import io
import struct
import threading

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from pictrace.errors import ImageError

__all__ = ["END", "decode_plainly", "is_whole_but_for_its_end"]

END = b"\xff\xd9"

# Beginning with all kinds of bits, as a few may happen to mean what zeros mean.
_NOISES = tuple(
    bytes([first]) + hashlib.sha512(bytes([first])).digest().replace(b"\xff", b"\x5a")
    for first in (0x2D, 0x6B, 0x9C, 0xD2)
)
_RESTARTS = [bytes([0xFF, marker]) for marker in range(0xD0, 0xD8)]
_ALL_COEFFICIENTS = frozenset(range(64))
_FAILURES = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, MemoryError, struct.error)

_ONE_AT_A_TIME = threading.Lock()  # whole pictures are decoded, however small the one that is wanted


def is_whole_but_for_its_end(data: bytes, scans: list[bytes], components: int, divisor: int) -> bool:
    """Whether a JPEG without an end marker (EOI) has all its rows.

    scans: the scan headers (SOS segments). divisor: as for decode_plainly; 8 is several times as fast, and looks at
    the mean of each block, which a progressive JPEG has early in its file, any other one everywhere.

    It is decoded with the end marker put behind it, and with several kinds of noise before that: where samples are
    missing, zeros or noise take their place, and the pictures differ. The noise goes on after each restart marker,
    as what is missing may begin with one. A scan that is missing as a whole is seen by the headers. What goes
    unnoticed are the last few bytes, where they hold nothing that can be seen.
    """
    if not _has_all_scans(scans, components):
        return False
    data = data.rstrip(b"\xff")  # the beginning of the end marker, or of the next
    found = [data.rfind(one) for one in _RESTARTS]
    due = found.index(max(found)) + 1 if max(found) >= 0 else 0
    restarts = [*_RESTARTS[due:], *_RESTARTS[:due]]  # one out of turn would be taken for damage
    with _ONE_AT_A_TIME:
        try:
            plain = _digest(data + END, divisor)
            return all(_digest(data + noise.join([b"", *restarts, END]), divisor) == plain for noise in _NOISES)
        except ImageError:
            return False


def decode_plainly(data: bytes, divisor: int = 1) -> Image.Image:
    """A JPEG in its own mode (L, RGB or CMYK; the latter taken as inverted), neither turned nor converted.

    divisor: 1, 2, 4 or 8; the size is divided by it, and rounded up. Raises ImageError.
    """
    try:
        image = JpegImageFile(io.BytesIO(data))
        if divisor > 1:
            image.draft(image.mode, (max(1, image.width // divisor), max(1, image.height // divisor)))
        image.load()
    except _FAILURES as error:
        raise ImageError(f"the JPEG is damaged or unusual ({error}): save the picture again") from error
    return image


def _digest(data: bytes, divisor: int) -> bytes:
    return hashlib.sha256(decode_plainly(data, divisor).tobytes()).digest()


def _has_all_scans(scans: list[bytes], components: int) -> bool:
    """Whether every coefficient of every component has come, to its last bit (ITU-T T.81, B.2.3 and G.1.1.1)."""
    there: dict[int, set[int]] = {}
    for header in scans:
        count = header[0] if header else 0
        if len(header) != 4 + 2 * count:
            return False
        first, last, bits = header[-3:]
        if bits & 15 == 0:
            for component in header[1:-3:2]:
                there.setdefault(component, set()).update(range(first, last + 1))
    return len(there) == components and all(one >= _ALL_COEFFICIENTS for one in there.values())
