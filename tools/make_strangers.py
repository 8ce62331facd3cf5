"""Make pictrace/calibration/strangers.npz: python -m tools.make_strangers FOLDER.

It tells what chance gives among photographs that have nothing in common. FOLDER holds some hundred photographs of
different things. Each is asked against the others, and the nearest are kept as raw values by metric; pictures that turn
out to show the same are left out. To be run again whenever a metric's features change: a test tells.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pictrace.calibration.shipped
from pictrace import kernels
from pictrace.calibration import making
from pictrace.calibration.closer import LOOKED_AT
from pictrace.calibration.making import TIED_DETAILS, Drawing
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.indexing.index import Indexing
from pictrace.metrics import ready_metrics
from pictrace.service.pictures import original_picture
from pictrace.service.second_look import METRIC, matching
from pictrace.sources.folders import read_folder

NEAREST = 4  # of each search by each metric: what ships is to be small


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    making.NEAREST = NEAREST
    kernels.warm(wait=True)  # else it begins by the plain ones, which take far longer
    metrics = ready_metrics()
    with (
        tempfile.TemporaryDirectory() as temporary,
        closing(SqliteCatalog(Path(temporary, "catalog.sqlite"))) as catalog,
    ):
        Indexing(catalog, read_folder(folder).items, metrics).run()
        drawing = Drawing(FeatureCache(catalog), metrics, searches=catalog.count(), seconds=math.inf, fewest=2)
        for done, total in drawing.steps():
            print(f"{done} of {total} searches", end="\r", flush=True)
        details: list[int] = []
        relatives: list[tuple[int, int]] = []
        looked = {int(one): METRIC.extract(original_picture(catalog, int(one))[1]) for one in catalog.ids()}
        for one in drawing.asked.values():
            wrong = np.flatnonzero(~drawing.families.same(one.id, one.ids))
            nearest = one.ids[wrong[np.argsort(-one.near[wrong], kind="stable")]][:LOOKED_AT]
            query = METRIC.extract_variants(original_picture(catalog, one.id)[1], METRIC.variants)
            counts = [matching(query, looked[int(other)]) for other in nearest]
            relatives += [
                (one.id, int(other)) for other, count in zip(nearest, counts, strict=True) if count >= TIED_DETAILS
            ]
            details += [count for count in counts if count < TIED_DETAILS]
        for first, second in relatives:
            drawing.families.tie(first, [second])
        print(f"{len(relatives)} pairs are relatives by a closer look: {relatives}")
        accidents = drawing.accidents
        if accidents is None:
            parser.error(f"{folder} holds too few photographs.")
    target = Path(pictrace.calibration.shipped.__file__).with_name(pictrace.calibration.shipped.FILE)
    arrays: dict[str, NDArray[Any]] = dict(accidents.raw)
    arrays |= {
        "names": np.array(list(accidents.keys)),
        "keys": np.array(list(accidents.keys.values())),
        "offsets": accidents.offsets,
        "pictures": np.array(accidents.pictures),
        "details": np.array(details, np.uint16),
        "details_key": np.array(METRIC.feature_key),
    }
    np.savez_compressed(target, allow_pickle=False, **arrays)
    print(f"{accidents.searches} searches, {target.stat().st_size:,} bytes in {target}")


if __name__ == "__main__":
    main()
