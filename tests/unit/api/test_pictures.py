"""Looking through the catalog, adding to it, and taking out of it."""

from starlette.testclient import TestClient


def test_pages_by_key_hold_each_picture_once(local: TestClient) -> None:
    seen: list[int] = []
    after, pages = -1, 0
    while True:
        page = local.get("/images", params={"limit": 3, "after": after}).json()
        seen += [one["id"] for one in page["images"]]
        pages += 1
        assert page["total"] == 4
        if page["next"] is None:
            break
        after = page["next"]
    assert pages == 2
    assert seen == sorted(set(seen))
    assert len(seen) == 4


def test_pages_of_what_fits(local: TestClient) -> None:
    def titles(**said: str) -> list[str]:
        return [one["title"] for one in local.get("/images", params=said).json()["images"]]

    assert titles(text="COFF") == ["coffee.png"]
    assert titles(only='{"kind": ["jpg"]}') == ["rocket.jpg"]
    assert titles(text="coff", only='{"kind": ["jpg"]}') == []


def test_files_come_with_their_type_and_are_not_sent_twice(local: TestClient, photographs: dict[str, bytes]) -> None:
    one = local.get("/images", params={"text": "rocket"}).json()["images"][0]
    where = f"/images/{one['id']}"
    original = local.get(f"{where}/original")
    assert original.content == photographs["rocket.jpg"]
    assert (original.headers["content-type"], original.headers["etag"]) == ("image/jpeg", f'"{one["sha256"]}"')
    assert local.get(f"{where}/thumbnail").content[:3] == b"\xff\xd8\xff"
    for path in (where, f"{where}/thumbnail", f"{where}/original", "/images", "/stats", "/metrics-of-similarity"):
        tag = local.get(path).headers["etag"]
        again = local.get(path, headers={"if-none-match": f'"other", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert local.get(where, headers={"if-none-match": '"other"'}).status_code == 200


def test_an_added_picture_is_there_and_a_removed_one_is_not(writer: TestClient, photographs: dict[str, bytes]) -> None:
    said = {"title": "An eye", "metadata": '{"kind": "eye"}'}
    added = writer.post("/images", files={"picture": ("retina.jpg", photographs["retina.jpg"])}, data=said)
    assert added.status_code == 201
    assert added.json()["image"]["title"] == "An eye"
    where = added.headers["location"].removeprefix("/api/v1")
    assert writer.get(where).json() == added.json()["image"]
    found = writer.post("/search", files={"picture": photographs["retina.jpg"]}, data={"only": '{"kind": ["eye"]}'})
    assert found.json()["matches"][0]["id"] == added.json()["image"]["id"]
    again = writer.post(
        "/images?title=Twice", content=photographs["retina.jpg"], headers={"content-type": "image/jpeg"}
    )
    assert (again.status_code, again.json()["added"]) == (200, False)
    assert writer.delete(where).status_code == 204
    assert writer.delete(where).status_code == 404
    assert writer.get(where).status_code == 404


def test_a_write_with_a_key_is_done_once(writer: TestClient, photographs: dict[str, bytes]) -> None:
    key = {"idempotency-key": "one"}
    files = {"picture": ("retina.jpg", photographs["retina.jpg"])}
    first = writer.post("/images", files=files, headers=key)
    again = writer.post("/images", files=files, headers=key)  # with another boundary between its parts
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    other = writer.post("/images", files={"picture": photographs["camera.png"]}, headers=key)
    assert other.status_code == 422
    assert writer.post("/images", files=files, headers={"idempotency-key": "no key"}).status_code == 422


def test_what_is_no_picture_is_not_added(writer: TestClient) -> None:
    assert writer.post("/images", files={"picture": b"no picture"}).status_code == 422
    assert writer.post("/images", json={"url": "http://127.0.0.1/a.jpg"}).json()["type"].endswith("#link-not-fetched")
    assert writer.get("/stats").json()["images"] == 4


def test_ids_that_are_none(local: TestClient) -> None:
    for one in ("1", "abc", "-1", "9223372036854775808", "99999999999999999999999", "%C2%B2"):
        answer = local.get(f"/images/{one}")
        assert (answer.status_code, answer.json()["status"]) == (404, 404), one
