"""What this session has looked for before, each one click away."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from pictrace.app.components import Tile, tiles
from pictrace.app.shared.language import _
from pictrace.app.shared.query_state import QueryState
from pictrace.app.shared.session import of_session
from pictrace.images.encoding import thumbnail
from pictrace.images.reading import load
from pictrace.service.answer import Answer
from pictrace.service.pictures import Picture

__all__ = ["History", "earlier_queries", "remember"]

MOST = 12
MOST_BYTES = 50 * 1024**2
"""Of a session's files, which lie on disk where they are large: visitors are many."""

TILE_PX = 120


@dataclass
class History:
    """queries: by SHA-256 each picture and its thumbnail as JPEG, the latest last; sizes: of their files."""

    queries: dict[str, tuple[Picture, bytes]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def add(self, picture: Picture, shown: bytes) -> None:
        """shown: JPEG. What was looked for before comes last again; the oldest is forgotten."""
        known = self.queries.pop(picture.sha256, None)
        self.queries[picture.sha256] = picture, known[1] if known else thumbnail(load(shown), TILE_PX)
        self.sizes.setdefault(picture.sha256, len(picture.data))
        while len(self.queries) > MOST or (len(self.queries) > 1 and sum(self.sizes.values()) > MOST_BYTES):
            oldest = next(iter(self.queries))
            del self.queries[oldest], self.sizes[oldest]

    def clear(self) -> None:
        """Forget all of them."""
        self.queries.clear()
        self.sizes.clear()


def remember(answer: Answer) -> None:
    """Keep what was looked for, once it has been answered."""
    history = of_session(History)
    if next(reversed(history.queries), "") != answer.picture.sha256:
        history.add(answer.picture, answer.thumbnail)


def earlier_queries(state: QueryState) -> None:
    """The session's queries, the latest first; nothing before there are two."""
    history = of_session(History)
    if len(history.queries) < 2:
        return
    with st.popover(
        _("Earlier"), icon=":material/history:", key="earlier", help=_("What you looked for in this visit.")
    ):
        shown = [Tile(one, picture.name, jpeg) for one, (picture, jpeg) in reversed(history.queries.items())]
        picked = tiles(shown, label=_("Earlier queries"), key="earlier-tiles")
        if picked is not None:
            state.search.look_for(history.queries[picked][0])
            st.rerun()
        st.button(_("Forget all of them"), icon=":material/delete:", on_click=history.clear)
