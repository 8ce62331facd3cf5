"""What so many pictures want of disks, memory and workers: computed from what other benchmarks measured.

python -m benchmarks.sizing; each number below says by which it was measured, and options give those of another machine.
"""

from __future__ import annotations

import argparse
import math

from benchmarks.common import row

PICTURES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
MEASURED = {
    "database-bytes": (149_823, "a picture in PostgreSQL, all kept (benchmarks.room)"),
    "compact-bytes": (23_529, "a picture in PostgreSQL, compact (benchmarks.room)"),
    "index-bytes": (5_300, "a picture in the index of keypoints (benchmarks.keypoint_index)"),
    "hot-bytes": (4_100, "a picture in sketches and layouts, mapped and best kept in memory (benchmarks.search)"),
    "process-mb": (134, "of a worker without mapped files (benchmarks.cluster)"),
    "query-ms-small": (70, "of a query at 10,000 pictures in one process: the middle of 45 to 95 (benchmarks.search)"),
    "query-ms-large": (280, "of a query at 100,000 pictures in one process (benchmarks.search)"),
}
SHARD = 250_000
"""Pictures for one worker: the most that one segment of an index holds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, (value, what) in MEASURED.items():
        parser.add_argument(f"--{name}", type=float, default=value, help=f"{what}; {value}")
    told = parser.parse_args()
    slope = (told.query_ms_large - told.query_ms_small) / 90_000
    head = ("pictures", "database", "compact", "workers", "disk of each", "memory of each", "query, computed")
    row(*head)
    row(*["---"] * len(head))
    for pictures in PICTURES:
        workers = math.ceil(pictures / SHARD)
        shard = pictures / workers
        disk, memory = shard * (told.hot_bytes + told.index_bytes), shard * told.hot_bytes + told.process_mb * 1e6
        row(
            f"{pictures:,}",
            f"{pictures * told.database_bytes / 1e9:,.1f} GB",
            f"{pictures * told.compact_bytes / 1e9:,.1f} GB",
            workers if workers > 1 else "none",
            f"{disk / 1e9:.2f} GB",
            f"{memory / 1e9:.2f} GB",
            f"{(told.query_ms_small + slope * (shard - 10_000)) / 1e3:.2f} s",
        )


if __name__ == "__main__":
    main()
