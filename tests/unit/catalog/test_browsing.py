"""Looking through a catalog: filters, orders, metadata, and searches among some of its pictures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog.base import Catalog
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.records import NewPicture, Source, digest, image_id
from pictrace.cli import main
from pictrace.errors import CatalogError
from pictrace.features import FeatureSpec, Layout
from pictrace.images.encoding import encode_png
from pictrace.indexing.index import Indexing
from pictrace.indexing.rebuild import count_missing_features, count_outdated_features
from pictrace.metrics import all_metrics, get_metric
from pictrace.output.documents import matches_csv, search_document
from pictrace.searching import scoring
from pictrace.searching.find import find
from pictrace.searching.query import prepare_query
from pictrace.searching.scoring import score
from pictrace.searching.table import Criteria
from pictrace.searching.verdict import verdict
from pictrace.sources.base import Item

MakeCatalog = Callable[..., Catalog]
EVEN = Criteria(weights={metric.name: 1.0 for metric in all_metrics()})
NAMES = ("category", "größe", 'the "maker"', "a.b", "$", "x\\y")


def pid(number: int) -> int:
    return image_id(digest(b"%d" % number))


def picture(number: int, *metadata: dict[str, str], title: str = "", image_format: str = "PNG") -> NewPicture:
    sources = [
        Source("file", f"/pictures/{number}-{place}.png", title, one) for place, one in enumerate(metadata or ({},))
    ]
    return NewPicture(digest(b"%d" % number), image_format, 10 + number, 10, 1, b"t", sources)


# Texts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GROẞ", {1}),  # the case of ASCII letters alone does not matter
        ("groß", {2}),
        ("5_%", {3}),  # no wildcards
        ("5!", {4}),
        ("one\ntwo", {5}),  # a title of two lines
        ("six\n/pictures", set()),  # no title and its address
        ('"KIND": "LAMP"', {7}),
        ("PICTURES/7-0", {7}),
    ],
)
def test_a_text_is_looked_for_in_titles_addresses_and_metadata(
    make_catalog: MakeCatalog, text: str, expected: set[int]
) -> None:
    titles = {1: "groẞ", 2: "GROß", 3: "a5_%b", 4: "5!5", 5: "One\nTwo", 6: "six", 8: "5x%"}
    catalog = make_catalog()
    catalog.add(
        [picture(number, {"kind": "lamp"} if number == 7 else {}, title=titles.get(number, "")) for number in range(9)]
    )
    ids, total = catalog.page(text=text)
    assert (set(ids), total) == ({pid(one) for one in expected}, len(expected))
    assert set(catalog.ids_after(-1, limit=9, text=text)[0]) == set(ids)


# Metadata --------------------------------------------------------------------------------------------


def test_filters_agree_with_python(make_catalog: MakeCatalog) -> None:
    """All names must fit, any of the values will do; what several addresses say, they say together."""
    rng = np.random.default_rng(1)
    told = [
        [{name: f"v{rng.integers(3)}" for name in NAMES if rng.random() < 0.7} for _ in range(rng.integers(1, 3))]
        for _ in range(120)
    ]
    catalog = make_catalog()
    catalog.add([picture(number, *metadata) for number, metadata in enumerate(told)])
    every: tuple[dict[str, list[str]], ...] = (
        {},
        {"category": ["v0"]},
        {"größe": ["v1", "v2"]},
        {'the "maker"': ["v0"], "category": ["v1", "v2"]},
        {"a.b": ["v2"], "$": ["v0"], "x\\y": ["v0", "v1"]},
        {"category": []},
        {"category": ["v0", "' OR 1 --"]},
        {"none": ["v0"]},
        {"category": ["V0"]},
    )
    for filters in every:
        expected = sorted(
            pid(number)
            for number, metadata in enumerate(told)
            if all(any(one.get(name) in values for one in metadata) for name, values in filters.items() if values)
        )
        assert catalog.ids_with(filters).tolist() == expected, filters
        ids, total = catalog.page(filters=filters, limit=1000)
        assert (sorted(ids), total) == (expected, len(expected))


def test_names_and_values_are_counted_by_picture(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add(
        [
            picture(1, {"category": "sofas", "colour": "red"}, {"category": "sofas"}),
            picture(2, {"category": "sofas"}, {"category": "tables"}),
            picture(3, {"category": "tables", "größe": "7"}),
            picture(4),
        ]
    )
    names = catalog.metadata_names()
    assert [(one.name, one.pictures, one.distinct) for one in names] == [
        ("category", 3, 2),
        ("colour", 1, 1),
        ("größe", 1, 1),
    ]
    assert names[0].values == {"sofas": 2, "tables": 2}
    for one in names:
        for value, count in one.values.items():
            assert len(catalog.ids_with({one.name: [value]})) == count
    assert make_catalog("empty.sqlite").metadata_names() == ()


def test_names_and_values_are_bounded(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(number, {"id": str(number), f"only {number}": "x"}) for number in range(300)])
    names = catalog.metadata_names()
    assert len(names) == 30
    assert (names[0].name, names[0].pictures, names[0].distinct, len(names[0].values)) == ("id", 300, 300, 200)


# Pages -----------------------------------------------------------------------------------------------


def test_orders(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    for number, title in ((3, "beach"), (1, "Älps"), (2, "")):  # the last one is called by its address, 2-0.png
        catalog.add([picture(number, title=title)])
    orders = {"newest": [2, 1, 3], "oldest": [3, 1, 2], "name": [2, 3, 1], "size": [3, 2, 1]}
    for order, numbers in orders.items():
        everything = [pid(number) for number in numbers]
        assert list(catalog.page(order=order)[0]) == everything
        assert [catalog.page(order=order, offset=at, limit=1)[0][0] for at in range(3)] == everything
    with pytest.raises(CatalogError, match="no order 'random'"):
        catalog.page(order="random")


def test_pages_by_format_by_missing_features_and_by_several_addresses(make_catalog: MakeCatalog) -> None:
    small = FeatureSpec("s-v1", Layout(np.dtype(np.uint64), ()), small=True)
    large = FeatureSpec("l-v1", Layout(np.dtype(np.uint8), (4,)), small=False)
    catalog = make_catalog()
    catalog.add([picture(1), picture(2, {"a": "b"}, {}, image_format="GIF"), picture(3, image_format="JPEG")])
    catalog.put_features(small, {pid(1): np.array([1], np.uint64), pid(2): np.array([2], np.uint64)})
    catalog.put_features(large, {pid(1): np.zeros((2, 4), np.uint8)})

    def numbers(**chosen: object) -> set[int]:
        ids, total = catalog.page(**chosen)  # type: ignore[arg-type]
        assert total == len(ids)
        return {number for number in (1, 2, 3) if pid(number) in ids}

    assert numbers(formats=["GIF", "JPEG"]) == {2, 3}
    assert numbers(lacking=[small]) == {3}
    assert numbers(lacking=[small, large]) == {2, 3}
    assert numbers(repeated=True) == {2}
    assert numbers(repeated=True, formats=["GIF"], lacking=[large], filters={"a": ["b"]}, text="2-1") == {2}
    assert numbers(repeated=True, formats=["PNG"]) == set()
    assert catalog.features_ready([pid(1), pid(2), pid(3), 5]) == {
        pid(1): {"s-v1", "l-v1"}, pid(2): {"s-v1"}, pid(3): set(), 5: set()
    }  # fmt: skip
    assert [one.tolist() for one in catalog.row_counts(large)] == [[pid(1)], [2]]


def test_dropping_features(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    phash = get_metric("phash")
    Indexing(
        catalog,
        [Item.of_bytes(encode_png(np.eye(40, dtype=np.uint8)[..., None].repeat(3, 2) * 255), Source("upload", "a"))],
        [phash],
    ).run()
    old = FeatureSpec("phash-b64-v0", phash.layout, small=True)
    catalog.put_features(old, {int(one): np.array([1], np.uint64) for one in catalog.ids()})
    assert count_outdated_features(catalog) == {"phash-b64-v0": 1}
    before = catalog.revision()
    assert catalog.drop_features("phash-b64-v0") == 1
    assert catalog.revision() == before + 1
    assert catalog.feature_counts() == {"phash-b64-v1": 1}
    assert count_outdated_features(catalog) == {}
    assert catalog.drop_features("phash-b64-v0") == 0
    assert catalog.revision() == before + 1
    assert "phash-b64-v1" not in count_missing_features(catalog)
    catalog.put_features(old, {int(one): np.array([2], np.uint64) for one in catalog.ids()})  # the key can come back
    assert catalog.fetch(catalog.ids(), old).rows.tolist() == [2]


def test_one_moment_stays_one_moment(make_catalog: MakeCatalog) -> None:
    catalog = make_catalog()
    catalog.add([picture(1)])
    with catalog.at_one_moment() as frozen:
        catalog.add([picture(2, {"a": "b"})])
        assert (frozen.count(), catalog.count()) == (1, 2)
        assert frozen.ids().tolist() == [pid(1)]
        assert frozen.metadata_names() == ()
        assert frozen.page()[1] == 1
        assert list(frozen.pictures([pid(1), pid(2)])) == [pid(1)]
        with pytest.raises(CatalogError):
            frozen.remove([pid(1)])
    assert catalog.count() == 2


# Searching among -------------------------------------------------------------------------------------


@pytest.fixture
def tagged(photographs: dict[str, bytes], make_catalog: MakeCatalog) -> Catalog:
    catalog = make_catalog()
    items = [
        Item.of_bytes(data, Source("upload", name, name, {"kind": name.rsplit(".")[1], "name": name}))
        for name, data in photographs.items()
    ]
    Indexing(catalog, items).run()
    return catalog


@pytest.mark.parametrize("limit", [1000, 2, 0], ids=["exactly", "from sketches", "from sketches of all"])
def test_a_search_among_some_is_that_search_without_the_others(
    limit: int, tagged: Catalog, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "EXACT_LIMIT", limit)
    query, cache = prepare_query(photographs["coffee.png"]), FeatureCache(tagged)
    everything = score(query, cache).rank(Criteria(weights=EVEN.weights, top=10))
    among = tagged.ids_with({"kind": ["jpg"]})
    assert 0 < len(among) < tagged.count()
    table = score(query, cache, among=among)
    assert (table.catalog_size, table.exhaustive) == (len(among), True)
    expected = [(one.id, one.score) for one in everything if one.id in among]
    assert [(one.id, one.score) for one in table.rank(EVEN)] == expected


def test_few_candidates_of_a_large_catalog_are_scored_exactly(
    tagged: Catalog, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "EXACT_LIMIT", 3)
    query, cache = prepare_query(photographs["coffee.png"]), FeatureCache(tagged)
    one = query.metrics[:1]  # a union over all of them would soon be everything
    assert not score(query, cache, one, shortlist=1).exhaustive
    assert score(query, cache, one, shortlist=1, among=tagged.ids()[:3]).exhaustive
    assert not score(query, cache, one, shortlist=1, among=tagged.ids()[:5]).exhaustive
    assert set(score(query, cache, shortlist=1, among=tagged.ids()[:5]).ids) <= set(tagged.ids()[:5])


def test_among_none_and_among_strangers(tagged: Catalog, photographs: dict[str, bytes]) -> None:
    query, cache = prepare_query(photographs["coffee.png"]), FeatureCache(tagged)
    for among in (np.empty(0, np.int64), np.array([5, 6])):
        table = score(query, cache, among=among)
        assert (table.catalog_size, table.rank(EVEN)) == (0, [])
    assert score(query, cache, among=np.append(tagged.ids(), 5)).catalog_size == tagged.count()


def test_only_on_the_command_line(
    tagged: Catalog, photographs: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "query.png"
    path.write_bytes(photographs["coffee.png"])
    base = ["search", str(path), "--catalog", tagged.location]
    assert main([*base, "--only", "kind=jpg", "--json"]) == 1  # the picture itself is a PNG file
    document = json.loads(capsys.readouterr().out)
    assert document["criteria"]["only"] == {"kind": ["jpg"]}
    assert {one["sources"][0]["metadata"]["kind"] for one in document["matches"]} == {"jpg"}
    assert document["catalog"]["images"] == document["catalog"]["scored_exactly"] == 2
    assert main([*base, "--only", "name=rocket.jpg", "--only", "name=retina.jpg", "--only", "kind=jpg"]) == 1
    assert "Searched 2 pictures; all in full detail" in capsys.readouterr().out
    assert main([*base, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["criteria"]["only"] == {}
    for option, status, why in (
        ("kind", 2, "NAME=VALUE"),
        ("=jpg", 2, "NAME=VALUE"),
        ("sort=jpg", 2, "The commonest names are: kind, name"),
        ("kind=gif", 1, "no picture of the catalog has kind=gif"),
    ):
        assert main([*base, "--only", option]) == status
        output = capsys.readouterr()
        assert why in output.err


def test_documents_hold_the_metadata(make_catalog: MakeCatalog, photographs: dict[str, bytes]) -> None:
    catalog = make_catalog()
    data = photographs["coffee.png"]
    for number, value in enumerate(("=1+1", "b", "b")):
        source = Source("upload", f"{number}.png", "", {"title": value, "@x": "y"})
        Indexing(catalog, [Item.of_bytes(data, source)]).run()
    query = prepare_query(data)
    table = score(query, FeatureCache(catalog))
    found = find(catalog, table, EVEN)
    (line,) = csv.DictReader(io.StringIO(matches_csv(found, table.names)))
    assert line["title (metadata)"] == "'=1+1; b"
    assert line["'@x"] == "y"
    assert line["title"] == "0.png"
    said = verdict(query, table, found, EVEN)
    document = search_document("q", query, catalog, table, EVEN, found, {}, said=said, only={"title": ("b",)})
    assert document["criteria"]["only"] == {"title": ["b"]}
    assert document["matches"][0]["sources"][1]["metadata"] == {"title": "b", "@x": "y"}
