"""Pictures that a command was given to look for or to compare."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pictrace.cli._output import warn
from pictrace.errors import ImageError, ModelError, PicTraceError
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.prepare import read_file
from pictrace.metrics import get_metric
from pictrace.metrics.base import Metric
from pictrace.searching.query import Query, needed_metrics, prepare_query
from pictrace.searching.table import Criteria
from pictrace.web.fetch import fetch
from pictrace.web.policy import DownloadPolicy
from pictrace.web.s3 import fetch_s3, is_s3

__all__ = ["query_at", "query_of", "read", "usable_metrics"]


def usable_metrics(criteria: Criteria) -> tuple[Metric, ...]:
    """What these criteria need; ModelError where one of them turns out not to work."""
    metrics = needed_metrics(criteria.weights)
    for name in {name for name, weight in criteria.weights.items() if weight > 0} - {one.name for one in metrics}:
        raise ModelError(get_metric(name).unavailable())
    return metrics


def query_at(address: str, metrics: Sequence[Metric], options: argparse.Namespace) -> Query:
    """The picture of a file or link, ready to be compared; PicTraceError names the address."""
    return query_of(address, read(address), metrics, options)


def query_of(address: str, data: bytes, metrics: Sequence[Metric], options: argparse.Namespace) -> Query:
    """The same of bytes that were read before."""
    try:
        limits = DecodeLimits(apart=_is_link(address))
        query = prepare_query(data, metrics, orientations=not options.no_orientations, limits=limits)
        warn(*(f"{address}: {note}" for note in query.info.notes))
        return query
    except PicTraceError as error:
        raise type(error)(f"{address}: {error}") from error


def read(address: str) -> bytes:
    """The bytes of a file or link, or of standard input for "-"; PicTraceError names the address."""
    if address == "-":
        return _standard_input(DecodeLimits())
    if is_s3(address):
        return fetch_s3(address)
    if _is_link(address):
        return fetch(address, DownloadPolicy.from_environment()).data
    try:
        return read_file(Path(address), DecodeLimits())
    except PicTraceError as error:
        raise type(error)(f"{address}: {error}") from error


def _is_link(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _standard_input(limits: DecodeLimits) -> bytes:
    data = sys.stdin.buffer.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        raise ImageError(f"standard input has more than the {limits.max_bytes:,} bytes allowed: save it smaller")
    return data
