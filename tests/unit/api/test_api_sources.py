"""Many pictures in the background, and looking on."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.http_server import Server


def events(client: TestClient, job: str) -> list[tuple[str, dict[str, object]]]:
    """All of them, until the job has ended."""
    text = client.get(f"/jobs/{job}/events").text
    told = []
    for block in text.strip().split("\n\n"):
        name, data = block.splitlines()
        told.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return told


def test_links_are_added_and_what_fails_is_told(
    writer: TestClient, server: Server, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
    good = server.add("/eye.jpg", photographs["retina.jpg"], content_type="image/jpeg")
    begun = writer.post("/sources", json={"links": [good, server.url("/gone.jpg")]})
    assert begun.status_code == 202
    assert begun.headers["location"] == f"/api/v1/jobs/{begun.json()['id']}"
    kind, last = events(writer, begun.json()["id"])[-1]
    assert (kind, last["state"]) == ("end", "done")
    assert last["progress"] == {"done": 2, "total": 2, "added": 1, "known": 0, "failed": 1}
    assert writer.get("/stats").json()["images"] == 5
    assert writer.delete(f"/jobs/{begun.json()['id']}").status_code == 204
    assert writer.get(f"/jobs/{begun.json()['id']}").status_code == 404


def test_a_web_page_is_read(
    writer: TestClient, server: Server, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
    server.add("/eye.jpg", photographs["retina.jpg"], content_type="image/jpeg")
    page = server.add("/page", b'<img src="/eye.jpg"><img src="/icon.svg">', content_type="text/html")
    job = writer.post("/sources", json={"page": page}).json()["id"]
    _, last = events(writer, job)[-1]
    assert (last["state"], last["summary"]) == ("done", "1 added, 0 already here, 0 failed.")


def test_folders_are_those_that_the_owner_named(
    writer: TestClient, photographs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "eye.jpg").write_bytes(photographs["retina.jpg"])
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    refused = writer.post("/sources", json={"folder": str(folder)})
    missing = writer.post("/sources", json={"folder": str(tmp_path / "nowhere")})
    assert (refused.status_code, refused.json()["detail"]) == (403, missing.json()["detail"])
    monkeypatch.setenv("PICTRACE_FOLDERS", str(folder))
    job = writer.post("/sources", json={"folder": str(folder)}).json()["id"]
    _, last = events(writer, job)[-1]
    assert last["progress"] == {"done": 2, "total": 2, "added": 1, "known": 0, "failed": 1}
    assert last["failures"][0]["address"] == "…/pictures/broken.jpg"  # type: ignore[index]  # of JSON
    assert writer.post("/sources", json={"folder": str(folder / ".." / "..")}).status_code == 403


def test_a_source_without_pictures_fails(writer: TestClient) -> None:
    job = writer.post("/sources", json={"links": [" "]}).json()["id"]
    _, last = events(writer, job)[-1]
    assert (last["state"], last["progress"]) == ("failed", {"done": 0, "total": 0, "added": 0, "known": 0, "failed": 0})


def test_one_source_at_a_time(writer: TestClient) -> None:
    assert writer.post("/sources", json={}).status_code == 422
    assert (
        writer.post("/sources", json={"page": "https://a.example", "links": ["https://b.example"]}).status_code == 422
    )
