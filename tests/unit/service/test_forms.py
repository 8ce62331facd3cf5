"""Matches that share only a form with the query are no good matches, and the answer says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.diagnosis import SAME_PHOTOGRAPH, Diagnosis
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.pixels import RGBImage
from pictrace.indexing.index import Indexing
from pictrace.searching.chances import Chances
from pictrace.searching.find import find
from pictrace.searching.presets import criteria_of
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.verdict import Verdict, good_first, verdict
from pictrace.service.forms import CHANGED, FORM, SAME, Forms
from pictrace.sources.base import Item

MakeCatalog = Callable[..., SqliteCatalog]


def card(seed: int) -> RGBImage:
    """A card with the same frame, emblem and headings as all others, and a name, a number and a seal of its own."""
    random = np.random.default_rng(seed)
    picture = np.full((320, 512, 3), 250, np.uint8)
    cv2.rectangle(picture, (8, 8), (503, 311), (20, 60, 120), 4)
    cv2.rectangle(picture, (8, 8), (503, 60), (20, 60, 120), -1)
    for text, place in (("MEMBER CARD", (120, 45)), ("Name", (40, 110)), ("Number", (40, 190)), ("Valid", (40, 270))):
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (240, 240, 240) if place[1] < 60 else 0, 2)
    cv2.circle(picture, (60, 34), 18, (240, 200, 40), -1)
    for row in (110, 190, 270):
        word = "".join(chr(65 + one) for one in random.integers(0, 26, 9))
        cv2.putText(picture, word, (180, row), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (0, 0, 0), 2)
    seal = cv2.resize(random.integers(0, 255, (9, 9, 3), np.uint8), (90, 90), interpolation=cv2.INTER_NEAREST)
    picture[90:180, 400:490] = seal
    return picture


def said_of(query: bytes, catalog: SqliteCatalog) -> Verdict:
    wanted = criteria_of("balanced")
    prepared = prepare_query(query)
    table = score(prepared, FeatureCache(catalog))
    forms = Forms(prepared.image).among(catalog, good_first(prepared, table, wanted))
    return verdict(prepared, table, find(catalog, table, wanted), wanted, forms)


@pytest.fixture
def cards(make_catalog: MakeCatalog, tmp_path: Path) -> SqliteCatalog:
    for seed in range(4):
        (tmp_path / f"card{seed}.png").write_bytes(encode_png(card(seed)))
    catalog = make_catalog()
    Indexing(catalog, [Item.of_file(path) for path in sorted(tmp_path.glob("card*.png"))]).run()
    return catalog


def test_another_card_of_one_print_is_not_found(cards: SqliteCatalog) -> None:
    said = said_of(encode_png(card(9)), cards)
    assert said.headline == "Only the form is shared."
    assert not said.good
    assert said.level(int(cards.ids()[0])) == "weak"


def test_the_same_card_compressed_is_found_and_the_others_do_not_count(cards: SqliteCatalog) -> None:
    said = said_of(encode_jpeg(card(2), quality=40), cards)
    assert said.headline == "Found: “card2.png”"
    assert len(said.good) == 1


def shades(seed: int) -> RGBImage:
    """A table of shades: fields of colours, without anything that could be laid on another one."""
    random = np.random.default_rng(seed)
    fields = np.sort(random.integers(0, 255, (8, 12, 1)), axis=1) * np.array([1.0, 0.6, 0.3])
    return cv2.resize(fields.astype(np.uint8), (384, 256), interpolation=cv2.INTER_NEAREST)


def test_of_several_drawings_none_is_the_same_where_none_can_be_laid_on_the_query(
    make_catalog: MakeCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pictrace.service.forms.register", lambda *_, **__: None)
    catalog = make_catalog()
    Indexing(catalog, [Item.of_bytes(encode_png(shades(n)), Source("upload", f"{n}")) for n in range(4)]).run()
    ids = [int(one) for one in catalog.ids()]
    assert Forms(shades(9)).among(catalog, ids) == frozenset(ids)
    assert Forms(shades(9)).among(catalog, ids[:2]) == frozenset()  # two may be the same, changed beyond laying


def paints(seed: int) -> RGBImage:
    """A table of paints, of which only the colours are its own."""
    colours = np.random.default_rng(seed).integers(0, 256, (8, 3))
    picture = np.full((320, 512, 3), 255, np.uint8)
    cv2.putText(picture, "Morning paints", (20, 36), cv2.FONT_HERSHEY_DUPLEX, 0.9, (0, 0, 0), 1, cv2.LINE_AA)
    for number, colour in enumerate(colours.tolist()):
        left, top = 20 + 120 * (number % 4), 60 + 130 * (number // 4)
        cv2.rectangle(picture, (left, top), (left + 100, top + 90), colour, -1)
        cv2.putText(picture, f"Shade {number}", (left, top + 112), cv2.FONT_HERSHEY_DUPLEX, 0.6, (0, 0, 0), 1)
    return picture


def test_other_colours_in_the_same_fields_are_a_form_and_a_compressed_copy_is_not(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    Indexing(catalog, [Item.of_bytes(encode_png(paints(n)), Source("upload", f"{n}")) for n in range(2)]).run()
    ids = {record.label: one for one, record in catalog.pictures(catalog.ids()).items()}
    assert Forms(paints(9)).among(catalog, list(ids.values())) == frozenset(ids.values())
    copy = prepare_query(encode_jpeg(paints(1), quality=40))
    assert Forms(copy.image, copy.info).among(catalog, list(ids.values())) == {ids["0"]}


@pytest.mark.parametrize(("forms", "of_a_form"), [(3, True), (1, False)])
def test_one_that_differs_at_many_places_is_another_of_several_of_its_form(
    cards: SqliteCatalog, monkeypatch: pytest.MonkeyPatch, forms: int, of_a_form: bool
) -> None:
    ids = [int(one) for one in cards.ids()]
    relations = dict(zip(ids, [CHANGED, *[FORM] * forms, SAME, SAME], strict=False))
    monkeypatch.setattr(Forms, "_look", lambda _self, _catalog, one: relations[one])
    assert (ids[0] in Forms(card(9)).among(cards, ids)) == of_a_form


@pytest.mark.parametrize(
    ("alike", "places", "relation"),
    [(0.6, 1, CHANGED), (0.85, 1, SAME), (0.85, 5, CHANGED), (1.0, 26, SAME), (0.6, 0, SAME)],
)
def test_a_drawing_that_is_filled_otherwise_is_changed(
    cards: SqliteCatalog, monkeypatch: pytest.MonkeyPatch, alike: float, places: int, relation: str
) -> None:
    """What is laid over a copy leaves .83 of it as it was, or more; other lines of text on a slide, .6."""
    said = Diagnosis(SAME_PHOTOGRAPH, 1.0, "", (), places=((0.0, 0.0, 0.1, 0.1),) * places, alike=alike)
    monkeypatch.setattr("pictrace.service.forms.share_only_a_form", lambda *_: False)
    monkeypatch.setattr("pictrace.service.forms.diagnose", lambda *_, **__: said)
    assert Forms(card(1))._look(cards, int(cards.ids()[0])) == relation


def test_each_pair_is_looked_at_once(cards: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    original = Forms._look

    def counted(self: Forms, catalog: SqliteCatalog, picture_id: int) -> str:
        looked.append(picture_id)
        return original(self, catalog, picture_id)

    monkeypatch.setattr(Forms, "_look", counted)
    forms, ids = Forms(card(9)), [int(one) for one in cards.ids()]
    assert forms.among(cards, ids) == forms.among(cards, ids) == frozenset(ids)
    assert looked == ids


def test_what_stood_behind_a_form_is_not_found_by_itself(cards: SqliteCatalog) -> None:
    wanted, prepared = criteria_of("balanced"), prepare_query(encode_png(card(9)))
    table = score(prepared, FeatureCache(cards))
    first, second = (int(one) for one in cards.ids()[:2])
    chances = Chances({first: 0.001, second: 0.3}, frozenset({first, second}), {}, alarms=0.005, searches=300)
    found = find(cards, table, wanted)
    assert verdict(prepared, table, found, wanted, chances=chances).good == {first, second}
    said = verdict(prepared, table, found, wanted, frozenset({first}), chances=chances)
    assert (said.headline, said.good) == ("Only the form is shared.", frozenset())


def test_the_very_same_file_is_not_looked_at(cards: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = list[int]()

    def look(_self: Forms, _catalog: SqliteCatalog, picture_id: int) -> str:
        looked.append(picture_id)
        return FORM

    monkeypatch.setattr(Forms, "_look", look)
    own, *others = (int(one) for one in cards.ids())
    assert Forms(card(0), own=own).among(cards, [own, *others]) == frozenset(others)
    assert looked == others
