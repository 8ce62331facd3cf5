"""How the matches are looked at: as a list or a grid, and in which order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from pictrace.app.shared.language import _, translated
from pictrace.searching.find import Found
from pictrace.searching.verdict import Verdict

__all__ = ["GRID", "ORDERS", "SCORE", "VIEWS", "View", "arranged", "current_view", "view_controls"]

VIEWS = (LIST, GRID) = ("List", "Grid")
ORDERS = (SCORE, CHANGED, LARGEST, NEWEST) = ("Best first", "Most changed", "Largest", "Newest")
SIZES_PX = (80, 240)
SIZE_PX = 140


@dataclass(frozen=True)
class View:
    """order: by what is sorted. size_px: the width of a picture in the grid, 0 for the list."""

    order: str = SCORE
    size_px: int = 0


def current_view() -> View:
    """What the controls say."""
    size = st.session_state.get("size", SIZE_PX) if st.session_state.get("view") == GRID else 0
    return View(st.session_state.get("sort") or SCORE, int(size))


def view_controls() -> None:
    """List or grid, the order, the size; all kept in the address."""
    with st.container(horizontal=True, vertical_alignment="center", key="view-controls"):
        _from_address("view", VIEWS)
        shape = st.segmented_control(
            _("View"),
            VIEWS,
            default=LIST,
            required=True,
            format_func=translated,
            key="view",
            label_visibility="collapsed",
        )
        _to_address("view", shape, LIST)
        _from_address("sort", ORDERS)
        order = st.selectbox(
            _("Sort by"), ORDERS, format_func=translated, key="sort", label_visibility="collapsed", width=190
        )
        _to_address("sort", order, SCORE)
    if shape == GRID:
        st.slider(_("Picture size"), *SIZES_PX, SIZE_PX, 20, "%d px", key="size", bind="query-params")


def _from_address(key: str, options: Sequence[str]) -> None:
    """A binding of Streamlit's would write the words that are shown, which another language would not know."""
    asked = st.query_params.get(key)
    if key not in st.session_state and asked in options:
        st.session_state[key] = asked


def _to_address(key: str, chosen: str | None, default: str) -> None:
    if chosen and chosen != default:
        if st.query_params.get(key) != chosen:
            st.query_params[key] = chosen
    elif key in st.query_params:
        del st.query_params[key]


def arranged(found: Sequence[Found], said: Verdict, order: str) -> list[Found]:
    """The same matches in another order; those that convince stay before the others.

    Parameters
    ----------
    found
        By score, the highest first.
    said
        Which of them convince.
    order
        "Best first", "Most changed" (the least alike by the mean of all metrics first), "Largest" or "Newest".
    """
    key = _KEYS[order]
    if key is None:
        return list(found)
    return sorted(found, key=lambda one: (one.match.id not in said.good, -key(one)))


def _change(one: Found) -> float:
    known = [part.similarity for part in one.match.metrics.values() if not math.isnan(part.similarity)]
    return -sum(known) / len(known) if known else -1.0


def _pixels(one: Found) -> float:
    return one.picture.width * one.picture.height


def _added(one: Found) -> float:
    try:
        return datetime.fromisoformat(one.picture.added_at).timestamp()
    except (ValueError, OverflowError, OSError):  # another catalog may bring anything
        return 0.0


_KEYS: dict[str, Callable[[Found], float] | None] = {
    SCORE: None,
    CHANGED: _change,
    LARGEST: _pixels,
    NEWEST: _added,
}
