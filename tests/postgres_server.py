"""A PostgreSQL server for the tests: Debian's programs, in a folder of their own, on a free port."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path

PASSWORD = "s3cret word/@:"  # noqa: S105 (of a server that lives for seconds); with signs that an address must encode
QUOTED = "s3cret%20word%2F%40%3A"


def programs() -> Path | None:
    """Where initdb and postgres are, if anywhere."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


def why_not() -> str:
    """Why no server can be had here, or nothing."""
    try:
        import psycopg_pool  # noqa: F401 (whether it is there)
    except ImportError:
        return "the extra postgres is not installed"
    return "" if programs() else "there is no PostgreSQL server here (apt-get install postgresql)"


def sql_on_server(location: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    """What another program sees of a catalog, or does to it."""
    import psycopg

    address = location.replace("//pictrace@", f"//pictrace:{QUOTED}@") + "?options=-csearch_path%3Dpictrace"
    with psycopg.connect(address) as db:
        cursor = db.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@dataclass(frozen=True)
class PostgresServer:
    """A server that is running."""

    port: int

    @cached_property
    def _numbers(self) -> Iterator[int]:
        return count()

    def address(self, database: str, *, port: int | None = None) -> str:
        return f"postgresql://pictrace:{QUOTED}@127.0.0.1:{port or self.port}/{database}"

    def new_database(self) -> str:
        """The address of an empty one."""
        import psycopg

        name = f"db{next(self._numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as db:
            db.execute(f"CREATE DATABASE {name}")
        return self.address(name)


def unprivileged(folder: Path) -> list[str | Path]:
    """What to write before a command of PostgreSQL's, which root may not run; the folder becomes that user's."""
    if os.geteuid():
        return []
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def serve_postgres(*, usual: bool = False) -> Iterator[PostgresServer]:
    """Started and stopped; with the safety and memory of usual settings, or made for many short tests."""
    folder = Path(tempfile.mkdtemp(prefix="pictrace-postgres-"))
    bin_folder, before, port = programs(), unprivileged(folder), free_port()
    assert bin_folder is not None
    data, word = folder / "data", folder / "word"
    word.write_text(PASSWORD)
    word.chmod(0o644)
    options = {
        "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "max_connections": 60,
        **({} if usual else {"fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB"}),
    }  # fmt: skip
    try:
        subprocess.run(
            [*before, bin_folder / "initdb", "-D", data, "-U", "pictrace", "-A", "scram-sha-256", f"--pwfile={word}",
             "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        control = [*before, bin_folder / "pg_ctl", "-D", data, "-w", "-l", folder / "log"]
        settings = " ".join(f"-c {name}={value}" for name, value in options.items())
        subprocess.run([*control, "-o", settings, "start"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        try:
            yield PostgresServer(port)
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
