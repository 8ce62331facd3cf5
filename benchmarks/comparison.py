"""PicTrace beside what people would use instead: one catalog, the same queries, one run, each in a process of its own.

FOLDER holds photographs. Half of them are targets, of which changed versions are the queries; the others make the rest
of the catalog, and some are left out of it: what is found for those is a false alarm. --imagededup names a Python that
has imagededup, which wants PyTorch.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.common import distractors, intro, parser, photographs, row
from pictrace.images.edits import CHANGES
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from tests.paths import ROOT

TITLES = {
    "pictrace": "PicTrace, as it comes",
    "imagehash": "ImageHash, pHash ≤ 10 bits",
    "imagededup": "imagededup, pHash ≤ 10 bits",
    "image_match": "image-match's method",
    "retrieval": "nearest vector of a network",
}


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--size", type=int, default=500, help="pictures in the catalog")
    arguments.add_argument("--targets", type=int, default=12)
    arguments.add_argument("--strangers", type=int, default=20)
    arguments.add_argument("--imagededup", metavar="PYTHON")
    options = arguments.parse_args()
    intro(options, "ImageHash", "onnxruntime")
    images = [image for _, image in photographs(options.folder)]
    with tempfile.TemporaryDirectory() as folder:
        catalog, queries = Path(folder, "catalog"), Path(folder, "queries")
        _write(images, options, catalog, queries)
        told = {}
        for way in TITLES:
            python = options.imagededup if way == "imagededup" else sys.executable
            if python is None:
                print("imagededup is left out: --imagededup names no Python.")
                continue
            told[way] = _run(python, way, catalog, queries, Path(folder))
        _tell(told)


def _write(images: list[RGBImage], options: Any, catalog: Path, queries: Path) -> None:
    for one in (catalog, queries):
        one.mkdir()
    targets, rest = images[: options.targets], images[options.targets : -options.strangers]
    others = distractors(rest, options.size - len(targets), options.seed)
    for number, image in enumerate([*targets, *others]):
        (catalog / f"{number}.jpg").write_bytes(encode_jpeg(image, quality=92))
    for number, image in enumerate(targets):
        for place, change in enumerate(CHANGES.values()):
            (queries / f"{number}-{place}.jpg").write_bytes(encode_jpeg(change(image), quality=92))
    for number, image in enumerate(images[-options.strangers :]):
        (queries / f"stranger-{number}.jpg").write_bytes(encode_jpeg(image, quality=92))


def _run(python: str, way: str, catalog: Path, queries: Path, folder: Path) -> Mapping[str, Any]:
    environment = {**os.environ, "PICTRACE_CACHE": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
    command = [python, str(ROOT / "benchmarks" / "peers.py"), way, str(catalog), str(queries)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{way}: {done.stderr[-2000:]}")
    found: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _tell(told: Mapping[str, Mapping[str, Any]]) -> None:
    row(
        "way",
        "to the first answer, s",
        "a further one, ms",
        "memory at most, MB",
        "found first",
        "and called a match",
        "false alarms",
    )
    row(*["---"] * 7)
    for way, one in told.items():
        found = one["found"]
        asked = {query: answer for query, answer in found.items() if not query.startswith("stranger")}
        right = {query for query, (name, _) in asked.items() if _is_right(query, name)}
        said = [query for query in right if asked[query][1]]
        strangers = [good for query, (_, good) in found.items() if query.startswith("stranger")]
        shares = (len(right) / len(asked), len(said) / len(asked), sum(strangers) / len(strangers))
        figures = f"{one['first_s']:.1f}", f"{statistics.median(one['further_ms']):.0f}", f"{one['peak_mb']:.0f}"
        row(TITLES[way], *figures, *(f"{share:.0%}" for share in shares))
    print("\nFound first, and called a match, in %:\n")
    row("change", *(TITLES[way] for way in told))
    row(*["---"] * (1 + len(told)))
    for place, change in enumerate(CHANGES):
        cells = []
        for one in told.values():
            some = {query: answer for query, answer in one["found"].items() if query.endswith(f"-{place}.jpg")}
            some = {query: answer for query, answer in some.items() if not query.startswith("stranger")}
            hits = sum(good and _is_right(query, name) for query, (name, good) in some.items())
            cells.append(f"{100 * hits / len(some):.0f}")
        row(change, *cells)


def _is_right(query: str, name: str) -> bool:
    return query.partition("-")[0] == name.partition(".")[0]


if __name__ == "__main__":
    main()
