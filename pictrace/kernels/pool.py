"""One bounded pool of threads for all kernels of the process.

Not numba's ``parallel=True``: its workqueue layer aborts the process when two threads enter a
parallel kernel at once. Kernels release the GIL instead and run over chunks of candidates here.
"""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

__all__ = ["Fill", "run_chunks", "workers"]

Fill = Callable[[int, int], None]
"""Computes the results of the candidates from start up to stop, and writes them where they belong."""

MAX_WORKERS = 8
CHUNKS_PER_WORKER = 4  # so that a worker held up elsewhere leaves its share to the others


def workers() -> int:
    """Threads that share one call's work, the calling thread included."""
    return min(_processors(), MAX_WORKERS)


@functools.cache
def _processors() -> int:
    return os.cpu_count() or 1


def run_chunks(function: Fill, n: int, *, min_chunk: int) -> None:
    """Call ``function(start, stop)`` over range(n) in chunks that are whole multiples of ``min_chunk``.

    The calling thread works too, and can do all of it: a busy pool, a call from within a chunk or a
    forked process costs time, never a deadlock. Small n runs in the calling thread alone. The first
    exception of a chunk is raised when all threads have left this call.
    """
    helpers = min(workers(), -(-n // min_chunk)) - 1
    if helpers <= 0:
        if n > 0:
            function(0, n)
        return
    units = -(-n // (min_chunk * (helpers + 1) * CHUNKS_PER_WORKER))
    step = units * min_chunk
    numbers = itertools.count()  # next() is atomic: no chunk is handed out twice

    def work() -> None:
        while (start := next(numbers) * step) < n:
            function(start, min(start + step, n))

    futures = [_executor().submit(work) for _ in range(helpers)]
    try:
        work()
    finally:
        numbers = itertools.count(n)  # after an exception, the others stop at their next chunk
        running = [future for future in futures if not future.cancel()]
        wait(running)
    for future in running:
        future.result()


@functools.cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers(), thread_name_prefix="pictrace-pool")
