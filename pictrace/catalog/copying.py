"""One catalog's pictures, with all that belongs to them, in another one of any kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from pictrace.catalog.base import Catalog
from pictrace.catalog.records import NewPicture, PictureRecord, Source
from pictrace.errors import CatalogError, UsageError
from pictrace.features import Features, FeatureSpec, Layout
from pictrace.told import told

__all__ = ["PICTURES_AT_ONCE", "Copying"]

PICTURES_AT_ONCE = 64
_BYTES = Layout(np.dtype(np.uint8), ())


@dataclass(frozen=True)
class _Whole:
    """A picture with all that belongs to it."""

    record: PictureRecord
    thumbnail: bytes
    original: bytes | None
    features: Mapping[FeatureSpec, Features]

    def digest(self, sources: Sequence[Source], specs: Sequence[FeatureSpec]) -> bytes:
        """Of these sources and features of it, and of all else."""
        record = self.record
        facts = (record.sha256.hex(), record.format, record.width, record.height, record.byte_count)
        # When a lost file was looked for is noted anew; of a link all is compared.
        known = [one if one.kind == "link" else replace(one, link=None) for one in sources]
        told = [asdict(one) for one in sorted(known, key=lambda one: (one.kind, one.address))]
        digest = hashlib.sha256(json.dumps([facts, told], sort_keys=True).encode())
        for data in (self.thumbnail, self.original or b"", *(self.features[spec].tobytes() for spec in specs)):
            digest.update(hashlib.sha256(data).digest())
        return digest.digest()


@dataclass
class Copying:
    """A run that can be broken off and begun again: what is there is compared, and not written twice.

    What the second catalog holds already stays in it. Each picture is read again from there, and its digest compared.
    Features are copied as they are, whatever made them. Nobody should write to the second catalog meanwhile.

    Attributes
    ----------
    first, second
        From where, which one moment of is copied, and to where.
    smaller
        Makes a thumbnail small enough for a catalog that wants its long side to be so many pixels; by default it
        stays as it is.
    copied, known
        How many pictures were written, and how many were there with all that belongs to them.
    """

    first: Catalog
    second: Catalog
    smaller: Callable[[bytes, int], bytes] = lambda thumbnail, _: thumbnail
    copied: int = field(default=0, init=False)
    known: int = field(default=0, init=False)

    def steps(self) -> Generator[tuple[int, int], None, None]:
        """(pictures done, pictures in all), after each step.

        Raises
        ------
        UsageError
            Where both are one catalog.
        CatalogError
            Where what was written differs.
        """
        if self.first.identity == self.second.identity:
            raise UsageError(
                told(
                    "{address} is one and the same catalog. Name another one to copy it to.",
                    address=self.first.location,
                )
            )
        with self.first.at_one_moment() as first:
            specs = self.second.keeping.kept([_spec(first, key) for key in first.feature_counts()])
            ids, total = first.page(order="oldest", limit=first.count())
            for start in range(0, total, PICTURES_AT_ONCE):
                self._copy(first, ids[start : start + PICTURES_AT_ONCE], specs)
                yield min(start + PICTURES_AT_ONCE, total), total
            theirs = {one.pair: one for one in self.second.decisions()}
            self.second.decide([one for one in first.decisions() if theirs.get(one.pair) is None])

    def _copy(self, first: Catalog, ids: Sequence[int], specs: Sequence[FeatureSpec]) -> None:
        wholes, before = self._fitted(_read(first, ids, specs)), _read(self.second, ids, specs)
        new = [one for one in wholes.values() if not _holds(before.get(one.record.id), one)]
        self.known += len(wholes) - len(new)
        if not new:
            return
        self.second.add([_new(one) for one in new])
        new_ids = [one.record.id for one in new]
        self.second.mark_files([one for one in first.files(pictures=new_ids) if one.state])
        after = _read(self.second, new_ids, specs)
        for one in new:
            if not _holds(after.get(one.record.id), one):
                raise CatalogError(
                    told(
                        "Picture {id} ({label}) is not the same in {second} as in {first}. Where both were used "
                        "before, remove it from one of them, and copy again.",
                        id=one.record.id,
                        label=one.record.label,
                        second=self.second.location,
                        first=first.location,
                    )
                )
        self.copied += len(new)

    def _fitted(self, wholes: Mapping[int, _Whole]) -> Mapping[int, _Whole]:
        """As the second catalog keeps them."""
        keeping = self.second.keeping
        return {
            one: replace(
                whole,
                thumbnail=self.smaller(whole.thumbnail, size) if (size := keeping.thumbnail_px) else whole.thumbnail,
                original=whole.original if keeping.originals else None,
            )
            for one, whole in wholes.items()
        }


def _new(whole: _Whole) -> NewPicture:
    record = whole.record
    return NewPicture(
        record.sha256, record.format, record.width, record.height, record.byte_count, whole.thumbnail, record.sources,
        whole.original, whole.features, added_at=record.added_at,
    )  # fmt: skip


def _holds(there: _Whole | None, whole: _Whole) -> bool:
    """Whether all of a picture is in what is there, which may have further sources and features."""
    if there is None or not set(whole.features) <= set(there.features):
        return False
    wanted = {(one.kind, one.address) for one in whole.record.sources}
    sources = [one for one in there.record.sources if (one.kind, one.address) in wanted]
    specs = sorted(whole.features, key=lambda spec: spec.key)
    return there.digest(sources, specs) == whole.digest(whole.record.sources, specs)


def _read(catalog: Catalog, ids: Sequence[int], specs: Sequence[FeatureSpec]) -> dict[int, _Whole]:
    records = catalog.pictures(ids)
    here = np.array(list(records), np.int64)
    ready = catalog.features_ready(records)
    files = catalog.files_kept(records)
    batches = {spec: catalog.fetch(here, spec) for spec in specs}
    return {
        one: _Whole(
            record,
            *files.get(one, (b"", None)),
            {spec: batch[place] for spec, batch in batches.items() if spec.key in ready[one]},
        )
        for place, (one, record) in enumerate(records.items())
    }


def _spec(catalog: Catalog, key: str) -> FeatureSpec:
    """Of features whose layout is all the same to us."""
    small = FeatureSpec(key, _BYTES, small=True)
    return small if catalog.feature_ids(small).size else FeatureSpec(key, _BYTES, small=False)
