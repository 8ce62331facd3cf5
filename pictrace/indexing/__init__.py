"""From sources to a catalog: read, decode, extract, store; in threads, batch by batch."""

from __future__ import annotations

from pictrace.indexing.features import build_features
from pictrace.indexing.pictures import new_picture, original_bytes, read_file
from pictrace.indexing.progress import Failure, Pace, Progress, RefreshProgress
from pictrace.indexing.refresh import LinkChange, Refresh
from pictrace.indexing.run import Indexing

__all__ = [
    "Failure",
    "Indexing",
    "LinkChange",
    "Pace",
    "Progress",
    "Refresh",
    "RefreshProgress",
    "build_features",
    "new_picture",
    "original_bytes",
    "read_file",
]
