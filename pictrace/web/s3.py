"""Objects of Amazon S3, or of whatever speaks its protocol (MinIO, Ceph, R2), by the optional package botocore.

Credentials, region and endpoint come from where every AWS tool has them: the environment (AWS_PROFILE,
AWS_ENDPOINT_URL …), ~/.aws, single sign-on, the role of the machine. Without credentials, or with
PICTRACE_S3_ANONYMOUS=1, requests are not signed, which public buckets allow. Whoever passes addresses of
strangers on must ask check_s3_allowed first: they would be read with the owner's credentials.
"""

from __future__ import annotations

import functools
import os
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pictrace.errors import DownloadError, RefusedError
from pictrace.escape import for_message
from pictrace.told import told
from pictrace.web.policy import DownloadPolicy

__all__ = ["ALLOW_VARIABLE", "ANONYMOUS_VARIABLE", "check_s3_allowed", "copy_s3", "fetch_s3", "is_s3", "list_s3"]

ALLOW_VARIABLE = "PICTRACE_S3"
ANONYMOUS_VARIABLE = "PICTRACE_S3_ANONYMOUS"

DEFAULT_POLICY = DownloadPolicy()
CHUNK_BYTES = 64 * 1024
PAGE_KEYS = 1000  # the protocol's own limit
POOL = 16
_SCHEME = "s3://"
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}")
_MAX_KEY_BYTES = 1024
_ADVICE = {
    "NoSuchKey": told("There is no such object. Check the address."),
    "NoSuchBucket": told("There is no such bucket. Check the address, and AWS_ENDPOINT_URL where it is not Amazon's."),
    "AccessDenied": told(
        "Access is denied. Check the credentials (AWS_PROFILE), or set PICTRACE_S3_ANONYMOUS=1 for a public bucket."
    ),
    "InvalidAccessKeyId": told("The access key is not known there. Check the credentials (AWS_PROFILE)."),
    "SignatureDoesNotMatch": told("The secret key does not fit. Check the credentials (AWS_PROFILE)."),
    "ExpiredToken": told("The credentials have expired. Log in again."),
}
_ADVICE |= {"404": _ADVICE["NoSuchKey"], "403": _ADVICE["AccessDenied"]}


def is_s3(text: str) -> bool:
    """Whether it is an address of S3, as in s3://bucket/key."""
    return text[: len(_SCHEME)].lower() == _SCHEME


def check_s3_allowed() -> None:
    """Raise RefusedError unless the owner lets everybody read what the server's credentials open."""
    if os.environ.get(ALLOW_VARIABLE, "") != "1":
        raise RefusedError(
            told(
                "Addresses of S3 are not read here, as that would be done with the credentials of this server. Upload "
                "the picture; the owner may allow them with {variable}=1.",
                variable=ALLOW_VARIABLE,
            )
        )


def fetch_s3(address: str, policy: DownloadPolicy = DEFAULT_POLICY) -> bytes:
    """The bytes of one object. Callable from any thread.

    Parameters
    ----------
    address
        As in s3://bucket/folder/cat.jpg.
    policy
        Its ``max_bytes``, ``read_timeout_s`` and ``total_timeout_s`` hold here too.

    Raises
    ------
    DownloadError
        Where it names no object, cannot be read, or is too large or too slow.
    """
    bucket, key = _split(address)
    if not key or key.endswith("/"):
        raise DownloadError(
            told("{address} names no object but a folder. Name a picture in it.", address=for_message(address))
        )
    end = time.monotonic() + policy.total_timeout_s
    data = bytearray()
    with _failing_clearly(address):
        answer = _client(policy).get_object(Bucket=bucket, Key=key)
        with closing(answer["Body"]) as body:
            too_large = answer.get("ContentLength", 0) > policy.max_bytes
            while not too_large and (chunk := body.read(CHUNK_BYTES)):
                data += chunk
                too_large = len(data) > policy.max_bytes
                if time.monotonic() > end:
                    raise DownloadError(
                        told(
                            "{address} took over {seconds:g} s. Try again later.",
                            address=for_message(address),
                            seconds=policy.total_timeout_s,
                        )
                    )
    if too_large:
        raise DownloadError(
            told(
                "{address} is larger than {most:.3g} MB. Use a smaller picture.",
                address=for_message(address),
                most=policy.max_bytes / 2**20,
            )
        )
    return bytes(data)


def copy_s3(address: str, target: Path, *, known: str = "", policy: DownloadPolicy = DEFAULT_POLICY) -> str | None:
    """Write an object into a file, whatever its size, and return its ETag; None where that is the one that is known.

    Raises
    ------
    DownloadError
        Where it names no object, or cannot be read.
    """
    bucket, key = _split(address)
    with _failing_clearly(address):
        client = _client(policy)
        if known and client.head_object(Bucket=bucket, Key=key).get("ETag") == known:
            return None
        answer = client.get_object(Bucket=bucket, Key=key)
        with closing(answer["Body"]) as body, target.open("wb") as file:
            while chunk := body.read(CHUNK_BYTES):
                file.write(chunk)
        return str(answer.get("ETag", ""))


def list_s3(address: str, *, max_keys: int, policy: DownloadPolicy = DEFAULT_POLICY) -> Iterator[str]:
    """The addresses of all objects whose keys begin with that of the address, in the order of their keys.

    They come page by page, folders' own entries left out.

    Raises
    ------
    DownloadError
        While they come: where the bucket cannot be listed, or there are more than ``max_keys``.
    """
    bucket, prefix = _split(address)
    token: dict[str, str] = {}
    count = 0
    for _ in range(max_keys // PAGE_KEYS + 100):  # a page may be short, or empty, and still not be the last
        with _failing_clearly(address):
            page = _client(policy).list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=PAGE_KEYS, **token)
        for entry in page.get("Contents", ()):
            count += 1
            if count > max_keys:
                raise DownloadError(
                    told(
                        "{address} holds more than {most:,} objects. Name a folder within it.",
                        address=for_message(address),
                        most=max_keys,
                    )
                )
            if not entry["Key"].endswith("/"):
                yield f"{_SCHEME}{bucket}/{entry['Key']}"
        if not page.get("IsTruncated") or not page.get("NextContinuationToken"):
            return
        token = {"ContinuationToken": page["NextContinuationToken"]}
    raise DownloadError(told("{address} is listed without end. Name a folder within it.", address=for_message(address)))


def _split(address: str) -> tuple[str, str]:
    bucket, _, key = address[len(_SCHEME) :].partition("/")
    if not is_s3(address) or not _BUCKET.fullmatch(bucket):
        raise DownloadError(
            told(
                "{address} is no address of S3. Write it as in s3://bucket/folder/cat.jpg.",
                address=for_message(address),
            )
        )
    if len(key.encode("utf-8", "replace")) > _MAX_KEY_BYTES:
        raise DownloadError(
            told(
                "{address} is longer than the {most} bytes that a key may have.",
                address=for_message(address),
                most=_MAX_KEY_BYTES,
            )
        )
    return bucket, key


def _client(policy: DownloadPolicy) -> Any:
    """A client as the environment says, safe for threads; made again where that has changed."""
    settings = tuple(sorted(one for one in os.environ.items() if one[0].startswith(("AWS_", "PICTRACE_S3"))))
    return _new_client(policy, settings)


@functools.lru_cache(maxsize=2)
def _new_client(policy: DownloadPolicy, settings: tuple[tuple[str, str], ...]) -> Any:
    try:
        import botocore.session  # optional, and slow to load
        from botocore import UNSIGNED
        from botocore.config import Config
    except ImportError as error:
        raise DownloadError(
            told(
                'Reading from S3 takes one more package: pip install "pictrace[s3]" '
                "(in a checkout, pip install botocore)."
            )
        ) from error
    session = botocore.session.get_session()
    anonymous = dict(settings).get(ANONYMOUS_VARIABLE) == "1" or session.get_credentials() is None
    config = Config(
        connect_timeout=policy.connect_timeout_s,
        read_timeout=policy.read_timeout_s,
        retries={"total_max_attempts": policy.retries + 1, "mode": "standard"},
        max_pool_connections=POOL,
        response_checksum_validation="when_required",  # not everything that speaks S3 has checksums
        **({"signature_version": UNSIGNED} if anonymous else {}),
    )
    return session.create_client("s3", config=config)


@contextmanager
def _failing_clearly(address: str) -> Iterator[None]:
    try:
        yield
    except DownloadError:
        raise
    except Exception as error:
        # Of botocore's own errors only those with an answer are known to us; what broken answers provoke in its
        # parsers is open-ended, and one object must not end a batch.
        answer = getattr(error, "response", None)
        code = str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""
        advice = _ADVICE.get(code) or told(
            "{error}. Check the address, or try later.", error=for_message(str(error) or type(error).__name__)
        )
        raise DownloadError(
            told("{address} could not be read. {advice}", address=for_message(address), advice=advice)
        ) from error
