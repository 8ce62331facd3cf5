"""A recipe as a file: saved from where the sliders are, and loaded into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pictrace.app.shared.language import _, translated
from pictrace.app.shared.session import of_session
from pictrace.app.shared.uploads import taken
from pictrace.errors import CriteriaError
from pictrace.escape import for_markdown
from pictrace.searching.recipe import Recipe, read_recipe, recipe_of, recipe_text
from pictrace.searching.table import Criteria

__all__ = ["recipe_loader", "recipe_saver"]


@dataclass
class _Loaded:
    """What became of the last file. emptied: part of the uploader's key, raised to empty it."""

    told: str = ""
    problem: str = ""
    emptied: int = 0


def recipe_saver(criteria: Criteria, *, orientations: bool, alarms: float) -> None:
    """Save it, where it can be searched by."""
    if criteria.total_weight > 0:
        st.download_button(
            _("Save as a file"),
            recipe_text(recipe_of(criteria, orientations=orientations, false_alarms=alarms)),
            "recipe.json",
            "application/json",
            icon=":material/download:",
            width="stretch",
            on_click="ignore",
        )


def recipe_loader(take: Callable[[Recipe], None]) -> None:
    """Load one. take: moves the sliders; called in a callback."""
    state = of_session(_Loaded)
    key = f"recipe_file_{state.emptied}"
    st.file_uploader(
        _("Load a recipe"), type=["json"], key=key, max_upload_size=1, on_change=_load, args=(key, state, take)
    )
    if state.problem:
        st.error(for_markdown(translated(state.problem)), icon=":material/error:")
    elif state.told:
        st.success(for_markdown(state.told), icon=":material/check:")


def _load(key: str, state: _Loaded, take: Callable[[Recipe], None]) -> None:
    file = st.session_state.get(key)
    if file is None:
        return
    state.told = state.problem = ""
    try:
        recipe = read_recipe(taken(file), file.name)
    except CriteriaError as error:
        state.problem = str(error)
    else:
        take(recipe)
        reached = (
            "" if recipe.measured is None else _(" It reached {measured}", measured=translated(recipe.measured.told))
        )
        state.told = _("{name} is loaded.", name=file.name) + reached
    state.emptied += 1
