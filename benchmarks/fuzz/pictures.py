"""Small pictures of all formats and of the many ways to write them, to be damaged."""

from __future__ import annotations

import importlib
import importlib.util
import io
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms

__all__ = ["sound_pictures"]

_SIDES = (75, 61)


def sound_pictures() -> dict[str, list[bytes]]:
    """Files by format; each format has many variants."""
    if importlib.util.find_spec("pillow_heif"):
        importlib.import_module("pillow_heif").register_heif_opener()
    found: dict[str, list[bytes]] = {}
    for name, mode, options in _variants():
        file = io.BytesIO()
        try:
            _drawn(mode).save(file, name, **options)
        except (OSError, ValueError, KeyError, RuntimeError):
            continue  # this Pillow cannot write it
        found.setdefault(name, []).append(file.getvalue())
    return found


def _drawn(mode: str) -> Image.Image:
    width, height = _SIDES
    rng = np.random.default_rng(5)
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    levels = np.stack([across * 3, down * 4, (across + down) % 64 * 4, across * 2 + 50], axis=2)
    levels = np.clip(levels + rng.integers(0, 30, levels.shape), 0, 255).astype(np.uint8)
    if mode == "I;16":
        return Image.fromarray(levels[..., 0].astype(np.uint16) * 257)
    image = Image.fromarray(levels)
    return image if mode == "RGBA" else image.convert("RGB").convert(mode)


def _variants() -> Iterator[tuple[str, str, dict[str, object]]]:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a description"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    about: dict[str, object] = {"exif": exif.tobytes(), "icc_profile": srgb}
    more = {"save_all": True, "append_images": [_drawn("RGB").rotate(180), _drawn("RGB").rotate(90)]}
    for mode in ("RGB", "L", "CMYK"):
        yield "JPEG", mode, {"quality": 80}
        yield "JPEG", mode, {"quality": 30, "progressive": True, **about}
        yield "JPEG", mode, {"quality": 95, "subsampling": 0, "restart_marker_blocks": 3}
    for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"):
        yield "PNG", mode, {}
        yield "PNG", mode, {**about, "compress_level": 1}
    yield "PNG", "L", {"transparency": 7}
    yield "PNG", "RGB", {"transparency": (7, 7, 7)}
    yield "PNG", "P", {"transparency": bytes(range(256)), "icc_profile": profile}
    yield "PNG", "RGB", more
    for mode in ("RGB", "RGBA"):
        yield "WEBP", mode, {"quality": 60}
        yield "WEBP", mode, {"lossless": True, **about}
        yield "AVIF", mode, {"quality": 60, "speed": 10}
        yield "HEIF", mode, {"quality": 60}
    yield "WEBP", "RGB", more
    yield "AVIF", "L", {"speed": 10, **about}
    yield "AVIF", "RGB", {"speed": 10, "subsampling": "4:4:4", **more}
    yield "HEIF", "RGB", about
    yield "HEIF", "L", {}
    for mode in ("P", "L", "1"):
        yield "GIF", mode, {"interlace": 1}
        yield "GIF", mode, {"interlace": 0, "transparency": 3}
        yield "BMP", mode, {}
    yield "GIF", "RGB", more
    yield "BMP", "RGB", {}
    yield "BMP", "RGBA", {}
    for mode in ("RGB", "RGBA", "L", "P", "1", "I;16", "CMYK", "LAB"):
        yield "TIFF", mode, {}
        for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4", "tiff_ccitt", "zstd"):
            yield "TIFF", mode, {"compression": compression}
    yield "TIFF", "RGB", {"big_tiff": True, **about}
    yield "TIFF", "RGB", {"compression": "tiff_lzw", **more}
    yield "TIFF", "RGB", {"tiffinfo": {322: 32, 323: 32}, "compression": "tiff_lzw"}
