"""What the search page costs on the server: a rerun after a slider, and the memory of the app with a large catalog.

The page runs in Streamlit's own test harness, so no browser's time is in it. Catalogs are made as in benchmarks.search.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.common import intro, memory_mb, parser, photographs
from benchmarks.made import made_catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg
from pictrace.indexing.keypoints import IndexKeypoints

ROOT = Path(__file__).parents[1]
SEARCHES = 3


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--size", type=int, default=10_000, help="pictures in the catalog")
    arguments.add_argument("--work", type=Path, help="a folder for the catalog, kept (default: one that is removed)")
    options = arguments.parse_args()
    intro(options, "streamlit")
    photos = [image for _, image in photographs(options.folder)]
    queries = [encode_jpeg(crop(image, 0.7)) for image in photos[:SEARCHES]]
    with tempfile.TemporaryDirectory() as folder:
        catalog = made_catalog(options.work or Path(folder), photos, options.size, options.seed)
        IndexKeypoints(FeatureCache(catalog)).run()  # as it is from the second start on
        os.environ["PICTRACE_CATALOG"] = catalog.location
        catalog.close()
        del photos
        _measure(queries, options.size)


def _measure(queries: list[bytes], size: int) -> None:
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300).run()
    for number, data in enumerate(queries):
        started = time.perf_counter()
        app.file_uploader[0].upload(f"{number}.jpg", data).run()
        spent = (time.perf_counter() - started) * 1e3
        print(f"search {number + 1} on {size:,} pictures: {spent:.0f} ms for the whole run")
    times = []
    for step in range(21):
        app.slider(key="w_ssim").set_value(step / 10)
        started = time.perf_counter()
        app.run()
        times.append((time.perf_counter() - started) * 1e3)
    app.slider(key="w_embedding").set_value(1.0).run()  # which loads the network
    if app.exception:
        raise SystemExit(f"the page failed: {app.exception[0].value}")
    held, mapped = memory_mb()
    print(f"rerun after a slider: median {statistics.median(times):.0f} ms of {len(times)}")
    print(f"memory: {held:.0f} MB, {mapped:.0f} MB of it mapped files")


if __name__ == "__main__":
    main()
