"""What it costs to list a table of many rows: seconds, and the peak of the process above its start.

python -m benchmarks.listing [--rows 1000000]     (Linux; each kind in a process of its own)
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from pictrace.sources.listing import list_source

NAMES = ("a.csv", "a.json", "a.db")


def made(path: Path, rows: int) -> None:
    names = (f"{number}.png" for number in range(rows))
    if path.suffix == ".csv":
        path.write_text("path,title\n" + "".join(f"{name},{name[:-4]}\n" for name in names))
    elif path.suffix == ".json":
        path.write_text(json.dumps(list(names)))
    else:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("CREATE TABLE pictures (path TEXT)")
            db.executemany("INSERT INTO pictures VALUES (?)", zip(names))


def megabytes(what: str) -> float:
    """A figure of this process as Linux tells it: VmRSS now, VmHWM at its peak."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else float("nan")


def measure(path: Path) -> None:
    small = path.with_name(f"small{path.suffix}")
    made(small, 10)
    list_source(str(small))  # what is loaded once
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
    before, wall, cpu = megabytes("VmRSS"), time.perf_counter(), time.process_time()
    count = len(list_source(str(path)).items)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{path.name}: {count:,} rows, {wall:.1f} s ({cpu:.1f} s of the processor), ", end="")
    print(f"+{megabytes('VmHWM') - before:.0f} MB above {before:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.file:
        measure(options.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            path = Path(folder, name)
            made(path, options.rows)
            subprocess.run([sys.executable, "-m", "benchmarks.listing", "--file", str(path)], check=True)


if __name__ == "__main__":
    main()
