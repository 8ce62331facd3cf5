"""What the points of a catalog's map are coloured by: a search's scores, a name in the metadata, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pictrace.app.components.pointmap import RAMP_STEPS, Group, Looks
from pictrace.app.shared.filters import names_that_group
from pictrace.app.shared.language import _, translated
from pictrace.searching.find import Found
from pictrace.searching.table import Criteria, ScoreTable
from pictrace.service.workspaces import Workspace

__all__ = ["PLAIN", "SCORE", "Scored", "colour_title", "looks_of", "names_to_colour_by"]

SCORE, PLAIN = "Score", "Nothing"
COLOURS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377")
"""Paul Tol's scheme "bright" (Colour schemes, SRON/EPS/TN/09-002) without its gray: told apart by colour-blind people,
on light and on dark; shapes tell the groups apart as well."""

SHOWN_NAMES = 12


@dataclass(frozen=True)
class Scored:
    """A search whose matches are shown on the map."""

    table: ScoreTable
    criteria: Criteria
    found: tuple[Found, ...]

    def scores_of(self, ids: Iterable[int]) -> dict[int, float]:
        """The fused scores of those pictures that were scored, and could be compared."""
        wanted = np.array(list(ids), np.int64)
        places = np.searchsorted(self.table.ids, wanted)
        places[places == len(self.table.ids)] = 0
        scores, coverage = self.table.fused(self.criteria)
        known = (
            (self.table.ids[places] == wanted) & (coverage[places] > 0) if len(scores) else np.zeros(len(wanted), bool)
        )
        return {int(one): float(scores[place]) for one, place in zip(wanted[known], places[known], strict=True)}


def names_to_colour_by(workspace: Workspace) -> list[str]:
    """Names in the metadata that group pictures, the commonest first, but for those that the other choices have."""
    names = [one.name for one in names_that_group(workspace)]
    return [one for one in names if one not in {SCORE, PLAIN}][:SHOWN_NAMES]


def colour_title(colour: str) -> str:
    """What a choice is called on the page; names in the metadata are as they are."""
    return translated(colour) if colour in {SCORE, PLAIN} else colour


def looks_of(workspace: Workspace, ids: NDArray[np.int64], colour: str, scored: Scored | None) -> Looks:
    """The looks of the pictures of these ids, ascending."""
    if colour == SCORE and scored is not None:
        return Looks(colour, _steps(ids, scored), ramp=True)
    if colour == PLAIN:
        return Looks(colour, np.zeros(len(ids), np.uint8))
    return _groups(workspace, ids, colour)


def _steps(ids: NDArray[np.int64], scored: Scored) -> NDArray[np.uint8]:
    codes = np.full(len(ids), RAMP_STEPS, np.uint8)
    for one, score in scored.scores_of(ids.tolist()).items():
        codes[np.searchsorted(ids, one)] = round(score * (RAMP_STEPS - 1))
    return codes


def _groups(workspace: Workspace, ids: NDArray[np.int64], name: str) -> Looks:
    """The commonest values, a colour and a shape each; a picture with several of them has the commonest."""
    catalog = workspace.catalog
    codes = np.full(len(ids), len(COLOURS), np.uint8)
    members = _members(catalog.identity, catalog.revision(), name, workspace)
    for code, (_value, having) in reversed(list(enumerate(members.items()))):
        codes[np.isin(ids, having, assume_unique=True)] = code
    counts = np.bincount(codes, minlength=len(COLOURS) + 1)
    groups = [Group(value, colour, int(n)) for value, colour, n in zip(members, COLOURS, counts, strict=False)]
    if counts[-1]:
        codes[codes == len(COLOURS)] = len(groups)
        groups.append(Group(_("Others, or none"), "", int(counts[-1])))
    return Looks(name, codes, groups)


@st.cache_data(show_spinner=False, max_entries=16)
def _members(identity: str, revision: int, name: str, _workspace: Workspace) -> dict[str, NDArray[np.int64]]:
    """The commonest values of a name, the commonest first, with the pictures that have each."""
    known = next((one for one in names_that_group(_workspace) if one.name == name), None)
    values = [] if known is None else list(known.values)[: len(COLOURS)]
    return {value: _workspace.catalog.ids_with({name: [value]}) for value in values}
