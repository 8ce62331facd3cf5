"""A progress line on a terminal; silence elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NoReturn

from tqdm import tqdm

__all__ = ["progress_line"]


@contextmanager
def progress_line(unit: str, *, title: str = "", in_bytes: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A line on standard error with the rate and the time left, for as long as the context lasts.

    Parameters
    ----------
    unit
        What is counted: ``"pictures"``, or ``"B"`` with in_bytes.
    title
        What stands before it.
    in_bytes
        Whether numbers are shortened, as in 1.2 MB.

    Yields
    ------
    call
        ``call(done, total)`` draws it, but not at every call.
    """
    unit = unit if in_bytes else f" {unit}"
    with ExitStack() as stack:
        line: tqdm[NoReturn] | None = None

        def show(done: int, total: int) -> None:
            nonlocal line
            if line is None:
                if not total:  # nothing to do is nothing to tell
                    return
                line = tqdm(
                    desc=title or None,
                    unit=unit,
                    unit_scale=in_bytes,
                    total=total,
                    initial=done,  # what was here before says nothing of the rate
                    disable=None,
                    dynamic_ncols=True,
                )
                stack.callback(line.close)
            line.total = total
            line.update(done - line.n)

        yield show
