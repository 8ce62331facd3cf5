"""Whether a metric can work now, and what would help: for metrics that need something, such as a network."""

from __future__ import annotations

from typing import ClassVar, Self

from pictrace.models import Model

__all__ = ["Readiness"]


class Readiness:
    """What a metric says of that which it needs. As written here it needs nothing and is always ready."""

    on_demand: ClassVar[bool] = False
    """Extracting costs so much that a query goes without while the metric weighs nothing."""

    def unavailable(self) -> str:
        """Why it cannot extract features now, and what to do, in plain words; "" when it is ready."""
        return ""

    def remedy(self) -> Model | None:
        """The network that makes it ready once it is downloaded; None where nothing can be downloaded for it."""
        return None

    def current(self) -> Self:
        """This metric as it is now: itself, unless what it works with was exchanged."""
        return self

    def working_with(self, model: Model) -> Self | None:
        """This metric with that network; None for a metric that needs none."""
        return None

    def make_ready(self) -> None:
        """Load what extracting needs, ahead of the first picture; PicTraceError where that fails."""

    def cli_words(self) -> list[str]:
        """Options that make the command line work with the same as this metric does, besides its settings."""
        return []
