"""Two indexers of one folder into one PostgreSQL catalog, one of them killed at random: is anything lost or doubled?

python -m benchmarks.indexers [--rounds 50] [--pictures 150]; the server is started for it. Tells also how the work was
shared where nobody was killed, and the time of two beside the time of one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import tempfile
import time
from contextlib import closing
from multiprocessing.context import SpawnProcess
from pathlib import Path

from benchmarks.stores import pictures
from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.indexing.index import Indexing
from pictrace.sources.listing import list_source
from tests.postgres_server import serve_postgres

LEASE_S = 1.0
_SPAWN = multiprocessing.get_context("spawn")


def index(location: str, folder: str) -> None:
    """One indexer, as \"pictrace index\" but for the length of its leases."""
    listing = list_source(folder)
    with closing(open_catalog(location)) as catalog:
        covers = () if listing.covers is None else (listing.covers,)
        ended = Indexing(catalog, listing.items, covers=covers, lease_s=LEASE_S).run()
        print(
            f"  {ended.added} added, {ended.known} known, {ended.failed} failed in {ended.elapsed_s:.1f} s", flush=True
        )


def started(location: str, folder: Path) -> SpawnProcess:
    process = _SPAWN.Process(target=index, args=(location, str(folder)))
    process.start()
    return process


def wrong(catalog: Catalog, folder: Path) -> list[str]:
    """What is not as the folder says: a picture for each content, an address for each file, all features once."""
    files = [one.read_bytes() for one in folder.iterdir()]
    expected = len(set(files))
    records = catalog.pictures(catalog.ids().tolist())
    sources = [one.address for record in records.values() for one in record.sources]
    found = []
    if len(records) != expected:
        found.append(f"{len(records)} pictures of {expected}")
    if len(sources) != len(files) or len(set(sources)) != len(files):
        found.append(f"{len(sources)} addresses, {len(set(sources))} different")
    if any(count != expected for count in catalog.feature_counts().values()):
        found.append(f"features {catalog.feature_counts()}")
    if not catalog.intact():
        found.append("not intact")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--pictures", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)  # noqa: S311 (moments, no secrets)
    with tempfile.TemporaryDirectory() as place, serve_postgres() as server:
        folder = Path(place)
        for item in pictures(options.pictures):
            (folder / item.source.address).write_bytes(item.data or b"")
        longest = 0.0
        for title, count in (("One indexer", 1), ("Two", 2)):
            location = server.new_database()
            with closing(open_catalog(location, must_exist=False)) as catalog:
                print(f"{title}:")
                begin = time.perf_counter()
                for one in [started(location, folder) for _ in range(count)]:
                    one.join()
                took = time.perf_counter() - begin
                longest = max(longest, took)
                print(f"  {took:.1f} s with the start of Python; wrong: {wrong(catalog, folder) or 'nothing'}")
        bad, moments = 0, []
        for number in range(options.rounds):
            location = server.new_database()
            with closing(open_catalog(location, must_exist=False)) as catalog:
                doomed, other = started(location, folder), started(location, folder)
                doomed.join(rng.uniform(0.2, 1.0) * longest)
                moments.append(catalog.count())
                doomed.kill()
                doomed.join()
                other.join()
                found = wrong(catalog, folder)
                bad += bool(found)
                print(f"round {number + 1}: killed with {moments[-1]} in the catalog; wrong: {found or 'nothing'}")
        amid = sum(0 < one < options.pictures for one in moments)
        print(f"{options.rounds} rounds, {amid} killed amid the work: {bad} with anything lost or doubled")


if __name__ == "__main__":
    main()
