"""Takes out of an environment what no server runs, and tells what that saves: python slim.py SITE_PACKAGES

Packages stay whole in what they can do here; what goes are their own tests, sources that were compiled, parts for
notebooks and for compilers, and symbols for debuggers.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["slim"]

KINDS = {
    "tests of packages": ("**/tests", "**/testing/data"),
    "sources that were compiled, headers": (
        "**/*.pyx",
        "**/*.pxd",
        "**/*.pxi",
        "**/*.h",
        "**/*.hpp",
        "**/*.map",
        "**/*.a",
    ),
    "parts for notebooks": ("pydeck/nbextension", "plotly/labextension", "plotly/package_data"),
    "ONNX Runtime once more, for programs in C": ("onnxruntime/capi/libonnxruntime.so*", "onnxruntime/tools"),
    "Arrow's servers and remote stores": (
        "pyarrow/libarrow_flight*",
        "pyarrow/_flight*",
        "pyarrow/libarrow_s3*",
        "pyarrow/_s3fs*",
    ),
    "tools that install packages": ("pip", "pip-*", "setuptools", "setuptools-*", "pkg_resources"),
    "bytecode": ("**/__pycache__",),
}


def slim(packages: Path) -> dict[str, int]:
    """Bytes saved, by what was taken out."""
    saved = {}
    for kind, patterns in KINDS.items():
        saved[kind] = sum(_removed(one) for one in _fitting(packages, patterns))
    saved["symbols for debuggers"] = sum(_stripped(one) for one in packages.rglob("*.so*") if one.is_file())
    return saved


def _fitting(packages: Path, patterns: Iterable[str]) -> Iterator[Path]:
    for pattern in patterns:
        yield from list(packages.glob(pattern))


def _removed(path: Path) -> int:
    if not path.exists():  # it went with its folder
        return 0
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    size = sum(one.lstat().st_size for one in files)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    return size


def _stripped(path: Path) -> int:
    """Bytes that a library loses. It stays as it is where ``strip`` does not know it, or breaks it.

    What auditwheel has patched may lose its alignment, after which nothing loads it.
    """
    smaller = path.with_name(f"{path.name}.stripped")
    done = subprocess.run(
        ["strip", "--strip-unneeded", "-o", str(smaller), str(path)], check=False, capture_output=True
    )
    saved = 0
    if not done.returncode and _loads(smaller):
        saved = path.stat().st_size - smaller.stat().st_size
        shutil.copyfile(smaller, path)  # its permissions stay
    smaller.unlink(missing_ok=True)
    return saved


def _loads(path: Path) -> bool:
    """Whether each segment lies in the file as it must in memory."""
    told = subprocess.run(["readelf", "-lW", str(path)], check=True, capture_output=True, text=True).stdout
    segments = [line.split() for line in told.splitlines() if line.split()[:1] == ["LOAD"]]
    return all((int(one[1], 16) - int(one[2], 16)) % int(one[-1], 16) == 0 for one in segments)


if __name__ == "__main__":
    for told, bytes_saved in slim(Path(sys.argv[1])).items():
        print(f"{bytes_saved / 1e6:7.1f} MB  {told}")
