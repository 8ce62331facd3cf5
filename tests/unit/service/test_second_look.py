"""A closer look where nothing convinces: small parts are found, strangers are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from pictrace.calibration.accidents import Accidents
from pictrace.calibration.shipped import shipped
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.features import FeatureBatch
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.pixels import RGBImage, fit
from pictrace.indexing.index import Indexing
from pictrace.metrics.phash import PHash
from pictrace.searching.convincing import convincing_ids
from pictrace.searching.find import find
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.verdict import Verdict
from pictrace.service.judge import Judge
from pictrace.service.second_look import CONVINCING, FEW, METRIC, SecondLook, matching
from pictrace.sources.base import Item
from tests.pictures import cache_of, pixels_of

MakeCatalog = Callable[..., SqliteCatalog]
SMALL = slice(220, 310), slice(60, 150)  # less than a fifth of the sides


@pytest.fixture
def catalog(make_catalog: MakeCatalog, tmp_path: Path) -> SqliteCatalog:
    catalog = make_catalog()
    cache_of(catalog, pixels_of("astronaut", "coffee", "chelsea", "rocket"), tmp_path)
    return catalog


def judged(query: bytes, catalog: SqliteCatalog, sources: Sequence[Accidents] = ()) -> tuple[Verdict, bool]:
    """(the verdict; whether the features that the catalog keeps convince)."""
    wanted, prepared = criteria_of("balanced"), prepare_query(query)
    table = score(prepared, FeatureCache(catalog))
    said = Judge(prepared).verdict(catalog, table, find(catalog, table, wanted), wanted, sources=sources)
    return said, bool(convincing_ids(table))


def test_a_small_part_is_found_by_a_closer_look(catalog: SqliteCatalog) -> None:
    part = np.ascontiguousarray(np.asarray(data.astronaut())[SMALL])
    said, kept_is_enough = judged(encode_jpeg(part, quality=85), catalog)
    assert not kept_is_enough
    assert said.headline == "Found: “astronaut.png”"
    assert said.detail.endswith("matching details, at a closer look.")
    assert len(said.good) == 1


def test_strangers_stay_unfound(catalog: SqliteCatalog) -> None:
    for stranger in (data.camera(), data.page(), data.coins(), data.brick(), data.grass()):
        gray = np.repeat(np.asarray(stranger)[..., np.newaxis], 3, axis=2)
        said, _ = judged(encode_png(gray), catalog)
        assert said.headline == "No match found."


def test_what_chance_gives_decides_where_it_is_known(catalog: SqliteCatalog) -> None:
    part = np.ascontiguousarray(np.asarray(data.astronaut())[SMALL])
    said, _ = judged(encode_jpeg(part, quality=85), catalog, [shipped()])
    assert said.headline == "Same picture: “astronaut.png”"
    assert said.chances is not None
    assert said.chances.best() < 1 / 200
    assert "1 in " in said.detail
    for stranger in (data.camera(), data.coins(), data.grass()):
        gray = np.repeat(np.asarray(stranger)[..., np.newaxis], 3, axis=2)
        said, _ = judged(encode_png(gray), catalog, [shipped()])
        assert said.headline == "Nothing here matches."
        assert not said.good


def test_a_part_of_a_file_that_is_gone_is_not_looked_at(catalog: SqliteCatalog, tmp_path: Path) -> None:
    (tmp_path / "astronaut.png").unlink()
    part = np.ascontiguousarray(np.asarray(data.astronaut())[SMALL])
    said, _ = judged(encode_jpeg(part, quality=85), catalog)
    assert said.headline == "No match found."


def test_each_pair_is_looked_at_once(catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    original = SecondLook._details

    def counted(self: SecondLook, catalog: SqliteCatalog, picture_id: int) -> int | None:
        looked.append(picture_id)
        return original(self, catalog, picture_id)

    monkeypatch.setattr(SecondLook, "_details", counted)
    look, ids = SecondLook(np.asarray(data.coins())[..., np.newaxis].repeat(3, axis=2)), catalog.ids().tolist()
    assert look.among(catalog, ids) == look.among(catalog, ids) == {}
    assert looked == ids[:5]


def with_bar(picture: object) -> RGBImage:
    """A photograph in a player, with its bar."""
    bar = np.full((110, 512, 3), 24, np.uint8)
    for line, text in enumerate(("PLAY  12:47  HD  [cc]  x1.5", "next: chapter 7 of 23 (live)")):
        cv2.putText(bar, text, (12, 45 + 50 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (250, 250, 250), 2)
    return np.vstack([cv2.resize(np.asarray(picture), (512, 340)), bar])


def test_what_was_laid_over_many_pictures_is_no_detail_of_theirs(make_catalog: MakeCatalog, tmp_path: Path) -> None:
    for name in ("astronaut", "coffee", "chelsea", "rocket"):
        (tmp_path / f"{name}.png").write_bytes(encode_png(with_bar(getattr(data, name)())))
    catalog = make_catalog()
    Indexing(catalog, [Item.of_file(path) for path in sorted(tmp_path.glob("*.png"))], [PHash()]).run()
    look, ids = SecondLook(with_bar(data.hubble_deep_field())), catalog.ids().tolist()
    assert all(count > FEW for count in look.details(catalog, ids[:3]).values())  # two others may be copies of it
    assert all(count <= FEW for count in look.details(catalog, ids).values())


def labelled(picture: object) -> RGBImage:
    """A photograph on which a small label sticks."""
    random = np.random.default_rng(3)
    made = fit(np.array(picture), 512).copy()
    label = np.kron(random.integers(0, 255, (14, 18, 3), np.uint8), np.ones((4, 4, 1), np.uint8))
    made[20:76, 20:92] = label
    return made


def test_a_label_that_two_pictures_share_is_few_details_however_many_match() -> None:
    one, other = labelled(data.astronaut()), labelled(data.coffee())
    query, features = METRIC.extract_variants(one, METRIC.variants), METRIC.extract(other)
    counted = METRIC.compare_variants(query, FeatureBatch.of([features], METRIC.layout)).raw
    assert np.nanmax(counted) > CONVINCING
    assert matching(query, features) <= FEW
    assert matching(query, METRIC.extract(one[:, :400])) > CONVINCING
