"""Writes the truth of a folder for ``benchmarks.finding`` as a table for ``pictrace evaluate`` and ``learn``.

FOLDER holds truth.csv (query,relevant,set) and maybe also.csv (query,also: right, though the truth does not say so).
What is printed belongs beside them, as its names are relative to the folder. Queries belong together by the beginning
of their names, up to the second "__": photographs of one place, covers of one series.

    python -m benchmarks.truth FOLDER > FOLDER/asked.csv
    pictrace learn FOLDER/asked.csv --catalog my.sqlite --folds 2
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

from benchmarks.finding import truths


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    folder = arguments.parse_args().folder
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["query", "relevant", "decision", "group"])
    for one in truths(folder):
        query, group = one.query.relative_to(folder).as_posix(), "__".join(one.query.name.split("__")[:2])
        for relevant in sorted(one.relevant) or [""]:
            writer.writerow([query, relevant, "", group])
        for also in sorted(one.also):
            writer.writerow([query, also, "unsure", group])


if __name__ == "__main__":
    main()
