"""Which accidents tell of a catalog: its own, those that ship with PicTrace, or both."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from pathlib import Path

from pictrace.calibration import kept
from pictrace.calibration.accidents import Accidents
from pictrace.calibration.kept import Kept
from pictrace.calibration.making import FEWEST_PICTURES, SEARCHES, SECONDS, Drawing
from pictrace.calibration.shipped import shipped
from pictrace.catalog.cache import FeatureCache
from pictrace.metrics.base import Metric
from pictrace.searching.presets import DEFAULT_PRESET, criteria_of
from pictrace.searching.query import needed_metrics

__all__ = ["Background"]

ENOUGH = 200
"""Searches of a catalog's own that need no others beside them."""

LACKING = 0.2
"""Of its pictures, what features of a kind may be missing for."""

_log = logging.getLogger(__name__)


class Background:
    """What chance gives in one catalog, as far as it is known. Safe for threads.

    Parameters
    ----------
    cache
        Of the catalog, in whose cache folder its own accidents are kept; in memory where there is none.
    look
        See Drawing.
    fewest
        Pictures of a catalog that has accidents of its own.
    """

    def __init__(
        self,
        cache: FeatureCache,
        look: Callable[[int, int], int | None] | None = None,
        *,
        fewest: int = FEWEST_PICTURES,
    ) -> None:
        self.cache, self._look, self._fewest = cache, look, fewest
        self._lock = threading.Lock()
        self._known: tuple[float, Kept | None] = (-1.0, None)

    def sources(self) -> tuple[Accidents, ...]:
        """Accidents that hold for the catalog as it is now; none where they would have to be made first."""
        if not self.possible:
            return (shipped(),)
        own = self._own()
        if own is None:
            return ()
        return (own.accidents,) if own.accidents.searches >= ENOUGH else (own.accidents, shipped())

    @property
    def possible(self) -> bool:
        """Whether the catalog is large enough to have accidents of its own."""
        return self.cache.catalog.count() >= self._fewest

    @property
    def wanted(self) -> bool:
        """Whether it is to be made: there is none that holds, for the features of today."""
        own = self._own() if self.possible else None
        return self.possible and (own is None or not own.accidents.fit(self._metrics()))

    def make(self, *, searches: int = SEARCHES, seconds: float = SECONDS) -> Generator[tuple[int, int], None, None]:
        """(done, total) after each search; what was asked is kept at the end, or as it is closed."""
        drawing = Drawing(
            self.cache,
            self._metrics(),
            searches=searches,
            seconds=seconds,
            fewest=self._fewest,
            look=self._look,
        )
        try:
            yield from drawing.steps()
        finally:
            accidents = drawing.accidents
            if accidents is not None:
                self._keep(Kept(accidents, drawing.ids))

    def _metrics(self) -> tuple[Metric, ...]:
        """Those that the catalog has features for, of the ones that are searched by."""
        catalog = self.cache.catalog
        few = LACKING * catalog.count()
        metrics = needed_metrics(criteria_of(DEFAULT_PRESET).weights)
        return tuple(
            one
            for one in metrics
            if not catalog.keeping.leaves_out(one.feature_key) and len(catalog.missing(one.spec)) <= few
        )

    def _keep(self, new: Kept) -> None:
        path = self._path
        if path is not None:
            try:
                kept.write(path.parent, new, catalog=self.cache.catalog.identity)
                return
            except OSError as error:
                _log.warning("no cache beside the catalog (%s); what chance gives is kept in memory", error)
        with self._lock:
            self._known = (_written(path), new)

    def _own(self) -> Kept | None:
        """What is kept, if it holds; read again when the file has changed."""
        path, (_, ids) = self._path, self.cache.ids()
        with self._lock:
            written = _written(path)
            if path is not None and written != self._known[0]:
                self._known = (written, kept.read(path.parent, catalog=self.cache.catalog.identity))
            found = self._known[1]
        return found if found is not None and found.hold(ids) else None

    @property
    def _path(self) -> Path | None:
        folder = self.cache.folder
        return None if folder is None else folder / kept.NAME


def _written(path: Path | None) -> float:
    try:
        return -1.0 if path is None else path.stat().st_mtime
    except OSError:
        return -1.0
