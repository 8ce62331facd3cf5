"""Choosing among pictures by their metadata."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pictrace.app.shared.language import _
from pictrace.catalog.base import MAX_VALUES
from pictrace.catalog.records import MetadataName
from pictrace.escape import for_markdown
from pictrace.service.workspaces import Workspace

__all__ = ["metadata_filters", "names_that_group"]

SHOWN_NAMES = 8


@st.cache_data(show_spinner=False, max_entries=8)
def _names(identity: str, revision: int, _workspace: Workspace) -> tuple[MetadataName, ...]:
    """Counting them reads every picture's metadata, so that is done once for each revision."""
    return _workspace.catalog.metadata_names()


def names_that_group(workspace: Workspace) -> list[MetadataName]:
    """The names in the metadata by which pictures can be grouped, the commonest first."""
    catalog = workspace.catalog
    # A name that no two pictures share a value of, such as a description, tells pictures apart but groups none.
    return [one for one in _names(catalog.identity, catalog.revision(), workspace) if 1 < one.distinct < one.pictures]


def metadata_filters(workspace: Workspace) -> Mapping[str, tuple[str, ...]]:
    """What a picture's metadata must say, by name; empty where nothing is chosen, or nothing can be.

    Kept in the address, as the other settings are.
    """
    names = names_that_group(workspace)
    shown = names[:SHOWN_NAMES]
    if not shown:
        return {}
    keys = {one.name: f"only_{one.name}" for one in shown}
    chosen: dict[str, tuple[str, ...]] = {}
    count = sum(bool(st.session_state.get(key)) for key in keys.values())
    with st.popover(
        _("Filter") if not count else _("Filter ({set} set)", set=count), icon=":material/filter_alt:", width="stretch"
    ):
        for one in shown:
            known = st.session_state.get(keys[one.name])
            if isinstance(known, list):  # of another catalog, or of an old link
                st.session_state[keys[one.name]] = [value for value in known if value in one.values]
            values = st.multiselect(
                for_markdown(one.name), list(one.values), key=keys[one.name], placeholder=_("Any"), bind="query-params"
            )
            if values:
                chosen[one.name] = tuple(values)
            if one.distinct > MAX_VALUES:
                st.caption(_("The {most} commonest of {all:,} values.", most=MAX_VALUES, all=one.distinct))
        if len(names) > SHOWN_NAMES:
            st.caption(_("The {most} commonest names; the command line's --only takes any.", most=SHOWN_NAMES))
    return chosen
