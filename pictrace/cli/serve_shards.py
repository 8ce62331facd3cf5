"""pictrace serve-shards"""

from __future__ import annotations

import argparse
import os
import signal
import threading
from contextlib import closing
from pathlib import Path

from pictrace.cli._commands import add_catalog
from pictrace.cli._output import OK, say, warn
from pictrace.cli.serve import listening
from pictrace.errors import UsageError
from pictrace.images.complaints import let_go
from pictrace.wording import counted

__all__ = ["HELP", "ORDER", "register"]

HELP = "search a large catalog by several processes of this machine"
ORDER = 97


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_serve_shards)
    add_catalog(parser)
    parser.add_argument(
        "--workers", type=int, default=4, metavar="N", help="processes, and shards (default %(default)s)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8786, help="0 for any that is free (default %(default)s)")


def _serve_shards(options: argparse.Namespace) -> int:
    if options.workers < 1:
        raise UsageError(f"{options.workers} workers were asked for. Ask for at least 1.")
    try:
        import distributed
    except ImportError as error:
        raise UsageError('A cluster needs the package distributed: pip install "pictrace[cluster]"') from error
    from pictrace.catalog import open_catalog
    from pictrace.catalog.address import is_postgres
    from pictrace.cluster.connection import Connection

    if options.port:
        listening(options.host, options.port).close()
    let_go()  # workers log for themselves
    with closing(open_catalog(options.catalog)) as catalog:
        identity, location = catalog.identity, options.catalog
        os.environ["PICTRACE_CATALOG"] = location if is_postgres(location) else str(Path(location).resolve())
        with (
            distributed.LocalCluster(
                n_workers=options.workers,
                threads_per_worker=1,
                host=options.host,
                scheduler_port=options.port,
                dashboard_address=f"{options.host}:0",
                worker_dashboard_address=f"{options.host}:0",
                memory_limit=0,  # features are mapped from files: what is in memory is the system's to give and take
            ) as cluster,
            closing(Connection(cluster.scheduler_address)) as connection,
        ):
            warn(f"{counted(catalog.count(), 'picture')}; each worker reads its part, which takes time at first.")
            for shard, count in connection.made_ready(identity):
                warn(f"Shard {shard.place + 1} of {shard.of}: {counted(count, 'picture')} ready.")
            say(f"PICTRACE_CLUSTER={cluster.scheduler_address}")
            _wait()
    return OK


def _wait() -> None:
    """Until somebody ends it."""
    ended = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: ended.set())
    ended.wait()
