"""What a picture may cost, as the owner of an app or of a machine has set it in the environment."""

from __future__ import annotations

from pictrace.errors import UsageError
from pictrace.images.reading import DEFAULT_LIMITS, DecodeLimits
from pictrace.told import reason
from pictrace.wording import amount_in

__all__ = ["allowed"]


def allowed(*, default: DecodeLimits = DEFAULT_LIMITS) -> DecodeLimits:
    """The limits that PICTRACE_MAX_BYTES and PICTRACE_MAX_PIXELS set, and the default ones where they set none.

    Raises
    ------
    UsageError
        Where one of them is no number.
    """
    try:
        most_bytes = amount_in("PICTRACE_MAX_BYTES", default.max_bytes)
        most_pixels = amount_in("PICTRACE_MAX_PIXELS", default.max_pixels)
    except ValueError as error:
        raise UsageError(reason(error)) from error
    return DecodeLimits(most_bytes, most_pixels, apart=default.apart)
