"""Adding in the background, without a page: what it would do, how it is stopped, what it leaves."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pictrace.catalog.records import Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.indexing.index import Indexing
from pictrace.service import jobs
from pictrace.service.jobs import AddJob, preview
from pictrace.service.pictures import upload_limits
from pictrace.sources.base import Item


@pytest.fixture
def items(photographs: dict[str, bytes]) -> list[Item]:
    broken = Item.of_bytes(b"no picture", Source("upload", "broken.jpg", "broken.jpg"))
    return [Item.of_bytes(data, Source("upload", name, name)) for name, data in photographs.items()] + [broken]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[SqliteCatalog]:
    with closing(SqliteCatalog(tmp_path / "c.sqlite")) as catalog:
        yield catalog


def test_a_preview_says_what_adding_would_do(catalog: SqliteCatalog, items: list[Item]) -> None:
    Indexing(catalog, items[:2]).run()
    links = [Item.of_link("https://example.org/a.jpg")]
    found = preview(catalog, [*items, items[2], *links], upload_limits())
    assert (found.new, found.known, len(found.unreadable), found.links) == (len(items) - 3, 3, 1, 1)
    assert found.summary.endswith("1 link to fetch")
    assert catalog.count() == 2


def test_a_preview_looks_at_some_of_very_many(catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PREVIEWED", 10)
    links = [Item.of_link(f"https://example.org/{number}.jpg") for number in range(25)]
    found = preview(catalog, links, upload_limits())
    assert found.summary == (
        "0 new, 0 already here, 0 unreadable, 10 links to fetch, 15 more that are looked at when they are added"
    )
    inside = [Item.of_link("http://127.0.0.1/a.jpg")] * 10
    assert not preview(catalog, [*inside, *links], upload_limits()).is_hopeless  # who knows
    assert preview(catalog, inside, upload_limits()).is_hopeless


def test_a_job_can_be_stopped_and_taken_up_again(catalog: SqliteCatalog, items: list[Item]) -> None:
    job = AddJob(catalog, items, upload_limits())
    job.stop()
    assert job.wait(30)
    assert job.left_over == tuple(items)
    before = catalog.count()
    again = AddJob(catalog, job.left_over, upload_limits())
    assert again.wait(30)
    assert catalog.count() == len(items) - 1
    assert again.progress.known == before
    assert [item.source.label for item in again.left_over] == ["broken.jpg"]


def test_a_job_that_cannot_write_says_so(catalog: SqliteCatalog, items: list[Item]) -> None:
    catalog.close()
    with pytest.raises(Exception, match="was closed"):
        AddJob(catalog, items, upload_limits())
