"""Copies within the catalog, over HTTP."""

from starlette.testclient import TestClient

from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import fit
from pictrace.images.reading import load


def test_a_copy_that_was_saved_smaller_is_in_a_group(writer: TestClient, photographs: dict[str, bytes]) -> None:
    assert writer.get("/duplicates").json() == {"changed_copies": 0, "expected_false": 0.0, "groups": []}
    smaller = encode_jpeg(fit(load(photographs["coffee.png"]), 360))
    copy = writer.post("/images", files={"picture": ("smaller.jpg", smaller)}).json()["image"]["id"]
    found = writer.get("/duplicates")
    (group,) = found.json()["groups"]
    assert copy in {one["id"] for one in group["images"]}
    assert {one["source"] for one in group["images"]} == {"coffee.png", "smaller.jpg"}
    assert writer.get("/duplicates", headers={"if-none-match": found.headers["etag"]}).status_code == 304
    assert writer.get("/duplicates?level=bytes").json() == {"changed_copies": 0, "expected_false": 0.0, "groups": []}
    assert writer.get("/duplicates?level=none").status_code == 422
