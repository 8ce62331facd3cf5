"""Good matches that share only a form with the query: the same template, app or packaging, with other contents.

Keypoints of a frame, a logo or printed lines agree as those of one photograph do. So the first good matches are laid
on the query, and the pixels decide, before the answer says that anything was found.
"""

from __future__ import annotations

from collections.abc import Sequence

from pictrace.catalog.base import Catalog
from pictrace.diagnosis.templates import share_only_a_form
from pictrace.errors import PicTraceError
from pictrace.images.pixels import RGBImage, fit
from pictrace.images.reading import load

__all__ = ["LOOKED_AT", "Forms"]

LOOKED_AT = 5
"""Good matches that are laid on the query at the most."""

WORKING_PX = 512


class Forms:
    """Looks at each pair once, for one query."""

    def __init__(self, query: RGBImage) -> None:
        self._query = query
        self._known: dict[tuple[str, int], bool] = {}

    def among(self, catalog: Catalog, good: Sequence[int]) -> frozenset[int]:
        """Which of these share only a form with the query.

        Parameters
        ----------
        catalog
            Where their thumbnails are.
        good
            Ids, the best first. It ends with the first that is more than a form; where the first LOOKED_AT are forms,
            so are taken to be the others.
        """
        forms: list[int] = []
        for one in good[:LOOKED_AT]:
            key = catalog.identity, one
            if key not in self._known:
                self._known[key] = self._is_form(catalog, one)
            if not self._known[key]:
                return frozenset(forms)
            forms.append(one)
        return frozenset(good)

    def _is_form(self, catalog: Catalog, picture_id: int) -> bool:
        kept = catalog.thumbnail(picture_id)
        if kept is None:
            return False
        try:
            return share_only_a_form(self._query, fit(load(kept), WORKING_PX, enlarge=True))
        except PicTraceError:  # a stranger's catalog with a thumbnail that is none: the match stands
            return False
