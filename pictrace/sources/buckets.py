"""Buckets of S3 and folders in them."""

from __future__ import annotations

from pictrace.sources.base import MAX_ROWS, Item, Listing, Skipped, names_a_picture
from pictrace.sources.kinds import SourceKind
from pictrace.told import told
from pictrace.web.s3 import is_s3, list_s3

__all__ = ["KIND", "read_bucket"]


def read_bucket(address: str, *, max_keys: int = MAX_ROWS) -> Listing:
    """The pictures of a bucket, or of a folder in it, by their names; or one object that is named like a picture.

    A folder may be written without the slash at its end. Objects are read when they are wanted.

    Raises
    ------
    DownloadError
        Where the bucket cannot be listed, or where there are more than ``max_keys`` objects.
    """
    key = address.partition("//")[2].partition("/")[2]
    if names_a_picture(key):
        return Listing((Item.of_s3(address),))
    if key and not key.endswith("/"):
        address += "/"
    return Listing.of(
        Item.of_s3(one) if names_a_picture(one) else Skipped(one, told("Its name does not end like a picture's."))
        for one in list_s3(address, max_keys=max_keys)
    )


KIND = SourceKind(
    "a bucket of S3 (s3://…)",
    lambda address, _: read_bucket(address),
    is_alike=lambda glimpse: is_s3(glimpse.address),
    order=90,
)
