"""Features of single pictures of other servers: the best matches are looked at closely."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from pictrace.catalog.servers.checked import features_in
from pictrace.catalog.servers.pool import Asked, Servers
from pictrace.catalog.servers.server import Server
from pictrace.features import FeatureBatch, Features, FeatureSpec
from pictrace.web.named import Reply

__all__ = ["KnownFeatures"]

AT_ONCE = 16
"""Pictures a question, some 100 KB each."""

KEPT_BYTES = 64 * 2**20
MOST_BYTES = 96 * 2**20


class KnownFeatures:
    """Those of all servers; safe for threads.

    Of a picture all kinds are asked for that were ever asked for: whoever looks at one looks at the others, and a
    question takes longer than what is answered to it.
    """

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._lock = threading.Lock()
        self._specs: dict[str, FeatureSpec] = {}
        self._kept: OrderedDict[tuple[int, str], Features] = OrderedDict()
        self._bytes = 0

    def fetch(self, ids: NDArray[np.int64], spec: FeatureSpec) -> FeatureBatch:
        """See Catalog.fetch; what a silent server has counts as not comparable."""
        with self._lock:
            self._specs[spec.key] = spec
            specs = dict(self._specs)
            found = {one: self._kept[one, spec.key] for one in ids.tolist() if (one, spec.key) in self._kept}
        new = sorted({*ids.tolist()} - found.keys())
        if new:
            found |= self._asked(new, specs, spec.key)
        return FeatureBatch.of([found.get(one, spec.layout.empty()) for one in ids.tolist()], spec.layout)

    def _asked(self, ids: list[int], specs: dict[str, FeatureSpec], key: str) -> dict[int, Features]:
        parts: dict[Server, list[int]] = {}
        for one in ids:
            able = [server for server in self._servers.owners(one) if not server.rests]
            if able:
                parts.setdefault(able[0], []).append(one)
        asked: list[Asked] = []
        of: list[list[int]] = []
        for server, some in parts.items():
            for start in range(0, len(some), AT_ONCE):
                of.append(some[start : start + AT_ONCE])
                said = json.dumps({"keys": list(specs), "ids": of[-1]}).encode()
                asked.append((server, server.question("/features", said=said, most_bytes=MOST_BYTES)))

        def take(place: int, reply: Reply) -> dict[str, list[Features]]:
            return features_in(reply.data, len(of[place]), specs)

        found: dict[int, Features] = {}
        for some, answer in zip(of, self._servers.ask(asked, take), strict=True):
            for name, each in (answer or {}).items():
                self._keep(some, name, each)
                if name == key:
                    found |= dict(zip(some, each, strict=True))
        return found

    def _keep(self, ids: list[int], key: str, features: list[Features]) -> None:
        with self._lock:
            for one, array in zip(ids, features, strict=True):
                if (one, key) not in self._kept:
                    self._kept[one, key] = array
                    self._bytes += array.nbytes
            while self._bytes > KEPT_BYTES:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.nbytes
