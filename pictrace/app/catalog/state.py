"""What the catalog page keeps of one session: the work under way, what was chosen to be added, what to be removed."""

from __future__ import annotations

from dataclasses import dataclass, field

from pictrace.app.shared.session import of_session
from pictrace.service.jobs import Job
from pictrace.service.uploads import Uploads
from pictrace.sources.base import Listing
from pictrace.web.scrape import PictureLink

__all__ = ["AddState", "BrowseState", "JobState", "browse_state"]


@dataclass
class JobState:
    """job: one at a time, until its end was seen."""

    job: Job | None = None


@dataclass
class AddState:
    """What was chosen to be added. found_links: on a web page, to be picked from. manifests: what was read of them.

    emptied: part of the uploaders' keys, raised to empty them.
    """

    uploads: Uploads = field(default_factory=Uploads)
    found_links: tuple[PictureLink, ...] = ()
    manifests: dict[str, Listing] = field(default_factory=dict)
    emptied: int = 0

    def forget_chosen(self) -> None:
        """It is being added."""
        self.emptied += 1
        self.found_links = ()
        self.uploads = Uploads()


@dataclass
class BrowseState:
    """Of the catalog with this identity. picked: the picture that is shown whole.

    removing: titles by id of the pictures that leave the catalog when that is confirmed.
    """

    catalog: str = ""
    picked: int | None = None
    removing: dict[int, str] = field(default_factory=dict)

    def pick(self, picture_id: int) -> None:
        """Show this one whole."""
        self.picked = picture_id


def browse_state(catalog: str) -> BrowseState:
    """This session's; in another catalog nothing is picked, and nothing is to be removed."""
    state = of_session(BrowseState)
    if state.catalog != catalog:
        state.catalog, state.picked = catalog, None
        state.removing.clear()
    return state
