"""What cannot be done over several servers: said in a sentence that tells where it can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from pictrace.errors import UnsupportedError
from pictrace.told import told

__all__ = ["Refusing", "refused"]


def refused(what: str) -> UnsupportedError:
    """The error. what: as the end of "… is not possible"."""
    return UnsupportedError(
        told("Over several servers this cannot be done: {what}. Do it on each server, with its own catalog.", what=what)
    )


class Refusing:
    """The methods of a catalog that change it, or read all of it."""

    if not TYPE_CHECKING:  # each takes what the protocol says, and gives nothing

        def _refuse(what: str) -> Any:  # noqa: N805 (no method, but what makes them)
            def method(self: object, *given: object, **named: object) -> NoReturn:
                raise refused(what)

            return method

        add = add_sources = move_files = mark_files = _refuse(told("adding pictures"))
        remove = remove_replaced = _refuse(told("removing pictures"))
        keep = put_features = drop_features = _refuse(told("making features"))
        decide = forget_decisions = _refuse(told("keeping decisions"))
        feature_ids = row_counts = _refuse(told("reading the features of all pictures"))
        copy_to = changes = _refuse(told("copying the catalog"))
        links = links_found = files = _refuse(told("checking links and files"))
        facts = _refuse(told("counting formats and sizes"))
        intact = _refuse(told("checking a file for damage"))
