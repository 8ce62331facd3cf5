"""A whole catalog for other programs: its features as numpy arrays, its list as a table."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import IO, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import PictureRecord, Source
from pictrace.escape import for_csv
from pictrace.features import FeatureSpec
from pictrace.metrics import all_metrics
from pictrace.metrics.base import Metric
from pictrace.output.documents import metadata_columns

__all__ = ["write_features", "write_list"]

PICTURES_AT_ONCE = 500
MAX_COLUMNS = 200
COLUMNS = ("id", "sha256", "title", "kind", "source", "format", "width", "height", "bytes", "added_at")
OTHER = "other metadata"


def write_features(catalog: Catalog, stream: BinaryIO, metrics: Sequence[Metric] | None = None) -> dict[str, int]:
    """All features of these metrics, and their sketches, as one .npz file; pictures by feature key.

    For each feature key there are the arrays ``KEY/ids`` (n,) int64, ascending; ``KEY/rows``
    (total, ...) as in the metric's layout; and ``KEY/offsets`` (n + 1,) int64: picture i owns
    rows[offsets[i]:offsets[i + 1]]. No rows mean "not comparable". ``numpy.load(..., allow_pickle=False)``
    reads them. The state of one moment, in bounded memory, while others write; the stream need not be seekable.
    """
    written: dict[str, int] = {}
    with catalog.at_one_moment() as frozen, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        counts = frozen.feature_counts()
        for metric in all_metrics() if metrics is None else metrics:
            if metric.unavailable() and not counts.get(metric.feature_key):
                continue
            sketch = metric.sketch_spec
            made = dict.fromkeys([metric.spec, *([sketch] if sketch is not None else [])])
            for spec in frozen.keeping.kept(made):
                written[spec.key] = _write_spec(frozen, archive, spec)
    return written


def _write_spec(catalog: Catalog, archive: zipfile.ZipFile, spec: FeatureSpec) -> int:
    ids, counts = catalog.row_counts(spec)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    for name, array in (("ids", ids), ("offsets", offsets)):
        with archive.open(f"{spec.key}/{name}.npy", "w", force_zip64=True) as file:
            _write_header(file, array.dtype, array.shape)
            file.write(array.tobytes())
    with archive.open(f"{spec.key}/rows.npy", "w", force_zip64=True) as file:
        _write_header(file, spec.layout.dtype, (int(offsets[-1]), *spec.layout.row_shape))
        for start in range(0, len(ids), PICTURES_AT_ONCE):
            file.write(spec.layout.pack(catalog.fetch(ids[start : start + PICTURES_AT_ONCE], spec).rows))
    return len(ids)


def _write_header(file: IO[bytes], dtype: np.dtype[np.generic], shape: tuple[int, ...]) -> None:
    """Of numpy's format; the array's bytes follow in pieces, as it need not fit into memory."""
    np.lib.format.write_array_header_1_0(
        file, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )


def write_list(
    catalog: Catalog, stream: BinaryIO, told: Callable[[PictureRecord], PictureRecord] = lambda record: record
) -> int:
    """The list as CSV in UTF-8: one line for each address of a picture, one column for each metadata name.

    The names in the order of how many addresses have them; beyond 200 they share a last column, as JSON.
    Text that a spreadsheet would run is quoted. It can be indexed again as a table. Returns the number of
    lines below the heading; consistent and bounded as write_features is.

    Parameters
    ----------
    told
        What is told of a picture, where that is not all.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text, lineterminator="\n")
        with catalog.at_one_moment() as frozen:
            ids = frozen.ids()
            counted = Counter(
                name for record in _records(frozen, ids) for source in record.sources for name in source.metadata
            )
            ordered = sorted(counted, key=lambda name: (-counted[name], name))
            names, others = ordered[:MAX_COLUMNS], frozenset(ordered[MAX_COLUMNS:])
            own = [*COLUMNS, *([OTHER] if others else [])]
            writer.writerow([*COLUMNS, *metadata_columns(names, own), *([OTHER] if others else [])])
            lines = 0
            for record in _records(frozen, ids):
                for source in told(record).sources or (Source("", ""),):
                    writer.writerow(_line(record, source, names, others))
                    lines += 1
    finally:
        text.detach()  # the stream is the caller's to close
    return lines


def _records(catalog: Catalog, ids: NDArray[np.int64]) -> Iterator[PictureRecord]:
    for start in range(0, len(ids), PICTURES_AT_ONCE):
        yield from catalog.pictures(int(one) for one in ids[start : start + PICTURES_AT_ONCE]).values()


def _line(record: PictureRecord, source: Source, names: Sequence[str], others: frozenset[str]) -> list[str | int]:
    line: list[str | int] = [record.id, record.sha256.hex(), for_csv(source.title), source.kind]
    line += [for_csv(source.address), record.format, record.width, record.height, record.byte_count]
    line += [record.added_at, *(for_csv(source.metadata.get(name, "")) for name in names)]
    if others:
        line.append(json.dumps({name: value for name, value in source.metadata.items() if name in others}))
    return line
