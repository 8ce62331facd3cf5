"""Damage pictures, tables, archives and pages, and read them as PicTrace does: nothing but its own errors may come.

    python -m benchmarks.fuzz [--pictures 100000] [--others 10000] [--seed 1] [--seconds S] [--keep FOLDER] [--here]

Foreign exceptions are those that no code of ours foresaw (a net at a border caught and logged them); slow are files
that took more than five seconds. With --here pictures are decoded in this process, which is faster, and which a crash
would end.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.fuzz.runs import fuzz


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--others", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after that long")
    parser.add_argument("--keep", type=Path, help="folder for what went wrong")
    parser.add_argument("--here", action="store_true", help="decode in this process")
    options = parser.parse_args()
    print(fuzz(options.pictures, options.others, options.seed, options.seconds, options.keep, apart=not options.here))


if __name__ == "__main__":
    main()
