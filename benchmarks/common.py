"""What the benchmarks share: photographs, the machine, tables."""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from pictrace import kernels
from pictrace.images.edits import crop, mirror, turn
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import decode
from pictrace.kernels.blas import one_thread
from pictrace.sources.folders import read_folder

__all__ = ["distractors", "interleaved", "intro", "memory_mb", "parser", "photographs", "row", "versions"]


def parser(description: str) -> argparse.ArgumentParser:
    """The arguments that every benchmark takes."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument("folder", type=Path, help="a folder of photographs")
    result.add_argument("--seed", type=int, default=1)
    return result


def versions(*names: str) -> str:
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    return ", ".join(found)


def intro(options: argparse.Namespace, *packages: str) -> None:
    """The machine, the versions, the command; waits until the kernels are compiled."""
    one_thread()  # as in the app
    kernels.warm(wait=True)
    model = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        model = next((line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line), "")
    print(f"machine: {os.cpu_count()} cores, {model}, {platform.system()}, Python {platform.python_version()}")
    print(f"versions: {versions('numpy', 'opencv-python-headless', 'numba', *packages)}; kernels: {kernels.backend()}")
    revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    print(f"revision: {revision.stdout.strip() or 'none'}; seed: {options.seed}")
    print(f"command: python -m benchmarks.{Path(sys.argv[0]).stem} FOLDER {' '.join(sys.argv[2:])}\n")


def photographs(folder: Path) -> list[tuple[str, RGBImage]]:
    """All pictures of a folder, by name."""
    found = []
    for item in read_folder(folder).items:
        if item.path is not None:
            found.append((item.path.name, decode(item.path.read_bytes())))
    if not found:
        sys.exit(f"{folder} holds no pictures.")
    return found


def distractors(images: Sequence[RGBImage], count: int, seed: int) -> list[RGBImage]:
    """Different pictures made of photographs: windows of a third to all of the area, some turned or mirrored."""
    random = np.random.default_rng(seed)
    made = list(images[:count])
    while len(made) < count:
        image = images[int(random.integers(len(images)))]
        window = crop(
            image, float(random.uniform(0.3, 0.6)), across=float(random.random()), down=float(random.random())
        )
        if random.random() < 0.5:
            window = mirror(window)
        if random.random() < 0.3:
            window = turn(window, 90 * int(random.integers(1, 4)))
        made.append(window)
    return made


def interleaved(jobs: dict[str, Callable[[], object]], *, rounds: int) -> dict[str, float]:
    """Median milliseconds of each job, run in turns so that a busy machine is busy for all."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for job in jobs.values():
        job()
    for _ in range(rounds):
        for name, job in jobs.items():
            started = time.perf_counter()
            job()
            times[name].append((time.perf_counter() - started) * 1e3)
    return {name: statistics.median(values) for name, values in times.items()}


def memory_mb() -> tuple[float, float]:
    """(held now, of which mapped from files) in MB, where the system tells."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 0.0
    values = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return float(values["VmRSS"].split()[0]) / 1024, float(values.get("RssFile", "0").split()[0]) / 1024


def row(*cells: object) -> None:
    """One line of a Markdown table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |")
