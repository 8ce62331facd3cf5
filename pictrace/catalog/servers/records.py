"""What servers know of single pictures, asked for once, and kept for when one of them is silent."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace

from pictrace.catalog.records import Origin, PictureRecord, Source
from pictrace.catalog.servers.checked import UNKNOWN_TIME, records_in
from pictrace.catalog.servers.pool import Asked, Servers
from pictrace.web.named import Reply

__all__ = ["Records"]

AT_ONCE = 200
KEPT = 10_000


class Records:
    """Of all servers; safe for threads."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._lock = threading.Lock()
        self._known: OrderedDict[int, tuple[int, PictureRecord]] = OrderedDict()  # with the revision that it is of

    def get(self, ids: Iterable[int]) -> dict[int, PictureRecord]:
        """By id, with the sources of all servers that have a picture; ids that none has are left out.

        A picture that only silent servers have is there, by its number, or by what was known of it.
        """
        wanted, revision = list(dict.fromkeys(int(one) for one in ids)), self._servers.revision()
        with self._lock:
            known = {one: self._known[one] for one in wanted if one in self._known}
        new = [one for one in wanted if one not in known or known[one][0] != revision]
        found = self._asked(new)
        with self._lock:
            for one, record in found.items():
                self._known.pop(one, None)
                self._known[one] = (revision, record)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        records = dict[int, PictureRecord]()
        for one in wanted:
            gone = one not in found and self._is_out_of_reach(one)
            if one in found:
                records[one] = found[one]
            elif one in known and (known[one][0] == revision or gone):
                records[one] = known[one][1]
            elif gone:
                records[one] = self._by_number(one)
        return records

    def _asked(self, ids: Iterable[int]) -> dict[int, PictureRecord]:
        asked: list[Asked] = []
        wanted = set(ids)
        for server, some in self._servers.by_owner(wanted).items():
            for start in range(0, len(some), AT_ONCE):
                named = {"ids": ",".join(map(str, some[start : start + AT_ONCE]))}
                asked.append((server, server.question("/images", parameters=named, most_bytes=16 * 2**20)))

        def take(place: int, reply: Reply) -> dict[int, PictureRecord]:
            return records_in(reply.data, wanted, asked[place][0].name)

        found: dict[int, PictureRecord] = {}
        for (server, _), answer in zip(asked, self._servers.ask(asked, take), strict=True):
            here = Source(Origin.SERVER, server.name)
            for one, record in (answer or {}).items():
                is_told = any(each.kind == Origin.SERVER for each in record.sources)
                own = record.sources if is_told else (*record.sources, here)
                before = found.get(one)
                sources = own if before is None else (*before.sources, *own)
                found[one] = replace(before or record, sources=sources)
        return found

    def _is_out_of_reach(self, picture_id: int) -> bool:
        having = [one for one in self._servers.all if one.has(picture_id)]
        return bool(having) and all(one.problem for one in having)

    def _by_number(self, picture_id: int) -> PictureRecord:
        """What is left of a picture whose servers were gone before they told of it."""
        names = [one.name for one in self._servers.all if one.has(picture_id)]
        sources = tuple(Source(Origin.SERVER, f"{one}/picture {picture_id}") for one in names)
        return PictureRecord(picture_id, b"", "", 1, 1, 0, UNKNOWN_TIME, sources)
