"""What a catalog keeps of its pictures: all, or so little that a small database holds many pictures.

It is chosen before the first picture is added, and stays. What is left out is "not comparable"; what is kept gives the
very scores of a catalog that keeps all.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from pictrace.features import FeatureSpec
from pictrace.told import told

__all__ = ["COMPACT", "FULL", "HEAD_BYTES", "Keeping", "packed", "unpacked", "unpacked_length"]

HEAD_BYTES = 4
MAX_BYTES = 4 * 1024**2  # of one picture's features of one kind
SKETCH = "-sketch"  # how the keys of sketches end, whatever the metric


@dataclass(frozen=True)
class Keeping:
    """What is kept; by default all, as it is.

    Attributes
    ----------
    left_out : tuple of str
        Names of metrics without features here, ascending.
    packed : bool
        Whether features are compressed, without loss, and sketches made of them again when they are read.
    thumbnail_px : int
        Long side of the thumbnails; 0 where they stay as they are brought.
    originals : bool
        Whether the bytes of uploads and links are.
    """

    left_out: tuple[str, ...] = ()
    packed: bool = False
    thumbnail_px: int = 0
    originals: bool = True

    def leaves_out(self, key: str) -> bool:
        """Whether features of this key are not kept: those of a metric that is left out, and sketches."""
        return key.partition("-")[0] in self.left_out or (self.packed and key.endswith(SKETCH))

    def kept(self, specs: Iterable[FeatureSpec]) -> list[FeatureSpec]:
        """Those of these kinds that are."""
        return [one for one in specs if not self.leaves_out(one.key)]

    @property
    def text(self) -> str:
        """As it stands in a catalog; nothing where all is kept."""
        return json.dumps(asdict(self)) if self != FULL else ""

    @classmethod
    def of_text(cls, text: str | None) -> Keeping:
        """The inverse; ValueError where it is none, as a stranger's catalog may have it."""
        if not text:
            return FULL
        match json.loads(text):
            case {
                "left_out": list(names),
                "packed": bool(is_packed),
                "thumbnail_px": int(size),
                "originals": bool(kept),
            }:
                return cls(tuple(sorted(map(str, names))), is_packed, size, kept)
        raise ValueError(f"{text[:80]!r} does not say what a catalog keeps")


FULL = Keeping()
COMPACT = Keeping(("histogram", "orb", "ssim"), packed=True, thumbnail_px=128, originals=False)
"""Less than 25 KB a picture. The gray squares of SSIM take 31 KB at least, whatever packs them, and the keypoints of
ORB find little that those of SIFT do not; the histogram says least of what is left."""


def packed(data: bytes) -> bytes:
    """Features for a catalog that packs them: how many bytes they are, in four, and these compressed."""
    return len(data).to_bytes(HEAD_BYTES, "little") + zlib.compress(data, 9) if data else b""


def unpacked_length(head: bytes) -> int:
    """How many bytes there are in what begins so."""
    return int.from_bytes(head[:HEAD_BYTES], "little")


def unpacked(data: bytes) -> bytes:
    """The inverse of ``packed``; ValueError where it is damaged, or more than features can be."""
    if not data:
        return b""
    length = unpacked_length(data)
    if length > MAX_BYTES:
        raise ValueError(told("{length:,} bytes are more than one picture's features", length=length))
    try:
        found = zlib.decompressobj().decompress(data[HEAD_BYTES:], length + 1)
    except zlib.error as error:
        raise ValueError(told("they cannot be unpacked: {error}", error=error)) from error
    if len(found) != length:
        raise ValueError(told("{found:,} bytes were packed, not {length:,}", found=len(found), length=length))
    return found
