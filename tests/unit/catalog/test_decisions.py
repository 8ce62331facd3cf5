"""What was decided about pairs of pictures: kept by content, one decision a pair, in catalogs of any age."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pictrace.catalog import migrations
from pictrace.catalog.base import Catalog
from pictrace.catalog.other import kind_of
from pictrace.catalog.records import Decision, NewPicture, Source, digest
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.errors import CatalogError

MANY = 1200  # ids in one call: more than one statement takes


@pytest.fixture
def catalog(make_catalog: Callable[..., Catalog]) -> Catalog:
    return make_catalog()


def test_the_last_word_on_a_pair_counts_whichever_was_asked_about(catalog: Catalog) -> None:
    catalog.decide([Decision(5, 3, "same"), Decision(3, 9, "unsure", note="blurred")])
    catalog.decide([Decision(3, 5, "not the same")])
    assert {(one.first_id, one.second_id, one.decision, one.note) for one in catalog.decisions()} == {
        (3, 5, "not the same", ""),
        (3, 9, "unsure", "blurred"),
    }
    assert all(one.at.endswith("+00:00") for one in catalog.decisions())


def test_decisions_are_read_by_either_picture_and_taken_back(catalog: Catalog) -> None:
    catalog.decide([Decision(one, one + 1, "same", at=f"2026-01-01T00:00:{one:02}") for one in range(4)])
    assert [one.pair for one in catalog.decisions([2])] == [(1, 2), (2, 3)]
    assert [one.pair for one in catalog.decisions(range(MANY))] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert catalog.decisions([77]) == catalog.decisions([]) == ()
    assert catalog.forget_decisions([(2, 1), (7, 8)]) == 1
    assert [one.pair for one in catalog.decisions()] == [(0, 1), (2, 3), (3, 4)]


def test_decisions_outlive_their_pictures_and_leave_the_revision_alone(catalog: Catalog) -> None:
    added = NewPicture(digest(b"a"), "PNG", 1, 1, 1, b"t", (Source("file", "/a.png"),))
    catalog.add([added])
    before = catalog.revision()
    catalog.decide([Decision(added.id, 1, "same")])
    assert catalog.revision() == before
    catalog.remove([added.id])
    assert len(catalog.decisions([added.id])) == 1


def test_half_of_a_batch_is_never_kept(catalog: Catalog) -> None:
    with pytest.raises(CatalogError):
        catalog.decide([Decision(1, 2, "same"), Decision(3, 4, None)])  # type: ignore[arg-type]  # what must not be
    assert catalog.decisions() == ()


def test_a_catalog_of_schema_3_learns_to_keep_decisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.sqlite"
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:3])
        with closing(SqliteCatalog(path)) as old:
            old.add([NewPicture(digest(b"a"), "PNG", 1, 1, 1, b"t", (Source("file", "/a.png"),))])
    assert kind_of(path).kind == "catalog"  # a stranger's file may be of before, too
    with closing(SqliteCatalog(path)) as catalog:
        assert catalog.count() == 1
        catalog.decide([Decision(1, 2, "same")])
        assert len(catalog.decisions()) == 1
    assert kind_of(path).kind == "catalog"
