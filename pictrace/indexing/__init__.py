"""From sources to a catalog: read, decode, extract, store; in threads, batch by batch."""

from __future__ import annotations

from pictrace.indexing.features import Rebuild, build_features, missing_features, outdated_features
from pictrace.indexing.merging import Merge
from pictrace.indexing.pictures import new_picture, original_bytes, read_file
from pictrace.indexing.progress import Failure, Pace, Progress, RefreshProgress
from pictrace.indexing.refresh import LinkChange, Refresh
from pictrace.indexing.run import Indexing

__all__ = [
    "Failure",
    "Indexing",
    "LinkChange",
    "Merge",
    "Pace",
    "Progress",
    "Rebuild",
    "Refresh",
    "RefreshProgress",
    "build_features",
    "missing_features",
    "new_picture",
    "original_bytes",
    "outdated_features",
    "read_file",
]
