"""Exceptions that nobody foresaw: at the borders of the work they become errors of ours, logged once under an id."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from pictrace.errors import PicTraceError
from pictrace.told import told

__all__ = ["as_own", "logged"]

_log = logging.getLogger("pictrace")


@contextmanager
def as_own(kind: type[PicTraceError], subject: str) -> Iterator[None]:
    """Whatever a library raises in here becomes an error of this kind, so that the rest of the work goes on.

    It stands at borders only: around one picture, one source, one page, one command.

    Parameters
    ----------
    kind
        What is raised then. Errors of ours pass as they are.
    subject
        What the work was about, such as a file's name.
    """
    try:
        yield
    except PicTraceError:
        raise
    except Exception as error:  # what libraries raise for damaged input has no other base in common
        raise kind(
            told(
                "{subject} led to a fault in PicTrace or in a library ({kind}). Leave it out, or save it in "
                "another way. The log tells more, under {identity}",
                subject=subject,
                kind=type(error).__name__,
                identity=logged(subject, error),
            )
        ) from error


def logged(subject: str, error: BaseException | str) -> str:
    """Write an exception, with its stack, or the text of one, to the log; returns the id that it is found by there."""
    identity = secrets.token_hex(4)
    if isinstance(error, str):
        _log.error("%s: %s\n%s", identity, subject, error)
    else:
        _log.error("%s: %s", identity, subject, exc_info=error)
    return identity
