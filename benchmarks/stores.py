"""A SQLite file and a PostgreSQL server of this machine, side by side: indexing, opening, asking, copying.

python -m benchmarks.stores [--pictures 300]; the server is started for it, with its usual settings.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

import numpy as np

from pictrace.catalog import open_catalog
from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.copying import Copying
from pictrace.catalog.records import Source
from pictrace.images.encoding import encode_png
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.metrics import all_metrics
from pictrace.sample import photograph
from pictrace.searching.find import find
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria
from pictrace.sources.base import Item
from tests.postgres_server import serve_postgres

EVEN = Criteria(weights={metric.name: 1.0 for metric in all_metrics()})


def pictures(number: int) -> Iterator[Item]:
    """Different parts of photographs, of 300 x 300 pixels each."""
    rng = np.random.default_rng(3)
    whole = [decode(photograph(name)) for name in ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")]
    for place in range(number):
        image = whole[place % len(whole)]
        top, left = (int(rng.integers(size - 300 + 1)) for size in image.shape[:2])
        name = f"{place}.png"
        yield Item.of_bytes(encode_png(image[top : top + 300, left : left + 300].copy()), Source("upload", name))


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def measured(location: str, items: list[Item]) -> dict[str, float]:
    """Seconds by what they were spent on."""
    with closing(open_catalog(location, must_exist=False)) as catalog:
        times = {"indexing": seconds(lambda: Indexing(catalog, items).run())}
        query = prepare_query(photograph("coffee.png"))

        def first(one: Catalog) -> object:
            cache = FeatureCache(one)
            return find(one, score(query, cache), EVEN)

        cache = FeatureCache(catalog)
        find(catalog, score(query, cache), EVEN)
        times["query"] = median(seconds(lambda: find(catalog, score(query, cache), EVEN)) for _ in range(15))
        times["page"] = median(seconds(lambda: catalog.pictures(catalog.page(text="1")[0])) for _ in range(15))

    def opened() -> None:
        with closing(open_catalog(location)) as one:
            one.count()

    def opened_and_asked() -> None:
        with closing(open_catalog(location)) as one:
            first(one)

    times["opening"] = median(seconds(opened) for _ in range(7))
    times["opening and the first query"] = median(seconds(opened_and_asked) for _ in range(5))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=300)
    items = list(pictures(parser.parse_args().pictures))
    with tempfile.TemporaryDirectory() as folder, serve_postgres(usual=True) as server:
        file, address = str(Path(folder, "a.sqlite")), server.new_database()
        Indexing(open_catalog(str(Path(folder, "warm.sqlite")), must_exist=False), items[:20]).run()
        lite, post = measured(file, items), measured(address, items)
        other_file, other_address = str(Path(folder, "b.sqlite")), server.new_database()
        lite["copying to it"] = seconds(lambda: copied(file, other_file))
        post["copying to it"] = seconds(lambda: copied(file, other_address))
        print(f"{len(items)} pictures\n{'':30} {'SQLite':>10} {'PostgreSQL':>10}  ratio")
        for name, time_s in lite.items():
            print(f"{name:30} {time_s * 1000:8.1f}ms {post[name] * 1000:8.1f}ms {post[name] / time_s:6.2f}")
        print(f"indexed pictures a second: {len(items) / lite['indexing']:.1f}, {len(items) / post['indexing']:.1f}")
        with closing(open_catalog(file)) as one, closing(open_catalog(address)) as other:
            print(f"bytes a picture: {one.byte_count // len(items)}, {other.byte_count // len(items)}")


def copied(location: str, target: str) -> None:
    with closing(open_catalog(location)) as first, closing(open_catalog(target, must_exist=False)) as second:
        for _ in Copying(first, second).steps():
            pass


if __name__ == "__main__":
    main()
