"""Good matches that share only a form with the query: the same template, app or packaging, with other contents.

Keypoints of a frame, a logo or printed lines agree as those of one photograph do. So the first good matches are laid
on the query, and the pixels decide, before the answer says that anything was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from pictrace.catalog.base import Catalog
from pictrace.diagnosis import IDENTICAL, SAME_PHOTOGRAPH, SAME_TEMPLATE, diagnose
from pictrace.diagnosis.registration import register
from pictrace.diagnosis.templates import drawn, share_only_a_form
from pictrace.errors import PicTraceError
from pictrace.images.loading import load_picture
from pictrace.images.pixels import WORKING_SIDE_PX, RGBImage, fit
from pictrace.images.reading import ImageInfo
from pictrace.service.pictures import original_picture, upload_limits

__all__ = ["LOOKED_AT", "Forms"]

LOOKED_AT = 5
"""Good matches that are laid on the query at the most."""

SEVERAL = 3
"""Drawings as near as that are a kind of which the catalog has many."""

FILLED_IN = 5
"""Places that differ from a drawing beside SEVERAL of its form: fields filled in otherwise. What is laid over a picture
lies at one or two."""

MOSTLY = 0.7
"""Of what a drawing shares with one beside SEVERAL of its form, so much must be the same picture."""

FORM, SAME, CHANGED, UNPLACED = "form", "same", "changed at many places", "unplaced"


class Forms:
    """Looks at each pair once, for one query. own: its id, under which a catalog has the very same bytes."""

    def __init__(self, query: RGBImage, info: ImageInfo | None = None, *, own: int | None = None) -> None:
        self._query, self._info, self._own = query, info, own
        self._known: dict[tuple[str, int], str] = {}

    @cached_property
    def drawn(self) -> bool:
        """Whether it may have a form at all: photographs without plain areas have none."""
        return drawn(self._query)

    def among(self, catalog: Catalog, good: Sequence[int]) -> frozenset[int]:
        """Which of these share only a form with the query.

        Parameters
        ----------
        catalog
            Where their thumbnails are.
        good
            Ids, the best first. Those beyond the first LOOKED_AT are taken for what the last of these is. Of several
            drawings none of which is the same, or beside a form, neither are those that cannot be laid on the query.
            Beside several, neither is one that differs at many places or in most of what fills it.
        """
        if not good or not self.drawn:
            return frozenset()
        looked = list(good[:LOOKED_AT])
        found = {one: self._relation(catalog, one) for one in looked}
        of_a_form = list(found.values()).count(FORM) + list(found.values()).count(CHANGED) > SEVERAL
        found = {one: {CHANGED: FORM if of_a_form else SAME}.get(relation, relation) for one, relation in found.items()}
        relations = set(found.values())
        a_kind = SAME not in relations and (FORM in relations or len(looked) >= SEVERAL)
        forms = {one for one, relation in found.items() if relation == FORM or (a_kind and relation == UNPLACED)}
        return frozenset(forms | set(good[LOOKED_AT:]) if looked[-1] in forms else forms)

    def _relation(self, catalog: Catalog, picture_id: int) -> str:
        if picture_id == self._own:
            return SAME
        key = catalog.identity, picture_id
        if key not in self._known:
            self._known[key] = self._look(catalog, picture_id)
        return self._known[key]

    def _look(self, catalog: Catalog, picture_id: int) -> str:
        try:
            info, picture = self._picture(catalog, picture_id)
        except PicTraceError:  # gone, or a stranger's thumbnail that is none: the match stands
            return SAME
        found = register(self._query, picture, quick=True)
        if found is None:
            return UNPLACED if drawn(picture) else SAME
        if share_only_a_form(self._query, picture, found):
            return FORM
        return self._closely(picture, info) if drawn(picture) else SAME

    def _closely(self, picture: RGBImage, info: ImageInfo | None) -> str:
        """Of two drawings that windows do not tell apart: pixels do, where only colours or single fields are others."""
        found = diagnose(self._query, picture, query_info=self._info, candidate_info=info)
        if found.relation == SAME_TEMPLATE:
            return FORM
        if found.relation not in (IDENTICAL, SAME_PHOTOGRAPH):
            return UNPLACED
        in_windows, places = found.alike < 1, len(found.places)  # what saving again left differs in pixels alone
        filled_otherwise = places >= FILLED_IN or (places > 0 and found.alike < MOSTLY)
        return CHANGED if in_windows and filled_otherwise else SAME

    def _picture(self, catalog: Catalog, picture_id: int) -> tuple[ImageInfo | None, RGBImage]:
        """The original, where it is at hand: a thumbnail has lost fine lines."""
        try:
            return original_picture(catalog, picture_id)
        except PicTraceError:
            thumbnail = load_picture(catalog.thumbnail(picture_id) or b"", upload_limits())[1]
            return None, fit(thumbnail, WORKING_SIDE_PX, enlarge=True)
