"""What decoding strangers' pictures in processes of their own costs, and what the worst of them take at most.

python -m benchmarks.decoding [--rounds 5]     (Linux, for the memory)

Photographs are made of skimage's, of 500 pixels and of 12 megapixels, as JPEG; both ways are measured in turn, on two
threads. The worst pictures are searched with by six threads at once, each three times.
"""

from __future__ import annotations

import argparse
import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from PIL import Image
from skimage import data as samples

from pictrace.errors import ImageError
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.loading import load_picture
from pictrace.images.reading import DecodeLimits
from pictrace.searching.query import prepare_query
from pictrace.service.pictures import upload_limits

HERE, APART = DecodeLimits(), DecodeLimits(apart=True)
MB = 1024**2


def photographs(width: int, height: int, count: int) -> list[bytes]:
    picture = np.asarray(cv2.resize(samples.astronaut(), (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    grain = np.random.default_rng(1).integers(0, 12, picture.shape, np.uint8)
    return [encode_jpeg(np.roll(cv2.add(picture, grain), 7 * one, axis=1), quality=88) for one in range(count)]


def worst() -> dict[str, bytes]:
    """Small files of 25 to 64 megapixels."""
    found = {"PNG, RGB, 64 MP": encode_png(np.full((8000, 8000, 3), 7, np.uint8))}
    for name, mode, width, height, options in (
        ("WEBP", "RGB", 16383, 3900, {"lossless": True, "method": 0}),
        ("WEBP", "RGBA", 5000, 5000, {"lossless": True, "method": 0}),
        ("AVIF", "RGB", 8000, 8000, {"speed": 10}),
        ("PNG", "RGB", 7400, 7400, {"compress_level": 1}),
        ("GIF", "P", 8000, 8000, {}),
    ):
        file = io.BytesIO()
        Image.new(mode, (width, height)).save(file, name, **options)
        found[f"{name}, {mode}, {width * height / 1e6:.0f} MP"] = file.getvalue()
    return found


def made_apart() -> dict[str, bytes]:
    """The same, made in another process, whose memory does not count."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(worst).result()


def family() -> Iterator[Path]:
    """Of this process and its children, what /proc tells."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):  # one that has ended
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if os.getpid() in (int(process.name), parent):
                yield process


def processor_s() -> float:
    """Seconds that this process and its children have computed."""
    ticks = 0
    for process in family():
        with suppress(OSError, IndexError):
            ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory() -> tuple[float, float]:
    """(resident, proportional) of this process and its children, in MB: what is shared counts whole, or in parts."""
    resident = proportional = 0
    for process in family():
        with suppress(OSError, IndexError, KeyError):
            lines = (process / "smaps_rollup").read_text().splitlines()
            kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
            resident += kilobytes["Rss"]
            proportional += kilobytes["Pss"]
    return resident / 1024, proportional / 1024


def peak(work: Callable[[], object]) -> tuple[float, float]:
    """The highest that ``memory`` gives while the work lasts."""
    most, ended = [0.0, 0.0], threading.Event()

    def look() -> None:
        while not ended.is_set():
            most[:] = map(max, most, memory())
            time.sleep(0.01)

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        work()
        ended.set()
        looking.result()
    return most[0], most[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    bad = made_apart()
    small = photographs(500, 375, 1)[0]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(partial(prepare_query, limits=HERE), [small] * 30))  # what is loaded and compiled once
    rest = memory()
    prepare_query(small, limits=APART)
    after = memory()
    print(f"at rest {rest[0]:.0f} MB; a process that decodes adds {after[0] - rest[0]:.0f}, ", end="")
    print(f"{after[1] - rest[1]:.0f} where shared memory is counted once")

    def searched(data: bytes) -> str:
        try:
            return f"{prepare_query(data, limits=upload_limits()).info.width} px wide"
        except ImageError as error:
            return str(error)

    with ThreadPoolExecutor(6) as pool:
        most = peak(lambda: list(pool.map(searched, [*bad.values()] * 3)))
    print(f"six at once: {most[0] - rest[0]:.0f} MB above rest, shared memory counted once {most[1] - rest[1]:.0f} MB")
    for name, data in bad.items():
        answer = searched(data)
        alone = peak(partial(searched, data))
        print(f"| {name} | {len(data):,} bytes | {alone[0] - rest[0]:.0f} MB | {answer[:60]} |")

    print("| JPEG | here, a second | apart, a second | here, ms of a processor | apart, ms of a processor |")
    print("|---|---|---|---|---|")
    for name, files in (("500 px", photographs(500, 375, 200)), ("12 MP", photographs(4000, 3000, 12))):
        rates: dict[DecodeLimits, list[float]] = {HERE: [], APART: []}
        costs: dict[DecodeLimits, list[float]] = {HERE: [], APART: []}
        for _ in range(options.rounds):
            for limits in (HERE, APART):
                before, began = processor_s(), time.perf_counter()
                with ThreadPoolExecutor(2) as pool:
                    list(pool.map(partial(load_picture, limits=limits), files))
                rates[limits].append(len(files) / (time.perf_counter() - began))
                costs[limits].append((processor_s() - before) / len(files) * 1e3)
        told = [
            f"{median(one[limits]):.{digits}f}" for one, digits in ((rates, 0), (costs, 2)) for limits in (HERE, APART)
        ]
        print(f"| {name}, {len(files[0]) // 1000} kB | {' | '.join(told)} |")


if __name__ == "__main__":
    main()
