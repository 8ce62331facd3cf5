"""Good matches that share only a form with the query: the same template, app or packaging, with other contents.

Keypoints of a frame, a logo or printed lines agree as those of one photograph do. So the first good matches are laid
on the query, and the pixels decide, before the answer says that anything was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from pictrace.catalog.base import Catalog
from pictrace.diagnosis.templates import drawn, share_only_a_form
from pictrace.errors import PicTraceError
from pictrace.images.loading import load_picture
from pictrace.images.pixels import WORKING_SIDE_PX, RGBImage, fit
from pictrace.service.pictures import original_picture, upload_limits

__all__ = ["LOOKED_AT", "Forms"]

LOOKED_AT = 5
"""Good matches that are laid on the query at the most."""


class Forms:
    """Looks at each pair once, for one query."""

    def __init__(self, query: RGBImage) -> None:
        self._query = query
        self._known: dict[tuple[str, int], bool] = {}

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
            Ids, the best first. Where the first LOOKED_AT are forms, so are taken to be the others.
        """
        if not good or not self.drawn:
            return frozenset()
        forms: list[int] = []
        for one in good[:LOOKED_AT]:
            key = catalog.identity, one
            if key not in self._known:
                self._known[key] = self._is_form(catalog, one)
            if self._known[key]:
                forms.append(one)
        return frozenset(good if len(forms) == min(LOOKED_AT, len(good)) else forms)

    def _is_form(self, catalog: Catalog, picture_id: int) -> bool:
        try:
            return share_only_a_form(self._query, self._picture(catalog, picture_id))
        except PicTraceError:  # gone, or a stranger's thumbnail that is none: the match stands
            return False

    def _picture(self, catalog: Catalog, picture_id: int) -> RGBImage:
        """The original, where it is at hand: a thumbnail has lost fine lines."""
        try:
            return original_picture(catalog, picture_id)[1]
        except PicTraceError:
            return fit(
                load_picture(catalog.thumbnail(picture_id) or b"", upload_limits())[1], WORKING_SIDE_PX, enlarge=True
            )
