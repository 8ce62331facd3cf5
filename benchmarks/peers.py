"""One way of finding a picture among many, in a process of its own: python benchmarks/peers.py WAY CATALOG QUERIES

Reads every picture of a folder, then answers each query of another with the best match. Prints JSON: seconds until the
first answer, milliseconds of each further one, megabytes at most, and by query the match and whether it counts as one.
Nothing of PicTrace is imported but where it is needed, so that each way is charged with its own memory only.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answer = Callable[[Path], tuple[str, bool]]


def pictrace(catalog: Path) -> Answer:
    """Index, find out what chance gives, and search, as its commands do."""
    from pictrace.catalog.cache import FeatureCache
    from pictrace.catalog.sqlite import SqliteCatalog
    from pictrace.cli import main as run
    from pictrace.searching.presets import criteria_of
    from pictrace.searching.query import prepare_query
    from pictrace.service.once import search_once, usable_metrics

    file = catalog.parent / "pictrace.sqlite"
    run(["index", str(catalog), "--catalog", str(file)])
    cache, criteria = FeatureCache(SqliteCatalog(file)), criteria_of("balanced", top=1)

    def answer(query: Path) -> tuple[str, bool]:
        prepared = prepare_query(query.read_bytes(), usable_metrics(criteria))
        outcome = search_once(prepared, cache, criteria)
        return Path(outcome.found[0].picture.sources[0].address).name, outcome.is_good

    return answer


def imagehash(catalog: Path) -> Answer:
    """pHash as its README has it; up to 10 of 64 bits may differ."""
    import imagehash as package
    from PIL import Image

    known = {path.name: package.phash(Image.open(path)) for path in sorted(catalog.iterdir())}

    def answer(query: Path) -> tuple[str, bool]:
        wanted = package.phash(Image.open(query))
        name = min(known, key=lambda one: known[one] - wanted)
        return name, bool(known[name] - wanted <= 10)

    return answer


def imagededup(catalog: Path) -> Answer:
    """Its pHash, and its own threshold of 10 bits."""
    from imagededup.methods import PHash

    hasher = PHash(verbose=False)
    known = {
        name: int(code, 16)
        for name, code in hasher.encode_images(catalog, num_enc_workers=0).items()
        if code is not None
    }

    def answer(query: Path) -> tuple[str, bool]:
        wanted = int(hasher.encode_image(str(query)), 16)
        name = min(known, key=lambda one: (known[one] ^ wanted).bit_count())
        return name, (known[name] ^ wanted).bit_count() <= 10

    return answer


def image_match(catalog: Path) -> Answer:
    """The signature of Wong, Bern and Goldberg (2002), which image-match keeps; a distance below 0.45 is a match."""
    import numpy as np

    paths = sorted(catalog.iterdir())
    known = np.array([_signature(path) for path in paths], np.float32)
    sizes = np.linalg.norm(known, axis=1)

    def answer(query: Path) -> tuple[str, bool]:
        wanted = _signature(query).astype(np.float32)
        distances = np.linalg.norm(known - wanted, axis=1) / (sizes + np.linalg.norm(wanted) + 1e-9)
        best = int(distances.argmin())
        return paths[best].name, bool(distances[best] < 0.45)

    return answer


def _signature(path: Path) -> Any:
    """How much darker or lighter each of 9 × 9 places is than its eight neighbours, in five steps."""
    import numpy as np
    from PIL import Image

    gray = np.asarray(Image.open(path).convert("L"), np.float32)
    rows, columns = (_between(np.abs(np.diff(gray, axis=axis)).sum(axis=axis)) for axis in (1, 0))
    side = max(2, round(0.5 + min(gray.shape) / 20))
    centres = [np.linspace(*ends, 11)[1:-1].astype(int) for ends in (rows, columns)]
    means = np.array(
        [
            [
                gray[max(0, y - side // 2) : y + side // 2 + 1, max(0, x - side // 2) : x + side // 2 + 1].mean()
                for x in centres[1]
            ]
            for y in centres[0]
        ]
    )
    padded = np.pad(means, 1, constant_values=np.nan)
    around = [(y, x) for y in range(3) for x in range(3) if (y, x) != (1, 1)]
    differences = np.stack([padded[y : y + 9, x : x + 9] - means for y, x in around], axis=-1)
    differences = np.nan_to_num(differences)
    steps = np.zeros(differences.shape, np.int8)
    for sign in (1, -1):
        beyond = sign * differences > 2.0  # of 255
        if beyond.any():
            middle = np.median((sign * differences)[beyond])
            steps[beyond] = sign
            steps[beyond & (sign * differences > middle)] = 2 * sign
    return steps.ravel()


def _between(changes: Any) -> tuple[float, float]:
    """Where 5 and 95 % of all change have passed."""
    import numpy as np

    passed = np.cumsum(changes) / max(float(changes.sum()), 1e-9)
    return float(np.searchsorted(passed, 0.05)), float(np.searchsorted(passed, 0.95))


def retrieval(catalog: Path) -> Answer:
    """What CLIP-retrieval does, with the network that PicTrace brings: the nearest vector; all are called matches."""
    import numpy as np

    from pictrace.images.reading import decode
    from pictrace.metrics import get_metric

    network = get_metric("embedding")
    paths = sorted(catalog.iterdir())

    def vector(path: Path) -> Any:
        found = np.asarray(network.extract(decode(path.read_bytes())), np.float32).ravel()
        return found / np.linalg.norm(found)

    known = np.array([vector(path) for path in paths])

    def answer(query: Path) -> tuple[str, bool]:
        return paths[int((known @ vector(query)).argmax())].name, True

    return answer


WAYS = {one.__name__: one for one in (pictrace, imagehash, imagededup, image_match, retrieval)}


def main(way: str, catalog: Path, queries: Path) -> None:
    """Measure one."""
    started = time.perf_counter()
    answer = WAYS[way](catalog)
    found: dict[str, tuple[str, bool]] = {}
    times: list[float] = []
    for path in sorted(queries.iterdir()):
        asked = time.perf_counter()
        found[path.name] = answer(path)
        times.append(time.perf_counter() - (asked if times else started))
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0]) / 1024  # getrusage would tell of the process that started this one, too
    print(
        json.dumps(
            {"first_s": times[0], "further_ms": [1e3 * one for one in times[1:]], "peak_mb": peak, "found": found}
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
