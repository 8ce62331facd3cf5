"""The one way in which kernels are compiled, typed for callers.

Signatures are given, for two reasons: importing a module compiles all of it, and no call in the
middle of a search can set off another compilation; and inputs are declared read-only, so that
memory-mapped arrays fit as well as writable ones.

numba's cache checks the file that holds a compiled function, not the files that it calls into, and
installing another version leaves it in place. So each function's name, which its cache goes by, ends
in a digest of all kernels, and of what they share with plain ones: no change can be answered by old machine code.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba import types
from numba.extending import intrinsic

__all__ = ["bits_as_float", "compiled", "fused_helper", "helper", "kept", "output", "popcount", "readonly", "types"]

Function = TypeVar("Function", bound=Callable[..., Any])

_njit: Any = numba.njit  # typed in some versions of numba, untyped in others
_log = logging.getLogger(__name__)
_sources = sorted(Path(__file__).parents[1].rglob("*.py"))
_digest = hashlib.sha256(b"".join(source.read_bytes() for source in _sources)).hexdigest()[:12]


kept = True
"""Whether what was compiled so far is in numba's cache."""


def readonly(dtype: Any, dimensions: int) -> Any:
    """The type of an input array: C order, aligned, writable or not."""
    return types.Array(dtype, dimensions, "C", readonly=True)


def output(dtype: Any, dimensions: int) -> Any:
    """The type of an array that a kernel writes to: C order, aligned."""
    return types.Array(dtype, dimensions, "C")


def compiled(*arguments: Any, fastmath: bool | set[str] = False) -> Callable[[Function], Function]:
    """Compile a function of these argument types, without the GIL, into numba's cache.

    numba keeps its cache in ``__pycache__``, else in the user's cache folder; where neither can be
    written, it raises RuntimeError, and the kernel is compiled anew by each process.
    """

    def decorate(function: Function) -> Function:
        function.__qualname__ = f"{function.__name__}_{_digest}"
        options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": fastmath}
        try:
            result = _njit(types.void(*arguments), cache=True, **options)(function)
        except RuntimeError as error:
            global kept
            kept = False
            _log.info("compiled kernels cannot be kept for the next start: %s", error)
            result = _njit(types.void(*arguments), **options)(function)
        return cast(Function, result)

    return decorate


def helper(function: Function) -> Function:
    """A function that compiled ones call; it becomes part of them. Rounds as numpy does."""
    return cast(Function, _njit(error_model="numpy")(function))


def fused_helper(function: Function) -> Function:
    """Likewise, but a product and a sum may be rounded once, together: half the instructions."""
    return cast(Function, _njit(error_model="numpy", fastmath={"contract"})(function))


@intrinsic
def _count_bits(_context: Any, value: Any) -> Any:
    def generate(_: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = arguments[0].type
        count = builder.module.declare_intrinsic("llvm.ctpop", [kind])
        return builder.call(count, arguments)

    return value(value), generate


popcount = cast(Callable[[Any], Any], _count_bits)
"""Number of set bits of an integer, as that integer type; LLVM's ctpop, which it can vectorise."""


@intrinsic
def _bits_as_float(_context: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float32))

    return types.float32(types.uint32), generate


bits_as_float = cast(Callable[[Any], Any], _bits_as_float)
"""The float32 with the bits of a uint32."""
