"""The duplicates page: compare, look through groups by their keys, decide, and find decisions again."""

from __future__ import annotations

import pytest

from pictrace.app.duplicates.state import ReviewState
from pictrace.duplicates.decided import COPY, apart, copies
from pictrace.errors import CatalogError
from pictrace.images.edits import crop, mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.service.comparison import FIRST, SECOND, Comparison
from pictrace.service.jobs import AddJob
from tests.app.page import Page

pytestmark = pytest.mark.slow  # pictures are added, and compared


def compared(photographs: dict[str, bytes]) -> Page:
    cat, coffee = decode(photographs["chelsea.png"]), decode(photographs["coffee.png"])
    pictures = {
        "cat.png": photographs["chelsea.png"],
        "cat-part.jpg": encode_jpeg(crop(cat, 0.6)),
        "coffee.png": photographs["coffee.png"],
        "coffee-mirrored.jpg": encode_jpeg(mirror(coffee), quality=60),
        "rocket.jpg": photographs["rocket.jpg"],
    }
    app = Page.open("catalog").choose("catalog_part", "Add pictures")
    app.upload_all(pictures, key="add").press("Add to a catalog of my own")
    app.finished_job(AddJob)
    app.again().go_to("duplicates")
    assert "5 pictures are not compared" in app.texts
    app.press("Compare now")
    return app.until(lambda app: "Group **1** of 2" in app.texts)


def test_groups_are_reviewed_and_decisions_stay(photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    app = compared(photographs)
    catalog = app.private.catalog
    labels = {one: record.label for one, record in catalog.pictures(catalog.ids()).items()}
    assert "Same photograph, changed" in app.texts
    assert "Changed copies: 2, of them expected to be false: < 0.1" in app.texts
    app.switch("dup_tree", True)
    (way,) = [label for label in app.buttons if label.endswith("**compare**")]
    app.press(way)
    assert set(app.kept(Comparison).sides) == {FIRST, SECOND}
    app.go_to("duplicates").switch("dup_tree", False)
    app.press("Later")
    assert app.kept(ReviewState).review is not None
    assert "Group **2** of 2" in app.texts
    app.press("Keep this one")
    assert "Group **1** of 1" in app.texts
    ((copy, keep),) = copies(catalog).items()
    assert (labels[copy], labels[keep]) in {("cat-part.jpg", "cat.png"), ("coffee-mirrored.jpg", "coffee.png")}
    assert [one.note for one in catalog.decisions()] == [COPY]
    app.press("Not the same")
    assert len(apart(catalog)) == 1
    assert "No group is left" in app.texts
    app.go_to("catalog").go_to("duplicates")  # and a rebuild does not bring it back
    assert "No group is left" in app.texts
    app.switch("dup_open", False)
    assert "Group **1** of 1" in app.texts  # what was decided to be copies; the other pair stays apart
    app.press("Undo")
    assert not apart(catalog)

    def locked(decisions: object) -> None:
        raise CatalogError("Another program holds the catalog. Try again later.")

    monkeypatch.setattr(catalog, "decide", locked)
    app.press("Not the same")
    assert "Another program holds the catalog" in app.texts


def test_rules_decide_for_all_groups_at_once(photographs: dict[str, bytes]) -> None:
    app = compared(photographs)
    app.press("Keep by the rules, in all groups shown")
    catalog = app.private.catalog
    labels = {one: record.label for one, record in catalog.pictures(catalog.ids()).items()}
    assert {labels[copy]: labels[keep] for copy, keep in copies(catalog).items()} == {
        "cat-part.jpg": "cat.png",
        "coffee-mirrored.jpg": "coffee.png",
    }
    review = app.kept(ReviewState).review
    assert review is not None
    assert "copy" in review.decisions_csv()
    assert '"decision": "copy"' in review.decisions_json()
    assert review.moves() == []  # uploads are no files that could be moved
