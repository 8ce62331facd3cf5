"""What a catalog knows of a link that a picture came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from pictrace.web.validators import Validators

__all__ = ["LINK_STATES", "LinkState"]

LINK_STATES = {
    "ok": "leads to this picture",
    "changed": "led to this picture once, and leads to another one now",
    "gone": "no longer there, says its server (404 or 410)",
    "failed": "could not be fetched, or led to no picture, when it was last checked",
    "unchecked": "stored by a PicTrace that did not note it, and not checked since",
}
"""Every state, with what it says of a link and its picture."""


@dataclass(frozen=True)
class LinkState:
    """How a link was found when it was last checked; checks itself (ValueError).

    Attributes
    ----------
    state
        One of LINK_STATES.
    checked_at
        ISO 8601, UTC; "" for never.
    validators
        Of the answer that brought the picture, so that its server can be asked whether anything changed.
    """

    state: str = "unchecked"
    checked_at: str = ""
    validators: Validators = field(default_factory=Validators)

    def __post_init__(self) -> None:
        if self.state not in LINK_STATES:
            raise ValueError(f"state must be one of {', '.join(LINK_STATES)}, not {self.state!r}")

    @classmethod
    def now(cls, state: str, validators: Validators) -> LinkState:
        """Found so at this moment."""
        return cls(state, datetime.now(UTC).isoformat(timespec="seconds"), validators)
