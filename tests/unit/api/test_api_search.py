"""Searching and comparing over HTTP: three ways to give a picture, and the command line's documents."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pictrace.cli import main
from pictrace.errors import ImageError
from pictrace.precedence import OURS
from pictrace.searching.recipe import recipe_of, recipe_text
from pictrace.searching.table import Criteria
from pictrace.service.turns import SEARCHES
from tests.http_server import Server

CAT = "chelsea.png"


def first(answer: dict[str, Any]) -> str:
    return str(answer["matches"][0]["source"])


def test_a_picture_is_found_in_whatever_form_it_comes(local: TestClient, photographs: dict[str, bytes]) -> None:
    in_parts = local.post("/search", files={"picture": ("cat.png", photographs[CAT])}, data={"top": "1"})
    raw = local.post("/search?top=1", content=photographs[CAT], headers={"content-type": "image/png"})
    picture_id = in_parts.json()["matches"][0]["id"]
    named = local.post("/search", json={"id": picture_id, "top": 1})
    for answer in (in_parts, raw, named):
        assert answer.status_code == 200
        assert first(answer.json()) == CAT
        assert len(answer.json()["matches"]) == 1
    assert in_parts.json()["query"]["source"] == "cat.png"
    assert named.json()["query"]["source"] == f"catalog:{picture_id}"


def test_the_answer_is_the_document_of_the_command_line(
    local: TestClient,
    catalog_file: Path,
    photographs: dict[str, bytes],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "cat.png").write_bytes(photographs[CAT])
    options = ["--top", "2", "--weights", "orb=1,ssim=2", "--orb-ratio", "0.8", "--json"]
    main(["search", str(tmp_path / "cat.png"), "--catalog", str(catalog_file), *options])
    told = json.loads(capsys.readouterr().out)
    said = {"top": "2", "weights": '{"orb": 1, "ssim": 2}', "settings": '{"orb": {"ratio": 0.8}}'}
    asked = local.post("/search", files={"picture": ("cat.png", photographs[CAT])}, data=said).json()
    for one in (told, asked):
        del one["timing_ms"], one["query"]["source"], one["catalog"]["location"]
    assert asked == told


def test_folders_of_the_server_are_its_owners_affair(local: TestClient, photographs: dict[str, bytes]) -> None:
    answer = local.post("/search", files={"picture": photographs[CAT]}).json()
    assert answer["catalog"]["location"].startswith("…/")


def test_only_some_pictures_and_a_part_of_the_query(local: TestClient, photographs: dict[str, bytes]) -> None:
    said = {"only": '{"kind": ["jpg"]}', "region": "percent:25,25,50,50"}
    answer = local.post("/search", files={"picture": photographs[CAT]}, data=said).json()
    assert (answer["catalog"]["images"], answer["query"]["region"]) == (1, "percent:25,25,50,50")
    assert first(answer) == "rocket.jpg"


def test_a_search_goes_before_work_in_the_background(
    local: TestClient, photographs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, places = list[tuple[int, int]](), SEARCHES.free

    def prepared(*_: object, **__: object) -> None:
        answers.append((OURS.answers, SEARCHES.free))
        raise ImageError("enough")

    monkeypatch.setattr("pictrace.api.search.prepare_query", prepared)
    local.post("/search", content=photographs[CAT], headers={"Content-Type": "image/png"})
    assert answers == [(1, places - 1)]  # in its turn
    assert (OURS.answers, SEARCHES.free) == (0, places)


def test_a_link_is_fetched_as_the_page_fetches_links(
    local: TestClient, photographs: dict[str, bytes], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.add("/cat.png", photographs[CAT], content_type="image/png")
    refused = local.post("/search", json={"url": url})
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("#link-not-fetched")
    assert not server.requests
    monkeypatch.setenv("PICTRACE_ALLOWED_HOSTS", server.host)
    assert first(local.post("/search", json={"url": url}).json()) == CAT


def test_comparing_tells_what_was_done(local: TestClient, photographs: dict[str, bytes]) -> None:
    page = local.get("/images", params={"text": CAT}).json()
    picture_id = page["images"][0]["id"]
    beside = local.post("/compare", files={"first": photographs[CAT]}, data={"second_id": str(picture_id)}).json()
    both = {"first": photographs[CAT], "second": photographs["rocket.jpg"]}
    unlike = local.post("/compare", files=both).json()
    assert (beside["diagnosis"]["relation"], beside["candidate"]["source"]) == ("identical", f"catalog:{picture_id}")
    assert unlike["diagnosis"]["relation"] == "unrelated"
    assert beside["score"] > unlike["score"]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"id": 1, "url": "https://example.org/a.jpg"}, ""),
        ({}, ""),
        ({"id": 1, "top": 0}, "/top"),
        ({"id": 1, "top": "5"}, "/top"),
        ({"id": 1, "weights": {"orb": -1}}, "/weights"),
        ({"id": 1, "tpo": 3}, ""),
        ({"id": None}, "/id"),
    ],
)
def test_what_is_said_wrongly_is_told_by_its_place(local: TestClient, said: dict[str, Any], pointer: str) -> None:
    answer = local.post("/search", json=said)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "said",
    [{"preset": "none"}, {"weights": {"orbs": 1}}, {"settings": {"orb": {"ratios": 1}}}, {"weights": {"orb": 0}}],
)
def test_criteria_that_rank_nothing_are_refused(
    local: TestClient, said: dict[str, Any], photographs: dict[str, bytes]
) -> None:
    parts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in said.items()}
    answer = local.post("/search", files={"picture": photographs[CAT]}, data=parts)
    assert (answer.status_code, answer.json()["type"].partition("#")[2]) == (422, "unusable-input")


def test_a_picture_that_is_not_in_the_catalog_is_not_found(local: TestClient) -> None:
    assert local.post("/search", json={"id": 1}).status_code == 404


@pytest.mark.parametrize("address", ["/search?top=x", "/search?tpo=1", "/search?top=1&top=2", "/search?only={"])
def test_parameters_are_checked_too(local: TestClient, address: str) -> None:
    assert local.post(address, json={"id": 1}).status_code == 422


def test_bodies_that_are_none(local: TestClient, photographs: dict[str, bytes]) -> None:
    def status(**given: object) -> int:
        return local.post("/search", **given).status_code  # type: ignore[arg-type]  # of the client's many arguments

    assert status(content=b"{", headers={"content-type": "application/json"}) == 422
    assert status(content=b"[1]", headers={"content-type": "application/json"}) == 422
    assert status(content=b"no picture", headers={"content-type": "image/png"}) == 422
    assert status(content=b"", headers={"content-type": "image/png"}) == 422
    assert status(content=b"--", headers={"content-type": "multipart/form-data"}) == 422
    assert status(content=b"--", headers={"content-type": "multipart/form-data; boundary=x"}) == 422
    assert status(data={"picture": "x"}) == 415
    assert status(content=photographs[CAT]) == 415
    assert status(content=b"", headers={"content-type": "image/png", "content-encoding": "gzip"}) == 415
    assert status(files={"other": photographs[CAT], "picture": photographs[CAT]}) == 422


def test_a_recipe_says_what_counts_and_the_request_what_is_different(
    local: TestClient, photographs: dict[str, bytes]
) -> None:
    criteria = Criteria(weights={"phash": 1.0, "histogram": 2.0}, settings={}, top=2, min_score=0.1)
    recipe = json.loads(recipe_text(recipe_of(criteria, orientations=False, false_alarms=0.05)))
    named = {"picture": photographs[CAT]}
    whole = local.post("/search", files=named, data={"recipe": json.dumps(recipe)}).json()
    assert whole["criteria"]["weights"] == {"histogram": 2.0, "phash": 1.0}
    assert (whole["criteria"]["top"], whole["criteria"]["min_score"]) == (2, 0.1)
    picture_id = whole["matches"][0]["id"]
    other = local.post("/search", json={"id": picture_id, "recipe": recipe, "top": 1, "weights": {"phash": 1}}).json()
    assert (other["criteria"]["weights"], len(other["matches"])) == ({"phash": 1.0}, 1)
    both = {"first": {"id": picture_id}, "second": {"id": picture_id}, "recipe": recipe}
    assert local.post("/compare", json=both).json()["criteria"]["weights"] == {"histogram": 2.0, "phash": 1.0}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"pictrace_recipe": 99}, "newer PicTrace"),
        ({"weights": {"smell": 1}}, "smell"),
        ({"features": {"phash": "another"}}, "recipe: "),
    ],
)
def test_a_recipe_that_would_mean_something_else_here_is_refused(
    local: TestClient, changed: dict[str, Any], said: str
) -> None:
    recipe = json.loads(recipe_text(recipe_of(Criteria(weights={"phash": 1.0}, settings={}))))
    picture_id = local.get("/images?limit=1").json()["images"][0]["id"]
    answer = local.post("/search", json={"id": picture_id, "recipe": {**recipe, **changed}})
    assert (answer.status_code, said in answer.json()["detail"]) == (422, True)


def test_a_recipe_and_a_preset_are_not_both_given(local: TestClient) -> None:
    picture_id = local.get("/images?limit=1").json()["images"][0]["id"]
    answer = local.post("/search", json={"id": picture_id, "preset": "balanced", "recipe": {"pictrace_recipe": 1}})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/recipe")
