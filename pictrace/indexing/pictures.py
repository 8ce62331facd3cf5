"""One picture: its bytes, its pixels within a budget, and all that a catalog keeps of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import NewPicture, Source, digest
from pictrace.errors import ImageError, PicTraceError, SourceError
from pictrace.images import DecodeLimits, ImageInfo, RGBImage, load, probe, thumbnail
from pictrace.metrics.base import Metric

__all__ = ["PixelBudget", "load_within_budget", "new_picture", "original_bytes", "read_file"]


class PixelBudget:
    """Lets threads decode side by side only as long as their pictures together stay within it."""

    def __init__(self, pixels: int) -> None:
        self.pixels = pixels
        self._free = pixels
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        """Wait until there is room; a picture beyond the whole budget is let in when it is alone."""
        pixels = min(pixels, self.pixels)
        with self._changed:
            self._changed.wait_for(lambda: pixels <= self._free)
            self._free -= pixels
        try:
            yield
        finally:
            with self._changed:
                self._free += pixels
                self._changed.notify_all()


DECODING = PixelBudget(96_000_000)
"""Of the whole process. At 10 bytes a pixel (a PNG with alpha, laid on white) it is about 1 GB."""


def load_within_budget(data: bytes, limits: DecodeLimits) -> tuple[ImageInfo, RGBImage]:
    """What the header says, and the picture that all metrics see; ImageError where it is none."""
    info = probe(data, limits)
    # A JPEG is decoded at a fraction of its size; only a progressive one is held whole, as 3 bytes a pixel.
    weight = 0.25 if info.format == "JPEG" else 1.0
    with DECODING.hold(round(info.width * info.height * weight)):
        return info, load(data, limits)


def read_file(path: Path, limits: DecodeLimits) -> bytes:
    """The bytes of a file within the limits; SourceError or ImageError says what is wrong."""
    try:
        if path.exists() and not path.is_file():  # reading from a named pipe would wait for ever
            raise SourceError("It is not a file. Name a picture file.")
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except OSError as error:
        raise SourceError(f"The file cannot be read: {error.strerror or error}.") from error
    if len(data) > limits.max_bytes:
        raise ImageError(
            f"The file is larger than {limits.max_bytes / 1024**2:.3g} MB. Save it smaller, as JPEG for example."
        )
    return data


def new_picture(
    data: bytes, source: Source, metrics: Sequence[Metric], *, keep_original: bool, limits: DecodeLimits
) -> NewPicture:
    """A picture with its thumbnail and all features, ready for a catalog; ImageError where it is none."""
    info, image = load_within_budget(data, limits)
    return NewPicture(
        digest(data),
        info.format,
        info.width,
        info.height,
        len(data),
        thumbnail(image),
        (source,),
        data if keep_original else None,
        {spec: features for metric in metrics for spec, features in metric.kept(metric.extract(image)).items()},
    )


def original_bytes(catalog: Catalog, picture_id: int, limits: DecodeLimits) -> bytes:
    """The picture's own bytes: kept in the catalog, or read from a file that still holds them.

    Raises SourceError where neither does any more.
    """
    kept = catalog.original(picture_id)
    if kept is not None:
        return kept
    record = catalog.pictures([picture_id]).get(picture_id)
    if record is None:
        raise SourceError(f"The catalog holds no picture {picture_id} any more. Add it again.")
    files = [one.address for one in record.sources if one.kind == "file"]
    for address in files:
        try:
            data = read_file(Path(address), limits)
        except PicTraceError:
            continue  # another address may still hold it
        if digest(data) == record.sha256:
            return data
    raise SourceError(
        "The original is not where it was when it was added"
        + (f" ({files[0]})" if files else "")
        + ". Put it back, or add it again."
    )
