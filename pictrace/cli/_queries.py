"""Pictures that a command was given to look for or to compare."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pictrace.cli._commands import limits_of, policy_within
from pictrace.cli._output import warn
from pictrace.errors import ImageError, ModelError, PicTraceError
from pictrace.images.pages import page_at, page_of, pages_told, without_page
from pictrace.images.reading import DecodeLimits
from pictrace.indexing.prepare import read_file
from pictrace.metrics import get_metric
from pictrace.metrics.base import Metric
from pictrace.searching.query import Query, needed_metrics, prepare_query
from pictrace.searching.table import Criteria
from pictrace.web.fetch import fetch
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
    return query_of(address, read(address, options), metrics, options)


def query_of(address: str, data: bytes, metrics: Sequence[Metric], options: argparse.Namespace) -> Query:
    """The same of bytes that were read before."""
    try:
        limits = replace(limits_of(options), apart=_is_link(address))
        query = prepare_query(data, metrics, orientations=not options.no_orientations, limits=limits)
        warn(*(f"{address}: {note}" for note in query.info.notes))
        return query
    except PicTraceError as error:
        raise type(error)(f"{address}: {error}") from error


def read(address: str, options: argparse.Namespace) -> bytes:
    """The bytes of a file or link, or of standard input for "-"; PicTraceError names the address.

    Of a document or an animation it is the first page, which is told, or the one that the address names ("#page=2").
    """
    limits = limits_of(options)
    file, name = without_page(address), page_of(address)
    try:
        if address == "-":
            data = _standard_input(limits)
        elif is_s3(address):
            data = fetch_s3(file, policy_within(limits))
        elif _is_link(address):
            data = fetch(file, policy_within(limits)).data
        else:
            data = read_file(Path(file), limits)
        if name:
            return page_at(data, name)
    except PicTraceError as error:
        if str(error).startswith(file):
            raise
        raise type(error)(f"{address}: {error}") from error
    if told := pages_told(data):
        warn(f"{address}: {told}")
    return data


def _is_link(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _standard_input(limits: DecodeLimits) -> bytes:
    data = sys.stdin.buffer.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        raise ImageError(
            f"standard input has more than the {limits.max_bytes:,} bytes allowed: save it smaller, or allow more by "
            "--max-bytes"
        )
    return data
