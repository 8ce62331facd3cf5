"""HEIC and HEIF files, by the optional package pillow-heif."""

from __future__ import annotations

import importlib

from PIL.ImageFile import ImageFile

from pictrace.errors import ImageError
from pictrace.told import told

__all__ = ["heif_reader"]

THREADS: int | None = None
"""How many may decode one picture; None leaves it to the package."""


def heif_reader() -> type[ImageFile]:
    """What reads a HEIC file, as Pillow's own readers do; ImageError where the package is missing.

    Mirroring, turning and cropping (imir, irot, clap of ISO/IEC 23008-12) are done when it is decoded, and the
    size is that of the upright picture. The orientation in its EXIF block repeats them, so it is not applied.
    """
    try:
        package = importlib.import_module("pillow_heif")
    except ImportError as error:
        raise ImageError(
            told(
                "this is a HEIC picture: save it as JPEG or PNG, or add the package that reads it "
                '(pip install "pictrace[heic]")'
            )
        ) from error
    if THREADS is not None:
        package.options.DECODE_THREADS = THREADS
    reader: type[ImageFile] = package.HeifImageFile
    return reader
