"""Pictures that a command was given to look for or to compare."""

from __future__ import annotations

import argparse
from pathlib import Path

from pictrace.download import DownloadPolicy, fetch
from pictrace.errors import PicTraceError
from pictrace.images import DecodeLimits
from pictrace.indexing import read_file
from pictrace.s3 import fetch_s3, is_s3
from pictrace.search import Query, prepare_query

__all__ = ["query_at", "query_of", "read"]


def query_at(address: str, options: argparse.Namespace) -> Query:
    """The picture of a file or link, ready to be compared; PicTraceError names the address."""
    return query_of(address, read(address), options)


def query_of(address: str, data: bytes, options: argparse.Namespace) -> Query:
    """The same of bytes that were read before."""
    try:
        return prepare_query(data, orientations=not options.no_orientations)
    except PicTraceError as error:
        raise type(error)(f"{address}: {error}") from error


def read(address: str) -> bytes:
    """The bytes of a file or link; PicTraceError names the address."""
    if is_s3(address):
        return fetch_s3(address)
    if address.lower().startswith(("http://", "https://")):
        return fetch(address, DownloadPolicy.from_environment()).data
    try:
        return read_file(Path(address), DecodeLimits())
    except PicTraceError as error:
        raise type(error)(f"{address}: {error}") from error
