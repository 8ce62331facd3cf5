"""Thumbnails and originals that other servers hold: strangers' bytes, which whoever shows them decodes apart."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from pictrace.catalog.records import digest, image_id
from pictrace.catalog.servers.checked import nonsense
from pictrace.catalog.servers.pool import Asked, Servers
from pictrace.web.named import Reply
from pictrace.web.policy import DownloadPolicy

__all__ = ["Files"]

KEPT_THUMBNAILS, KEPT_ORIGINALS = 500, 8
AT_ONCE = 64
MOST_THUMBNAIL_BYTES = 512 * 1024
ORIGINAL_PATIENCE_S = 60.0


class Files:
    """Of all servers; safe for threads.

    Attributes
    ----------
    clean
        Makes a thumbnail of our own of a stranger's; None where that is none. A store knows no pixels, so that whoever
        opens it for people says how; until then there are no thumbnails.
    """

    def __init__(self, servers: Servers) -> None:
        self.clean: Callable[[bytes], bytes | None] | None = None
        self._servers = servers
        self._lock = threading.Lock()
        self._thumbnails: OrderedDict[int, bytes | None] = OrderedDict()  # None: told, and not fetched yet
        self._originals: OrderedDict[int, bytes] = OrderedDict()

    def expect(self, ids: Iterable[int]) -> None:
        """These will be shown soon: they are fetched with the first of them."""
        with self._lock:
            for one in ids:
                self._thumbnails.setdefault(one, None)
            self._trim()

    def thumbnail(self, picture_id: int) -> bytes | None:
        """JPEG bytes, or None."""
        if self.clean is None:
            return None
        self.expect([picture_id])
        with self._lock:
            known = self._thumbnails[picture_id]
            waiting = [one for one, data in reversed(self._thumbnails.items()) if data is None and one != picture_id]
        if known is None:
            self._fetch([picture_id, *waiting[: AT_ONCE - 1]])
            with self._lock:
                known = self._thumbnails.get(picture_id)
        return self.clean(known) if known else None

    def original(self, picture_id: int) -> bytes | None:
        """The very bytes, told by their digest; None where no server has them at hand."""
        with self._lock:
            if picture_id in self._originals:
                return self._originals[picture_id]
        most = DownloadPolicy.from_environment().max_bytes

        def take(_: int, reply: Reply) -> bytes:
            if image_id(digest(reply.data)) != picture_id:
                raise nonsense()
            return reply.data

        for server in self._servers.owners(picture_id):
            path = f"/images/{picture_id}/original"
            question = server.question(path, most_bytes=most, patience_s=ORIGINAL_PATIENCE_S)
            (found,) = self._servers.ask([(server, question)], take, absent=True)
            if found is not None:
                with self._lock:
                    self._originals[picture_id] = found
                    while len(self._originals) > KEPT_ORIGINALS:
                        self._originals.popitem(last=False)
                return found
        return None

    def _fetch(self, ids: list[int]) -> None:
        asked: list[Asked] = []
        of: list[int] = []
        for one in ids:
            able = [server for server in self._servers.owners(one) if not server.rests]
            if able:
                path = f"/images/{one}/thumbnail"
                asked.append((able[0], able[0].question(path, most_bytes=MOST_THUMBNAIL_BYTES)))
                of.append(one)
        answers = self._servers.ask(asked, lambda _, reply: reply.data, absent=True)
        with self._lock:
            for one, data in zip(of, answers, strict=True):
                if data is not None:
                    self._thumbnails[one] = data

    def _trim(self) -> None:
        while len(self._thumbnails) > KEPT_THUMBNAILS:
            self._thumbnails.popitem(last=False)
