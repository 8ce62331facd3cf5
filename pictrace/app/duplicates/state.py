"""What the duplicates page keeps of one session."""

from __future__ import annotations

from dataclasses import dataclass

from pictrace.app.shared.session import of_session
from pictrace.service.reviewing import Review
from pictrace.service.workspaces import Workspace

__all__ = ["review_of"]


@dataclass
class ReviewState:
    """Of the catalog with this identity."""

    catalog: str = ""
    review: Review | None = None


def review_of(workspace: Workspace) -> Review:
    """This session's review of the open catalog."""
    state = of_session(ReviewState)
    if state.review is None or state.catalog != workspace.catalog.identity:
        if state.review is not None:
            state.review.stop()
        state.catalog, state.review = workspace.catalog.identity, Review(workspace.cache)
    return state.review
